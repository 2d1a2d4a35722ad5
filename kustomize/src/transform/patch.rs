//! Patches: strategic merge and JSON Patch, for one object or for all that a selector means.

use serde_json::Value;

use super::{fault, shown};
use crate::fault::Fault;
use crate::json_patch::JsonPatch;
use crate::merge;
use crate::node::Node;
use crate::objects::Objects;
use crate::resource::{Past, Resource};
use crate::schema::Schema;
use crate::select::Matcher;
use crate::share;

/// `patchesStrategicMerge`: each finds its object by its own kind and name.
#[derive(Debug)]
pub(crate) struct StrategicPatches(pub(crate) Vec<Resource>);

/// `patchesJson6902`
#[derive(Debug)]
pub(crate) struct JsonPatches {
    pub(crate) patch: JsonPatch,
    pub(crate) target: Matcher,
}

/// An entry of `patches`.
#[derive(Debug)]
pub(crate) enum Patches {
    Strategic { patches: Vec<Resource>, target: Option<Matcher> },
    Json { patch: JsonPatch, target: Option<Matcher> },
}

impl StrategicPatches {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        let mut is_checked = false;
        for patch in &self.0 {
            let at = target(patch, objects, schema)?;
            apply_in(objects, &[at], patch, schema)?;
            objects.drop_gone();
            // The original looks after each patch, most of which change no name.
            if !is_checked || patch.past.may_change_name || patch.past.may_change_kind {
                objects.check_unique(schema)?;
                is_checked = true;
            }
        }
        Ok(())
    }
}

impl JsonPatches {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        let places = self.target.places(objects, schema);
        let objects = objects.as_mut_slice();
        for at in places {
            let resource = &mut objects[at];
            apply_json(&self.patch, resource).map_err(|problem| fault(problem, resource))?;
        }
        Ok(())
    }
}

impl Patches {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        match self {
            Self::Strategic { patches, target: Some(target) } => {
                let [patch] = patches.as_slice() else {
                    return match patches.len() {
                        0 => Ok(()),
                        _ => Err("a patch with a target is one document, not several".into()),
                    };
                };
                let places = target.places(objects, schema);
                apply_in(objects, &places, patch, schema)?;
                objects.drop_gone();
                // The original puts all of them together again here, and looks.
                objects.check_unique(schema)
            }
            Self::Strategic { patches, target: None } => {
                for patch in patches {
                    let at = target(patch, objects, schema)?;
                    apply_in_own_kind(&mut objects.as_mut_slice()[at], patch, schema)?;
                }
                Ok(())
            }
            Self::Json { patch, target: Some(target) } => {
                let places = target.places(objects, schema);
                let objects = objects.as_mut_slice();
                for at in places {
                    let resource = &mut objects[at];
                    resource.store_id(schema);
                    apply_json(patch, resource).map_err(|problem| fault(problem, resource))?;
                }
                Ok(())
            }
            Self::Json { target: None, .. } => Err("a JSON patch needs a target".into()),
        }
    }
}

/// The one object that a patch names.
fn target(patch: &Resource, objects: &Objects, schema: &Schema) -> Result<usize, Box<Fault>> {
    let id = patch.original_id(schema);
    let fault = |problem: &str| {
        let fault = Fault::new(problem).about(shown(patch));
        match &patch.file {
            Some(file) => fault.in_file(file).at_line(patch.node.read_line()),
            None => fault,
        }
    };
    match objects.called(&id, schema).as_slice() {
        [at] => Ok(*at),
        [] => Err(fault("the patch names an object that is not there")),
        _ => Err(fault("the patch names several objects; give it a target")),
    }
}

