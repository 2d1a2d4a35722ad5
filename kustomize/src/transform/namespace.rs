//! One namespace for all that has one.

use super::{Specs, fault, shown};
use crate::edit::{self, Make};
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::fieldspec::FieldSpec;
use crate::gvk::Gvk;
use crate::ids::Ids;
use crate::node::{Node, Tag};
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;

/// Moves objects into a namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) namespace: String,
    pub(crate) specs: Specs,
    /// Leaves alone what is set already.
    pub(crate) unset_only: bool,
    pub(crate) subjects: SubjectMode,
}

/// Which subjects of role bindings follow.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum SubjectMode {
    /// Those called `default`.
    #[default]
    Default,
    AllServiceAccounts,
    None,
}

impl SubjectMode {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "" | "defaultOnly" => Ok(Self::Default),
            "allServiceAccounts" => Ok(Self::AllServiceAccounts),
            "none" => Ok(Self::None),
            other => Err(format!(
                "setRoleBindingSubjects: {other:?} is none of defaultOnly, allServiceAccounts, none"
            )),
        }
    }
}

impl Namespace {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let list = objects.as_mut_slice();
        let mut ids = Ids::of(list, schema);
        for at in 0..list.len() {
            let resource = &mut list[at];
            if resource.is_gone() || resource.past.is_from_helm {
                continue;
            }
            let before = resource.id(schema);
            resource.store_id(schema);
            self.set(resource, schema).map_err(|problem| fault(problem, resource))?;
            if ids.follow(at, &before, list, schema) {
                let what = format!("in namespace {:?} two objects are called this", self.namespace);
                return Err(fault(what, &list[at]));
            }
        }
        Ok(())
    }

    /// Sets the namespace in one object.
    pub(super) fn set(&self, resource: &mut Resource, schema: &Schema) -> Result<(), String> {
        let gvk = resource.gvk();
        let is_core = resource.api_version() == "v1";
        if !resource.is_cluster_scoped(schema) {
            let spec = FieldSpec {
                gvk: Gvk::default(),
                path: "metadata/namespace".to_owned(),
                create: true,
            };
            let create = Create::Scalar(Tag::None);
            field::apply(&spec, &mut resource.node, create, &mut |field| self.set_field(field))?;
        }
        let is_binding = |kind: &str| matches!(kind, "RoleBinding" | "ClusterRoleBinding");
        if is_binding(&gvk.kind) {
            self.set_subjects(&mut resource.node)?;
        }
        for spec in self.specs.iter().filter(|spec| field::is_about(spec, &gvk)) {
            let is_done = match spec.path.as_str() {
                "metadata/namespace" => true,
                "metadata/name" => !is_core,
                "subjects/namespace" => is_binding(&gvk.kind) && is_binding(&spec.gvk.kind),
                _ => false,
            };
            if !is_done {
                let set = &mut |field: &mut Node| self.set_field(field);
                field::apply(spec, &mut resource.node, Create::Scalar(Tag::Str), set)?;
            }
        }
        Ok(())
    }

    fn set_field(&self, field: &mut Node) -> Result<(), String> {
        let is_set = !field.is_empty() && !field.text().is_empty();
        if self.unset_only && is_set && field.is_scalar() {
            return Ok(());
        }
        edit::set_scalar(field, Node::string(&self.namespace))
    }

    fn set_subjects(&self, binding: &mut Node) -> Result<(), String> {
        let (field, wanted) = match self.subjects {
            SubjectMode::None => return Ok(()),
            SubjectMode::Default => ("name", "default"),
            SubjectMode::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = binding.get_mut("subjects").filter(|node| !node.is_null()) else {
            return Ok(());
        };
        if !subjects.is_sequence() {
            return Err("subjects: it is no list".to_owned());
        }
        for subject in subjects.items_mut() {
            let found = edit::lookup(subject, &[field])?;
            if found.is_some_and(|found| !found.is_null() && found.text() == wanted)
                && let Some(field) = edit::lookup_create(subject, &["namespace"], Make::Scalar)?
            {
                self.set_field(field)?;
            }
        }
        Ok(())
    }
}

/// Sets a namespace as `ValueAddTransformer` does.
pub(super) fn set_plainly(
    namespace: &str,
    resource: &mut Resource,
    schema: &Schema,
) -> Result<(), Box<Fault>> {
    let namespace = Namespace {
        namespace: namespace.to_owned(),
        specs: Specs::from([]),
        unset_only: false,
        subjects: SubjectMode::Default,
    };
    let set = namespace.set(resource, schema);
    set.map_err(|problem| Fault::new(problem).about(shown(resource)))
}
