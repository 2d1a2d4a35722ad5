//! Prefixes and suffixes of names.

use super::{Specs, fault};
use crate::edit;
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::gvk::Gvk;
use crate::node::{Node, Tag};
use crate::objects::Objects;
use crate::schema::Schema;

/// A text before or behind names.
#[derive(Debug)]
pub(crate) struct Affix {
    pub(crate) side: Side,
    pub(crate) text: String,
    pub(crate) specs: Specs,
}

/// Where it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Side {
    Prefix,
    Suffix,
}

/// Kinds whose names mean something by themselves.
fn keeps_its_name(gvk: &Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

impl Affix {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        for resource in objects.as_mut_slice() {
            let first = resource.original_id(schema).gvk;
            if keeps_its_name(&first) {
                continue;
            }
            for spec in self.specs.iter().filter(|spec| first.is_selected_by(&spec.gvk)) {
                if spec.path == "metadata/name" && !self.text.is_empty() {
                    let text = self.text.as_str().into();
                    let affixes = match self.side {
                        Side::Prefix => &mut resource.past.prefixes,
                        Side::Suffix => &mut resource.past.suffixes,
                    };
                    affixes.reserve_exact(1);
                    affixes.push(text);
                    resource.store_id(schema);
                }
                if !field::is_about(spec, &resource.gvk()) {
                    continue;
                }
                let set = &mut |field: &mut Node| {
                    let text = match self.side {
                        Side::Prefix => format!("{}{}", self.text, field.text()),
                        Side::Suffix => format!("{}{}", field.text(), self.text),
                    };
                    edit::set_scalar(field, Node::plain(text))
                };
                field::apply(spec, &mut resource.node, Create::Scalar(Tag::Str), set)
                    .map_err(|problem| fault(problem, resource))?;
            }
        }
        Ok(())
    }
}
