//! What is said about a patch and its targets.

use serde_json::Value;

use super::short;
use crate::decode::{Decode, Decoded, Mode, boolean, optional, string};
use crate::gvk::Gvk;

/// `patches[]` and `patchesJson6902[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    pub(crate) path: String,
    pub(crate) patch: String,
    pub(crate) target: Option<Selector>,
    pub(crate) options: Option<PatchOptions>,
}

impl Decode for Patch {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "path" => string(&mut self.path, value, mode),
            "patch" => string(&mut self.patch, value, mode),
            "target" => optional(&mut self.target, value, mode),
            "options" => optional(&mut self.options, value, mode),
            _ => Ok(false),
        }
    }
}

/// `patches[].options`
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PatchOptions {
    pub(crate) allow_name_change: bool,
    pub(crate) allow_kind_change: bool,
}

impl Decode for PatchOptions {
    fn field(&mut self, name: &str, value: &Value, _: Mode) -> Decoded<bool> {
        match name {
            "allownamechange" => boolean(&mut self.allow_name_change, value),
            "allowkindchange" => boolean(&mut self.allow_kind_change, value),
            _ => Ok(false),
        }
    }
}

/// Which objects are meant; what is empty means any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotations: String,
    pub(crate) labels: String,
}

impl Selector {
    /// Whether neither kind nor name nor namespace is asked for.
    pub(crate) fn names_nothing(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }
}

impl Decode for Selector {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "group" => short(&mut self.gvk.group, value, mode),
            "version" => short(&mut self.gvk.version, value, mode),
            "kind" => short(&mut self.gvk.kind, value, mode),
            "name" => string(&mut self.name, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            "annotationselector" => string(&mut self.annotations, value, mode),
            "labelselector" => string(&mut self.labels, value, mode),
            _ => Ok(false),
        }
    }
}
