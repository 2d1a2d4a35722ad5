//! The annotation that client-side apply left behind.

use serde_json::{Map, Value};

use super::FieldManager;
use crate::conflict::Conflicts;
use crate::go;
use crate::set::FieldSet;
use crate::typed::Duplicates;
use crate::value;

/// Only this manager's applies follow the annotation.
pub(super) const MANAGER: &str = "kubectl";

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What all annotations of an object may come to.
const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

impl FieldManager<'_> {
    /// The conflicts that remain once those are forgiven in which the live object is as the
    /// manager's client-side apply had it. `None` is that none remains.
    pub(super) fn conflicts_beyond_last_applied(
        &self,
        live: &Value,
        conflicts: Conflicts,
    ) -> Option<Conflicts> {
        let Some(forgiven) = self.unchanged_since_last_applied(live) else {
            return Some(conflicts);
        };
        let rest = conflicts.0.into_iter().filter(|it| !forgiven.has(&it.path)).collect();
        let rest = Conflicts(rest);
        (!rest.is_empty()).then_some(rest)
    }

    fn unchanged_since_last_applied(&self, live: &Value) -> Option<FieldSet> {
        let text = value::text_at(live, &["metadata", "annotations", ANNOTATION]);
        let config: Value = serde_json::from_str(text).ok()?;
        if value::text_at(&config, &["apiVersion"]) != self.api_version {
            return None;
        }
        let live = self.in_own_version(live.clone(), "live").ok()?;
        let of = self.versions.type_in(&self.api_version)?;
        of.check(&live, Duplicates::Refused).ok()?;
        of.check(&config, Duplicates::Refused).ok()?;
        let changes = of.compare(&config, &live);
        let fields = of.fields_of(&config).difference(&changes.modified);
        Some(fields.difference(&changes.added).difference(&changes.removed))
    }
}

/// Brings the annotation up to date, where there is one.
pub(super) fn follow(object: &mut Value, config: &Value) {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let annotations = metadata.and_then(|it| it.get_mut("annotations")?.as_object_mut());
    let Some(annotations) = annotations else { return };
    if annotations.get(ANNOTATION).and_then(Value::as_str).is_none_or(str::is_empty) {
        return;
    }
    annotations.insert(ANNOTATION.to_owned(), Value::from(text_of(config)));
    if size_of(annotations) > MAX_ANNOTATIONS_BYTES {
        annotations.remove(ANNOTATION);
    }
}

fn text_of(config: &Value) -> String {
    let mut config = config.clone();
    let metadata = config.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(Value::Object(annotations)) = metadata.and_then(|it| it.get_mut("annotations")) {
        annotations.remove(ANNOTATION);
    }
    let mut text = String::new();
    go::write_json(&config, &mut text);
    text.push('\n');
    text
}

fn size_of(annotations: &Map<String, Value>) -> usize {
    annotations.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum()
}
