//! How many there are.

use super::{Specs, fault};
use crate::edit;
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::kustomization::Replica;
use crate::node::{Node, Tag};
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;

/// Sets the number of replicas of what has a name.
#[derive(Debug)]
pub(crate) struct Replicas {
    pub(crate) replica: Replica,
    pub(crate) specs: Specs,
}

impl Replicas {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        let name = &self.replica.name;
        let has_name = |resource: &Resource| {
            resource.name() == name || resource.past.ids.iter().any(|was| was.name == *name)
        };
        let mut found = false;
        for resource in objects.as_mut_slice() {
            if resource.is_gone() || !has_name(resource) {
                continue;
            }
            for spec in self.specs.iter() {
                let is_meant = resource
                    .all_ids(schema)
                    .any(|id| id.name == *name && id.gvk.is_selected_by(&spec.gvk));
                if !is_meant {
                    continue;
                }
                found = true;
                if !field::is_about(spec, &resource.gvk()) {
                    continue;
                }
                let set = &mut |field: &mut Node| {
                    let count = Node::plain(self.replica.count.to_string());
                    edit::set_scalar(field, Node { tag: Tag::Int, ..count })
                };
                field::apply(spec, &mut resource.node, Create::Scalar(Tag::Int), set)
                    .map_err(|problem| fault(problem, resource))?;
            }
        }
        if found {
            return Ok(());
        }
        let mut kinds: Vec<&str> = self.specs.iter().map(|spec| spec.gvk.kind.as_str()).collect();
        kinds.dedup();
        Err(Fault::new(format!("none of {} is called {name:?}", kinds.join(", "))))
    }
}
