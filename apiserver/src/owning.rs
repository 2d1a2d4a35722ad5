//! Who wrote which field: managed fields on every write, through `gotk-merge`.

use std::sync::{Arc, LazyLock};

use gotk_merge::{
    Error, FieldFilter, FieldManager, FieldSet, Gvk, Live, OnConflict, Schema, Written,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::convert::Shapes;
use crate::failure::{Cause, Failure};
use crate::kind::Kind;
use crate::meta;
use crate::query::WriteOptions;

/// Who writes, and by which verb.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    name: String,
    verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// Replaces what is there, or creates.
    Put,
    /// Changes what is there.
    Patch,
    /// Has its managed fields from the merge already.
    Apply,
}

impl Writer {
    /// A create or a replacing update.
    pub(crate) fn put(options: &WriteOptions, user_agent: &str) -> Self {
        Self { name: manager_name(options, user_agent), verb: Verb::Put }
    }

    /// A patch.
    pub(crate) fn patch(options: &WriteOptions, user_agent: &str) -> Self {
        Self { name: manager_name(options, user_agent), verb: Verb::Patch }
    }

    /// Server-side apply.
    pub(crate) fn applying(options: &WriteOptions) -> Self {
        Self { name: options.field_manager.clone(), verb: Verb::Apply }
    }

    /// A part of the server itself.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), verb: Verb::Patch }
    }

    pub(crate) fn is_put(&self) -> bool {
        self.verb == Verb::Put
    }

    /// The managed fields of an object that is only being created.
    pub(crate) fn create(
        &self,
        kind: &Kind,
        object: Value,
        now: Timestamp,
    ) -> Result<Value, Failure> {
        // What Go writes of an empty object belongs to nobody.
        let live = match crate::structs::zero(kind) {
            Some(zero) => Live::new(zero),
            None => Live::absent(&gvk(kind)),
        };
        self.track(kind, "", &live, object, now)
    }

    /// The managed fields of an object in place of `before`.
    pub(crate) fn update_managed(
        &self,
        kind: &Kind,
        subresource: &str,
        before: &Value,
        new: Value,
        now: Timestamp,
    ) -> Result<Value, Failure> {
        self.track(kind, subresource, &Live::new(before.clone()), new, now)
    }

    fn track(
        &self,
        kind: &Kind,
        subresource: &str,
        live: &Live,
        new: Value,
        now: Timestamp,
    ) -> Result<Value, Failure> {
        if self.verb == Verb::Apply {
            return Ok(new);
        }
        let manager = field_manager(kind, &kind.versions, subresource);
        let written = manager.update(live, Live::new(new.clone()), &self.name, now);
        let Ok(written) = written else {
            // What does not fit its type is stored, or refused later, with the managers of before.
            let managed = live.managed_fields().unwrap_or_default();
            let mut new = new;
            match managed.is_empty() {
                true => meta::remove(&mut new, "managedFields"),
                false => meta::set(&mut new, "managedFields", managed.to_value()),
            }
            return Ok(new);
        };
        Ok(keep_times(live, written).into_value())
    }

    /// Server-side apply of `config` to `before`, which is none where the object is not there.
    pub(crate) fn apply(
        &self,
        kind: &Kind,
        subresource: &str,
        before: Option<&Value>,
        config: &Value,
        force: bool,
        now: Timestamp,
    ) -> Result<Value, Failure> {
        let gvk = gvk(kind);
        let live = before.map_or_else(|| Live::absent(&gvk), |before| Live::new(before.clone()));
        let manager = field_manager(kind, &kind.versions, subresource);
        let on_conflict = if force { OnConflict::Force } else { OnConflict::Fail };
        let written = manager.apply(live, config, &self.name, on_conflict, now).map_err(failure)?;
        Ok(written.into_value())
    }
}

/// The types of a built-in kind in all its versions.
pub(crate) fn built_in(group: &str, kind: &str) -> Arc<Shapes> {
    static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(Schema::builtin);
    Arc::new(Shapes::of(&SCHEMA, group, kind))
}

/// Whether a write would change nothing: equal, but for the times of the managed fields.
pub(crate) fn same(before: &Value, new: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        meta::remove(&mut object, "managedFields");
        object
    };
    bare(before) == bare(new) && untimed(before) == untimed(new)
}

fn untimed(object: &Value) -> Vec<Value> {
    let entries = object["metadata"]["managedFields"].as_array();
    let untimed = |entry: &Value| {
        let mut entry = entry.clone();
        if let Some(map) = entry.as_object_mut() {
            map.remove("time");
        }
        entry
    };
    entries.into_iter().flatten().map(untimed).collect()
}

/// A write that changes nothing leaves the times as they were.
fn keep_times(live: &Live, mut written: Written) -> Written {
    if !written.changed
        && let Ok(old) = live.managed_fields()
    {
        written.managed.keep_times_of(&old);
    }
    written
}

fn field_manager<'v>(kind: &Kind, versions: &'v Shapes, subresource: &str) -> FieldManager<'v> {
    let manager = FieldManager::new(gvk(kind), versions).subresource(subresource);
    match reset_fields(kind, subresource) {
        Some(fields) => manager.owning(FieldFilter::exclude(fields)),
        None => manager,
    }
}

/// Fields a write cannot own, because the server takes them from elsewhere.
fn reset_fields(kind: &Kind, subresource: &str) -> Option<FieldSet> {
    if !kind.has("status") {
        return None;
    }
    let text = match subresource {
        "" => r#"{"f:status":{}}"#,
        "status" if kind.built_in => r#"{"f:spec":{}}"#,
        "status" => r#"{"f:metadata":{},"f:spec":{}}"#,
        _ => return None,
    };
    FieldSet::parse(text).ok()
}

fn gvk(kind: &Kind) -> Gvk {
    Gvk::new(&kind.group, &kind.version, &kind.kind)
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Conflicts(conflicts) => {
            let causes = conflicts.causes();
            let text =
                |cause: &Value, field: &str| cause[field].as_str().unwrap_or_default().to_owned();
            let causes = causes
                .iter()
                .map(|cause| {
                    Cause::new("FieldManagerConflict", text(cause, "field"), text(cause, "message"))
                })
                .collect();
            Failure::apply_conflict(conflicts.to_string(), causes)
        }
        error if error.code() == 400 => Failure::bad_request(error.to_string()),
        error => Failure::internal(error.to_string()),
    }
}

/// `fieldManager`, or what the user agent begins with.
fn manager_name(options: &WriteOptions, user_agent: &str) -> String {
    if !options.field_manager.is_empty() {
        return options.field_manager.clone();
    }
    let agent = user_agent.split('/').next().unwrap_or_default();
    agent.chars().filter(|c| !c.is_control()).take(128).collect()
}