/// Applies a patch to objects as if it were of their kind.
fn apply_in(
    objects: &mut Objects,
    places: &[usize],
    patch: &Resource,
    schema: &Schema,
) -> Result<(), Box<Fault>> {
    let objects = objects.as_mut_slice();
    let mut patch = patch.clone();
    // Of labels and annotations only texts are left, null among them; of its name and namespace what
    // they look like, however they were written.
    for field in ["labels", "annotations"] {
        let texts = patch.texts(field);
        patch.set_texts(field, &texts)?;
    }
    let (name, namespace) = (patch.name().to_owned(), patch.namespace().to_owned());
    patch.set_name(&name)?;
    patch.set_namespace(&namespace)?;
    for &at in places {
        let resource = &mut objects[at];
        let api_version = resource.gvk().api_version();
        crate::edit::set_field(&mut patch.node, "apiVersion", Node::plain(api_version))?;
        apply_in_own_kind(resource, &patch, schema)?;
    }
    Ok(())
}

/// Applies a patch; name, namespace and kind stay unless it may change them.
fn apply_in_own_kind(
    resource: &mut Resource,
    patch: &Resource,
    schema: &Schema,
) -> Result<(), Box<Fault>> {
    let (name, namespace) = (resource.name().to_owned(), resource.namespace().to_owned());
    let kind = resource.kind().to_owned();
    if patch.past.may_change_name || patch.past.may_change_kind {
        resource.store_id(schema);
    }
    let id = shown(resource);
    let failed = |problem: String| {
        let fault = Fault::new(problem).about(&id);
        match &patch.file {
            Some(file) => fault.in_file(file).at_line(patch.node.read_line()),
            None => fault,
        }
    };
    let forgets = forgets_annotations(&patch.node);
    if patch.node.str_at("$patch") == Some("replace") {
        // The original makes the new object, and then goes on with the old one.
    } else if !merge::merge(&mut resource.node, &patch.node, schema).map_err(failed)? {
        resource.clear();
        return Ok(());
    }
    share::spread(resource);
    if forgets {
        resource.past = Past { is_from_helm: false, ..Past::default() };
    }
    if resource.is_gone() {
        return Ok(());
    }
    resource.past.may_change_name |= patch.past.may_change_name;
    resource.past.may_change_kind |= patch.past.may_change_kind;
    if !patch.past.may_change_kind {
        resource.set_kind(&kind).map_err(failed)?;
    }
    if !patch.past.may_change_name {
        resource.set_name(&name).map_err(failed)?;
    }
    resource.set_namespace(&namespace).map_err(failed)
}

/// Whether a patch takes all annotations away, and with them what the original remembers there.
fn forgets_annotations(patch: &Node) -> bool {
    let is_directive = |node: &Node| {
        node.str_at("$patch").is_some_and(|directive| matches!(directive, "replace" | "delete"))
    };
    let Some(metadata) = patch.get("metadata") else { return false };
    if metadata.is_null() || is_directive(metadata) {
        return true;
    }
    metadata.get("annotations").is_some_and(|node| node.is_null() || is_directive(node))
}

/// An annotation that stands for all those of the original while a JSON patch is applied.
const MARK: &str = "internal.config.kubernetes.io/previousNames";

fn apply_json(patch: &JsonPatch, resource: &mut Resource) -> Result<(), String> {
    let mut value = resource.node.to_value()?;
    if resource.is_marked()
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
    {
        let annotations = metadata.entry("annotations").or_insert(Value::Null);
        if annotations.is_null() {
            *annotations = Value::Object(serde_json::Map::new());
        }
        if let Value::Object(annotations) = annotations {
            annotations.insert(MARK.to_owned(), Value::String(String::new()));
        }
    }
    patch.apply(&mut value)?;
    round(&mut value);
    let Value::Object(_) = &value else {
        return Err("what the patch leaves is no object".to_owned());
    };
    let line = resource.node.line;
    resource.node = Node { line, ..Node::from_value(&value) };
    resource.shared.clear();
    // All annotations are texts from here on, as they are in the original.
    let mut annotations = resource.texts("annotations");
    annotations.remove(MARK);
    resource.set_texts("annotations", &annotations)
}

/// The whole numbers that a float holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Makes floats of large numbers, as everything that was JSON in Go is.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|float| float.abs() > EXACT) {
                *value = float.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(map) => map.values_mut().for_each(round),
        _ => {}
    }
}
