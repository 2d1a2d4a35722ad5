//! Labels and annotations for all.

use std::collections::BTreeMap;

use super::{Specs, fault};
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::node::Node;
use crate::objects::Objects;
use crate::share::Sharing;

/// Labels, in all the places where they have to agree.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) specs: Specs,
}

/// Annotations, of objects and of the pods they make.
#[derive(Debug)]
pub(crate) struct Annotations {
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) specs: Specs,
}

impl Labels {
    pub(super) fn apply(&self, objects: &mut Objects) -> Result<(), Box<Fault>> {
        set_entries(&self.labels, &self.specs, objects)
    }
}

impl Annotations {
    pub(super) fn apply(&self, objects: &mut Objects) -> Result<(), Box<Fault>> {
        set_entries(&self.annotations, &self.specs, objects)
    }
}

fn set_entries(
    texts: &BTreeMap<String, String>,
    specs: &Specs,
    objects: &mut Objects,
) -> Result<(), Box<Fault>> {
    if texts.is_empty() {
        return Ok(());
    }
    for resource in objects.as_mut_slice() {
        let gvk = resource.gvk();
        let mut sharing = Sharing::new(resource, texts.len());
        for spec in specs.iter().filter(|spec| field::is_about(spec, &gvk)) {
            if spec.path == "metadata/annotations" && resource.is_marked() {
                resource.make_annotations().map_err(|problem| fault(problem, resource))?;
            }
            let set = &mut |field: &mut Node| {
                texts
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, (key, value))| sharing.set(field, index, key, value))
            };
            field::apply(spec, &mut resource.node, Create::Mapping, set)
                .map_err(|problem| fault(problem, resource))?;
        }
        sharing.finish(resource, texts.values());
    }
    Ok(())
}
