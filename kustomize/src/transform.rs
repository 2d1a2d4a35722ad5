//! The transformers that are built in.

mod images;
mod labels;
mod names;
mod namespace;
mod patch;
mod replacement;
mod replicas;
mod value_add;

use std::sync::Arc;

pub(crate) use self::images::Images;
pub(crate) use self::labels::{Annotations, Labels};
pub(crate) use self::names::{Affix, Side};
pub(crate) use self::namespace::{Namespace, SubjectMode};
pub(crate) use self::patch::{JsonPatches, Patches, StrategicPatches};
pub(crate) use self::replacement::Replacements;
pub(crate) use self::replicas::Replicas;
pub(crate) use self::value_add::{ValueAdd, ValueAddArgs};
use crate::fault::Fault;
use crate::fieldspec::FieldSpec;
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;

/// A table of fields, shared by who uses it.
pub(crate) type Specs = Arc<[FieldSpec]>;

/// A change of all objects.
#[derive(Debug)]
pub(crate) enum Transformer {
    StrategicPatches(StrategicPatches),
    Patches(Patches),
    Namespace(Namespace),
    Affix(Affix),
    Labels(Labels),
    Annotations(Annotations),
    JsonPatches(JsonPatches),
    Replicas(Replicas),
    Images(Images),
    Replacements(Replacements),
    ValueAdd(ValueAdd),
    /// Suffixes of generated names.
    Hash,
    All(Vec<Self>),
}

impl Transformer {
    /// Changes the objects; what is left empty is dropped by the caller.
    pub(crate) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        match self {
            Self::StrategicPatches(patches) => patches.apply(objects, schema),
            Self::Patches(patches) => patches.apply(objects, schema),
            Self::Namespace(namespace) => namespace.apply(objects, schema),
            Self::Affix(affix) => affix.apply(objects, schema),
            Self::Labels(labels) => labels.apply(objects),
            Self::Annotations(annotations) => annotations.apply(objects),
            Self::JsonPatches(patches) => patches.apply(objects, schema),
            Self::Replicas(replicas) => replicas.apply(objects, schema),
            Self::Images(images) => images.apply(objects),
            Self::Replacements(replacements) => replacements.apply(objects),
            Self::ValueAdd(value) => value.apply(objects, schema),
            Self::Hash => add_hashes(objects, schema),
            Self::All(transformers) => {
                transformers.iter().try_for_each(|each| each.apply(objects, schema))
            }
        }
    }
}

/// Gives generated objects the names that follow their contents.
pub(crate) fn add_hashes(objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
    for resource in objects.as_mut_slice() {
        if resource.past.needs_hash {
            let suffix = crate::hash::name_suffix(&resource.node);
            let suffix = suffix.map_err(|problem| fault(problem, resource))?;
            resource.store_id(schema);
            let name = format!("{}-{suffix}", resource.name());
            resource.set_name(&name).map_err(|problem| fault(problem, resource))?;
        }
    }
    Ok(())
}

/// What is wrong with an object.
pub(crate) fn fault(problem: String, resource: &Resource) -> Box<Fault> {
    let fault = Fault::new(problem).about(shown(resource));
    match &resource.file {
        Some(file) => fault.in_file(file).at_line(resource.node.read_line()),
        None => fault,
    }
}

/// An object as a person knows it.
pub(crate) fn shown(resource: &Resource) -> String {
    let gvk = resource.gvk();
    match resource.namespace() {
        "" => format!("{gvk} {}", resource.name()),
        namespace => format!("{gvk} {namespace}/{}", resource.name()),
    }
}
