//! What is said about replacements and variables.

use serde_json::Value;

use super::patches::Selector;
use super::short;
use crate::decode::{
    Decode, Decoded, Mode, boolean, integer, list, object, optional, string, strings,
};
use crate::gvk::{Gvk, split_api_version};

/// `replacements[]`: inline or in a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplacementField {
    pub(crate) inline: Replacement,
    pub(crate) path: String,
}

impl Decode for ReplacementField {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "path" => string(&mut self.path, value, mode),
            name => self.inline.field(name, value, mode),
        }
    }
}

/// A value and the places it is copied to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) source: Option<Source>,
    pub(crate) source_value: Option<String>,
    /// `None` if the field is not there.
    pub(crate) targets: Option<Vec<Target>>,
}

impl Decode for Replacement {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "source" => optional(&mut self.source, value, mode),
            "sourcevalue" => {
                let mut text = String::new();
                string(&mut text, value, mode)?;
                self.source_value = (!value.is_null()).then_some(text);
                Ok(true)
            }
            "targets" => {
                let mut targets = Vec::new();
                list(&mut targets, value, mode)?;
                self.targets = (!value.is_null()).then_some(targets);
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    pub(crate) object: Selector,
    pub(crate) field_path: String,
    pub(crate) options: Option<FieldOptions>,
}

impl Decode for Source {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "fieldpath" => string(&mut self.field_path, value, mode),
            "options" => optional(&mut self.options, value, mode),
            "annotationselector" | "labelselector" => Ok(false),
            name => self.object.field(name, value, mode),
        }
    }
}

/// Where a value goes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    pub(crate) select: Option<Selector>,
    pub(crate) reject: Vec<Selector>,
    pub(crate) field_paths: Vec<String>,
    pub(crate) options: Option<FieldOptions>,
}

impl Decode for Target {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "select" => optional(&mut self.select, value, mode),
            "reject" => list(&mut self.reject, value, mode),
            "fieldpaths" => strings(&mut self.field_paths, value, mode),
            "options" => optional(&mut self.options, value, mode),
            _ => Ok(false),
        }
    }
}

/// Which part of a field is meant.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldOptions {
    pub(crate) delimiter: String,
    pub(crate) index: i64,
    pub(crate) create: bool,
    encoding: String,
}

impl Decode for FieldOptions {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "delimiter" => string(&mut self.delimiter, value, mode),
            "index" => integer(&mut self.index, value),
            "create" => boolean(&mut self.create, value),
            // Read and never looked at, upstream too.
            "encoding" => string(&mut self.encoding, value, mode),
            _ => Ok(false),
        }
    }
}

/// `vars[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) gvk: Gvk,
    pub(crate) object: String,
    pub(crate) namespace: String,
    pub(crate) field_path: String,
}

impl Decode for Var {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "objref" => {
                let mut of = object::<ObjectRef>(value, mode)?;
                if !of.api_version.is_empty() && of.api_version.matches('/').count() < 2 {
                    let (group, version) = split_api_version(&of.api_version);
                    of.gvk.version = version.into();
                    if of.api_version.contains('/') {
                        of.gvk.group = group.into();
                    }
                }
                (self.gvk, self.object, self.namespace) = (of.gvk, of.name, of.namespace);
                Ok(true)
            }
            "fieldref" => {
                self.field_path = object::<FieldRef>(value, mode)?.0;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

#[derive(Default)]
struct ObjectRef {
    api_version: String,
    gvk: Gvk,
    name: String,
    namespace: String,
}

impl Decode for ObjectRef {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "apiversion" => string(&mut self.api_version, value, mode),
            "group" => short(&mut self.gvk.group, value, mode),
            "version" => short(&mut self.gvk.version, value, mode),
            "kind" => short(&mut self.gvk.kind, value, mode),
            "name" => string(&mut self.name, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            _ => Ok(false),
        }
    }
}

#[derive(Default)]
struct FieldRef(String);

impl Decode for FieldRef {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "fieldpath" => string(&mut self.0, value, mode),
            _ => Ok(false),
        }
    }
}
