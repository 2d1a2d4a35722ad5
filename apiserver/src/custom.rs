//! Custom kinds: what their definition's schema does to their objects.

mod format;
mod rules;
mod shape;
mod validate;

use std::collections::HashMap;

use regex::Regex;
use serde_json::Value;

use crate::custom::rules::Rules;
use crate::failure::Cause;
use crate::scale::ScalePaths;

pub(crate) use crate::custom::rules::{problem as rule_problem, shown as rule_text};

/// The structural schema of one version of a custom kind.
#[derive(Debug)]
pub(crate) struct Custom {
    schema: Value,
    /// Compiled once; a pattern that does not compile is refused with the definition.
    patterns: HashMap<String, Regex>,
    rules: Rules,
    /// `additionalPrinterColumns`.
    columns: Vec<Value>,
    /// Where the replicas are, for the scale subresource.
    pub(crate) scale: Option<ScalePaths>,
    /// Whether objects would have to go through a webhook to be seen in this version.
    pub(crate) needs_webhook: bool,
}

impl Custom {
    /// One entry of a definition's versions.
    pub(crate) fn of(spec: &Value, version: &Value) -> Self {
        let needs_webhook =
            spec["conversion"]["strategy"] == "Webhook" && version["storage"] != true;
        let columns = version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default();
        let scale = ScalePaths::of(&version["subresources"]["scale"]);
        Self {
            columns,
            scale,
            needs_webhook,
            ..Self::new(version["schema"]["openAPIV3Schema"].clone())
        }
    }

    pub(crate) fn new(schema: Value) -> Self {
        let mut patterns = HashMap::new();
        collect_patterns(&schema, &mut patterns);
        let rules = Rules::of(&schema);
        let (columns, scale) = (Vec::new(), None);
        Self { schema, patterns, rules, columns, scale, needs_webhook: false }
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.schema
    }

    pub(crate) fn columns(&self) -> &[Value] {
        &self.columns
    }

    /// Drops what the schema does not have and returns the paths.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut dropped = Vec::new();
        shape::prune_root(&self.schema, object, &mut dropped);
        dropped
    }

    /// Fills in what was left out.
    pub(crate) fn default(&self, object: &mut Value) {
        shape::default(&self.schema, object);
    }

    /// What the schema refuses; what an update leaves as it was is let through.
    pub(crate) fn causes(&self, object: &Value, before: Option<&Value>) -> Vec<Cause> {
        let mut found = validate::Validation { patterns: &self.patterns, causes: Vec::new() };
        found.value(&self.schema, object, before, "");
        if self.rules.is_empty() {
            return found.causes;
        }
        if found.causes.is_empty() {
            return self.rules.causes(&self.schema, object, before);
        }
        let why = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
        found.causes.push(Cause::invalid("<nil>", &Value::Null, why));
        found.causes
    }
}

fn collect_patterns(schema: &Value, patterns: &mut HashMap<String, Regex>) {
    match schema {
        Value::Object(map) => {
            if let Some(Ok(regex)) = map.get("pattern").and_then(Value::as_str).map(Regex::new) {
                patterns.insert(regex.as_str().to_owned(), regex);
            }
            map.values().for_each(|value| collect_patterns(value, patterns));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_patterns(value, patterns)),
        _ => {}
    }
}
