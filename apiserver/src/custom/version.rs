//! The versions of a custom kind, and an object of one as another shows it.
//!
//! Nobody converts: an object rests as the stored version has it, and each version shows what its
//! schema has of that. The schemas are today's, for definitions change and objects stay.

use std::sync::Arc;

use serde_json::Value;

use crate::custom::shape;

/// One version: its name, its schema, and the fields selectors may name.
#[derive(Debug, PartialEq)]
pub(crate) struct Version {
    pub(crate) name: Box<str>,
    pub(super) schema: Value,
    fields: Box<[Box<str>]>,
}

/// All versions of a kind, served or not.
#[derive(Debug)]
pub(crate) struct Versions {
    all: Vec<Arc<Version>>,
    stored: Option<Arc<Version>>,
    /// Whether objects stored in another version would have to go through a webhook.
    webhook: bool,
}

/// A state of a definition: two of the same are equal in all that is served.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Origin {
    uid: Box<str>,
    generation: i64,
}

impl Origin {
    pub(crate) fn of(definition: &Value) -> Self {
        let meta = &definition["metadata"];
        Self {
            uid: meta["uid"].as_str().unwrap_or_default().into(),
            generation: meta["generation"].as_i64().unwrap_or_default(),
        }
    }
}

impl Version {
    /// One entry of a definition's versions.
    pub(super) fn of(version: &Value) -> Self {
        let fields = version["selectableFields"].as_array().into_iter().flatten();
        let path = |field: &Value| field["jsonPath"].as_str().unwrap_or_default().to_owned();
        Self {
            name: version["name"].as_str().unwrap_or_default().into(),
            schema: version["schema"]["openAPIV3Schema"].clone(),
            fields: fields.map(|field| path(field).trim_start_matches('.').into()).collect(),
        }
    }

    pub(crate) fn fields(&self) -> &[Box<str>] {
        &self.fields
    }

    /// Drops what the schema does not have and returns the paths.
    pub(super) fn prune(&self, object: &mut Value) -> Vec<String> {
        let mut dropped = Vec::new();
        shape::prune_root(&self.schema, object, &mut dropped);
        dropped
    }

    /// Fills in what was left out.
    pub(super) fn default(&self, object: &mut Value) {
        shape::default(&self.schema, object);
    }
}

impl Versions {
    /// The versions of a definition's spec. What is as it was `before` is the same, so that objects
    /// that rest in it are known to fit.
    pub(crate) fn of(spec: &Value, before: Option<&Self>) -> Self {
        let entries = spec["versions"].as_array().map_or(&[][..], Vec::as_slice);
        let one = |entry: &Value| {
            let version = Version::of(entry);
            let same = before.and_then(|before| before.all.iter().find(|it| ***it == version));
            same.map_or_else(|| Arc::new(version), Arc::clone)
        };
        let all: Vec<Arc<Version>> = entries.iter().map(one).collect();
        let stored = entries.iter().position(|entry| entry["storage"] == true);
        let stored = stored.map(|at| Arc::clone(&all[at]));
        Self { all, stored, webhook: spec["conversion"]["strategy"] == "Webhook" }
    }

    pub(super) fn named(&self, name: &str) -> Option<&Arc<Version>> {
        self.all.iter().find(|version| &*version.name == name)
    }

    pub(super) fn stores(&self, version: &Arc<Version>) -> bool {
        self.stored.as_ref().is_some_and(|stored| Arc::ptr_eq(stored, version))
    }

    /// Whether what rests in `version` is what `shown` shows, to the byte.
    pub(super) fn rest_as_shown(&self, version: &Arc<Version>, shown: &Version) -> bool {
        let known = self.all.iter().any(|it| Arc::ptr_eq(it, version));
        known && (version.name == shown.name || version.schema == shown.schema)
    }

    /// Turns what rests in `version` into what `shown` shows.
    pub(super) fn show(&self, version: &Version, shown: &Version, object: &mut Value) {
        if let Some(today) = self.named(&version.name) {
            today.prune(object);
            today.default(object);
        }
        if version.name != shown.name && !self.webhook {
            shown.prune(object);
        }
    }

    /// Turns an object of the version `shown` into what is to rest: the version it rests in, and
    /// whether it is there what that version shows.
    pub(super) fn rest(&self, shown: &Arc<Version>, object: &mut Value) -> (Arc<Version>, bool) {
        let stored = self.stored.as_ref().unwrap_or(shown);
        if stored.name == shown.name || stored.schema == shown.schema {
            return (Arc::clone(stored), true);
        }
        stored.prune(object);
        // What the stored version adds is added when it is read, as upstream has it.
        let mut read = object.clone();
        stored.default(&mut read);
        (Arc::clone(stored), read == *object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(one: &Value, two: &Value) -> Value {
        let version = |name: &str, spec: &Value| {
            let spec = json!({ "type": "object", "properties": spec });
            let schema = json!({ "type": "object", "properties": { "spec": spec } });
            json!({ "name": name, "storage": name == "v1", "schema": { "openAPIV3Schema": schema } })
        };
        json!({ "versions": [version("v1", one), version("v2", two)] })
    }

    fn text() -> Value {
        json!({ "type": "string" })
    }

    #[test]
    fn what_rests_is_what_both_have() {
        let late = json!({ "type": "string", "default": "l" });
        let spec =
            spec(&json!({ "a": text(), "late": late }), &json!({ "a": text(), "b": text() }));
        let versions = Versions::of(&spec, None);
        let [one, two] = ["v1", "v2"].map(|name| Arc::clone(versions.named(name).unwrap()));
        let mut object = json!({ "spec": { "a": "1", "b": "2" } });
        let (rests, complete) = versions.rest(&two, &mut object);
        assert!(Arc::ptr_eq(&rests, &one) && !complete, "the default is not there yet");
        assert_eq!(object, json!({ "spec": { "a": "1" } }));
        versions.show(&rests, &one, &mut object);
        assert_eq!(object, json!({ "spec": { "a": "1", "late": "l" } }));
        versions.show(&rests, &two, &mut object);
        assert_eq!(object, json!({ "spec": { "a": "1" } }));
    }

    #[test]
    fn a_version_that_did_not_change_is_the_same() {
        let before = Versions::of(&spec(&json!({ "a": text() }), &json!({})), None);
        let after =
            Versions::of(&spec(&json!({ "a": text() }), &json!({ "b": text() })), Some(&before));
        let same =
            |name: &str| Arc::ptr_eq(before.named(name).unwrap(), after.named(name).unwrap());
        assert!(same("v1") && !same("v2"));
        let [one, two] = ["v1", "v2"].map(|name| after.named(name).unwrap());
        assert!(after.rest_as_shown(one, one) && !after.rest_as_shown(one, two));
        let gone = before.named("v2").unwrap();
        assert!(!after.rest_as_shown(gone, gone), "its schema is another today");
    }
}
