//! Who owns the replicas of an object, as its `scale` subresource names them.

use crate::managers::{Entry, ManagedFields};
use crate::path::Path;
use crate::set::FieldSet;

/// Translates managed fields between an object and its `scale` subresource.
///
/// A write to `scale` is a write of `.spec.replicas` of a `Scale`; who owns that must be known of
/// the object too, where the field may have another path.
#[derive(Clone, Debug)]
pub struct ScaleFields {
    api_version: String,
    /// By version of the object. No path: a custom resource without the subresource.
    replicas: Vec<(String, Option<Path>)>,
}

const SCALE: &str = "autoscaling/v1";

fn replicas_of_scale() -> Path {
    Path::default().field("spec").field("replicas")
}

impl ScaleFields {
    /// For requests in a version of the object, whose replicas are at this path.
    pub fn new(api_version: &str, replicas: Path) -> Self {
        let replicas = vec![(api_version.to_owned(), Some(replicas))];
        Self { api_version: api_version.to_owned(), replicas }
    }

    /// Another version that managers may have written in.
    #[must_use]
    pub fn with(mut self, api_version: &str, replicas: Option<Path>) -> Self {
        self.replicas.push((api_version.to_owned(), replicas));
        self
    }

    fn path(&self, api_version: &str) -> Option<Option<&Path>> {
        let found = self.replicas.iter().find(|(version, _)| version == api_version);
        found.map(|(_, path)| path.as_ref())
    }

    /// The managers of the object that own its replicas, as managers of the `Scale`.
    pub fn to_scale(&self, object: &ManagedFields) -> ManagedFields {
        let mut scale = ManagedFields::default();
        for entry in object.iter() {
            let path = self.path(&entry.manager.api_version).flatten();
            if path.is_some_and(|path| entry.fields.has(path)) {
                let fields = FieldSet::from_iter([replicas_of_scale()]);
                let mut entry = Entry { fields, ..entry.clone() };
                SCALE.clone_into(&mut entry.manager.api_version);
                scale.entries.push(entry);
            }
        }
        scale.sort();
        scale
    }

    /// The managers of the object after a write to its `Scale`.
    ///
    /// Whoever no longer owns the replicas of the `Scale` loses them here; whoever does now, gains
    /// them. Managers in versions that are not known are forgotten.
    pub fn to_object(&self, object: &ManagedFields, scale: &ManagedFields) -> ManagedFields {
        let mut after = ManagedFields::default();
        let mut news: Vec<&Entry> = scale.iter().collect();
        for entry in object.iter() {
            let Some(path) = self.path(&entry.manager.api_version) else { continue };
            let Some(path) = path.filter(|path| entry.fields.has(path)) else {
                after.entries.push(entry.clone());
                continue;
            };
            let known = news.iter().position(|it| same_manager(it, entry));
            match known {
                Some(at) => {
                    news.remove(at);
                    after.entries.push(entry.clone());
                }
                None => {
                    let own = FieldSet::from_iter([path.clone()]);
                    let fields = entry.fields.clone().difference(&own);
                    after.entries.push(Entry { fields, ..entry.clone() });
                }
            }
        }
        for entry in news.into_iter().filter(|it| it.fields.has(&replicas_of_scale())) {
            let path = self.path(&self.api_version).flatten();
            let mut manager = entry.manager.clone();
            manager.api_version.clone_from(&self.api_version);
            // The API server tells no time of these. Two entries of one manager, which it would
            // write and then misread, are one here.
            let known = after.remove(&manager);
            let time = known.as_ref().and_then(|it| it.time);
            let fields = known.map(|it| it.fields).unwrap_or_default();
            let fields = fields.union(&path.cloned().into_iter().collect());
            after.insert(Entry { manager, time, fields });
        }
        after.entries.retain(|entry| !entry.fields.is_empty());
        after.sort();
        after
    }
}

/// Whether the entry of a `Scale` came from this entry of the object.
fn same_manager(scale: &Entry, object: &Entry) -> bool {
    let mut manager = object.manager.clone();
    SCALE.clone_into(&mut manager.api_version);
    scale.manager.is(&manager)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::managers::{Manager, Operation};

    fn entry(name: &str, operation: Operation, version: &str, fields: &str) -> Entry {
        Entry::new(Manager::new(name, operation, version), FieldSet::parse(fields).unwrap())
    }

    fn managed(entries: Vec<Entry>) -> ManagedFields {
        ManagedFields { entries }
    }

    const REPLICAS: &str = r#"{"f:spec":{"f:replicas":{}}}"#;

    fn scale() -> ScaleFields {
        ScaleFields::new("apps/v1", replicas_of_scale())
    }

    #[test]
    fn only_owners_of_the_replicas_are_managers_of_the_scale() {
        let object = managed(vec![
            entry(
                "a",
                Operation::Apply,
                "apps/v1",
                r#"{"f:spec":{"f:paused":{},"f:replicas":{}}}"#,
            ),
            entry("b", Operation::Apply, "apps/v1", r#"{"f:spec":{"f:paused":{}}}"#),
            entry("c", Operation::Apply, "apps/v0", REPLICAS),
        ]);
        let seen = scale().to_scale(&object);
        assert_eq!(seen, managed(vec![entry("a", Operation::Apply, SCALE, REPLICAS)]));
        // Nothing happened to the scale: nothing happens to the object, but for the lost version.
        let after = scale().to_object(&object, &seen);
        assert_eq!(after.len(), 2);
        assert!(after.applier("c").is_none());
    }

    #[test]
    fn who_scales_takes_the_replicas_and_nothing_else() {
        let object = managed(vec![entry(
            "a",
            Operation::Apply,
            "apps/v1",
            r#"{"f:spec":{"f:paused":{},"f:replicas":{}}}"#,
        )]);
        let taken = managed(vec![entry("hpa", Operation::Update, SCALE, REPLICAS)]);
        let after = scale().to_object(&object, &taken);
        assert_eq!(after.applier("a").unwrap().fields.to_string(), r#"{"f:spec":{"f:paused":{}}}"#);
        let hpa = after.get(&Manager::new("hpa", Operation::Update, "apps/v1")).unwrap();
        assert_eq!(hpa.fields.to_string(), REPLICAS);
    }
}
