//! What is said about a `ConfigMap` or Secret to generate.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::decode::{Decode, Decoded, Mode, boolean, map, optional, string, strings};

/// `configMapGenerator[]` and `secretGenerator[]`
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorArgs {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) behavior: String,
    pub(crate) sources: Sources,
    pub(crate) options: Option<GeneratorOptions>,
    /// The type of a Secret.
    pub(crate) kind: String,
}

/// Where keys and values come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    pub(crate) literals: Vec<String>,
    pub(crate) files: Vec<String>,
    pub(crate) envs: Vec<String>,
    pub(crate) env: String,
}

impl Decode for GeneratorArgs {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "name" => string(&mut self.name, value, mode),
            "namespace" => string(&mut self.namespace, value, mode),
            "behavior" => string(&mut self.behavior, value, mode),
            "literals" => strings(&mut self.sources.literals, value, mode),
            "files" => strings(&mut self.sources.files, value, mode),
            "envs" => strings(&mut self.sources.envs, value, mode),
            "env" => string(&mut self.sources.env, value, mode),
            "options" => optional(&mut self.options, value, mode),
            "type" => string(&mut self.kind, value, mode),
            _ => Ok(false),
        }
    }
}

/// `generatorOptions`, and `options` of a generator
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) disable_name_suffix_hash: bool,
    pub(crate) immutable: bool,
}

impl Decode for GeneratorOptions {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "labels" => map(&mut self.labels, value, mode),
            "annotations" => map(&mut self.annotations, value, mode),
            "disablenamesuffixhash" => boolean(&mut self.disable_name_suffix_hash, value),
            "immutable" => boolean(&mut self.immutable, value),
            _ => Ok(false),
        }
    }
}

impl GeneratorOptions {
    /// The options of one generator; what it does not say, those of all generators say.
    pub(crate) fn merged(own: Option<&Self>, all: Option<&Self>) -> Option<Self> {
        let Some(all) = all else { return own.cloned() };
        let mut merged = own.cloned().unwrap_or_default();
        for (mine, others) in
            [(&mut merged.labels, &all.labels), (&mut merged.annotations, &all.annotations)]
        {
            for (key, value) in others {
                mine.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        merged.disable_name_suffix_hash |= all.disable_name_suffix_hash;
        merged.immutable |= all.immutable;
        Some(merged)
    }
}
