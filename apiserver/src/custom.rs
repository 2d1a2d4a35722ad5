//! Custom kinds: what their definition's schema does to their objects.

mod format;
mod rules;
mod shape;
mod validate;
mod version;

use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use crate::custom::rules::Rules;
use crate::failure::Cause;
use crate::scale::ScalePaths;

pub(crate) use crate::custom::rules::{problem as rule_problem, shown as rule_text};
pub(crate) use crate::custom::version::{Origin, Version, Versions};

/// One version of a custom kind: what its structural schema does, among the other versions.
#[derive(Debug)]
pub(crate) struct Custom {
    version: Arc<Version>,
    versions: Arc<Versions>,
    origin: Origin,
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
    /// One entry of a definition's versions, which are `versions`.
    pub(crate) fn of(
        spec: &Value,
        entry: &Value,
        versions: &Arc<Versions>,
        origin: Origin,
    ) -> Self {
        let name = entry["name"].as_str().unwrap_or_default();
        let version = versions.named(name).map(Arc::clone);
        let version = version.unwrap_or_else(|| Arc::new(Version::of(entry)));
        let mut patterns = HashMap::new();
        collect_patterns(&version.schema, &mut patterns);
        Self {
            rules: Rules::of(&version.schema),
            version,
            versions: Arc::clone(versions),
            origin,
            patterns,
            columns: entry["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
            scale: ScalePaths::of(&entry["subresources"]["scale"]),
            needs_webhook: spec["conversion"]["strategy"] == "Webhook" && entry["storage"] != true,
        }
    }

    #[cfg(test)]
    fn new(schema: Value) -> Self {
        let version = serde_json::json!({
            "name": "v1", "storage": true, "schema": { "openAPIV3Schema": schema },
        });
        let spec = serde_json::json!({ "versions": [version] });
        let versions = Arc::new(Versions::of(&spec, None));
        Self::of(&spec, &spec["versions"][0], &versions, Origin::of(&Value::Null))
    }

    pub(crate) fn schema(&self) -> &Value {
        &self.version.schema
    }

    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The definition it came with.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Paths a field selector may name.
    pub(crate) fn fields(&self) -> &[Box<str>] {
        self.version.fields()
    }

    /// Whether what rests in `version` is what is shown, to the byte.
    pub(crate) fn rests_as_shown(&self, version: &Arc<Version>) -> bool {
        self.versions.rest_as_shown(version, &self.version)
    }

    /// Whether `version` is the one that objects rest in today.
    pub(crate) fn stores(&self, version: &Arc<Version>) -> bool {
        self.versions.stores(version)
    }

    /// Turns what rests in `version` into what is shown.
    pub(crate) fn show(&self, version: &Version, object: &mut Value) {
        self.versions.show(version, &self.version, object);
    }

    /// Turns what is shown into what is to rest: the version it rests in, and whether it is there
    /// what that version shows.
    pub(crate) fn rest(&self, object: &mut Value) -> (Arc<Version>, bool) {
        self.versions.rest(&self.version, object)
    }

    pub(crate) fn columns(&self) -> &[Value] {
        &self.columns
    }

    /// Drops what the schema does not have and returns the paths.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        self.version.prune(object)
    }

    /// Fills in what was left out.
    pub(crate) fn default(&self, object: &mut Value) {
        self.version.default(object);
    }

    /// What the schema refuses; what an update leaves as it was is let through.
    pub(crate) fn causes(&self, object: &Value, before: Option<&Value>) -> Vec<Cause> {
        let mut found = validate::Validation { patterns: &self.patterns, causes: Vec::new() };
        found.value(self.schema(), object, before, "");
        if self.rules.is_empty() {
            return found.causes;
        }
        if found.causes.is_empty() {
            return self.rules.causes(self.schema(), object, before);
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
