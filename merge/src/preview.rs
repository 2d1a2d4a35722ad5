//! What an apply would do, told to a person.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::conflict::Conflicts;
use crate::error::Error;
use crate::field_manager::FieldManager;
use crate::live::{Live, Written};
use crate::managers::{Entry, ManagedFields, Manager, Operation};
use crate::path::{Element, Path};
use crate::set::FieldSet;
use crate::typed::Changes;
use crate::updater::OnConflict;
use crate::value;

/// How a manager has to do with a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Share {
    /// It owns the field itself.
    Itself,
    /// It owns a value that the field is a part of.
    Above,
    /// It owns something beneath the field.
    Beneath,
}

impl ManagedFields {
    /// Who owns a path, or what it is part of, or parts of it.
    pub fn owners(&self, path: &Path) -> Vec<(&Entry, Share)> {
        self.iter().filter_map(|entry| Some((entry, share(&entry.fields, path)?))).collect()
    }
}

fn share(fields: &FieldSet, path: &Path) -> Option<Share> {
    let mut set = fields;
    for (depth, element) in path.0.iter().enumerate() {
        let node = set.get(element)?;
        if depth + 1 == path.0.len() {
            let share = if node.owned { Share::Itself } else { Share::Beneath };
            return Some(share);
        }
        if node.owned && node.children.is_empty() {
            return Some(Share::Above);
        }
        set = &node.children;
    }
    None
}

impl Path {
    /// The value at the path. A list item matches its key also where it leaves out key fields,
    /// which then have their defaults.
    pub fn find<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(object, |value, element| match &element.0 {
            Element::Field(name) => value.get(name.as_str()),
            Element::Index(index) => value.get(usize::try_from(*index).ok()?),
            Element::Value(wanted) => {
                value.as_array()?.iter().find(|item| crate::scalar::Scalar::of(item) == *wanted)
            }
            Element::Key(key) => value.as_array()?.iter().find(|item| {
                let same = |name: &str, wanted: &crate::scalar::Scalar| {
                    item.get(name).is_none_or(|it| crate::scalar::Scalar::of(it) == *wanted)
                };
                item.is_object() && key.iter().all(|(name, wanted)| same(name, wanted))
            }),
        })
    }
}

/// What applying a configuration would do to an object and its managers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preview {
    /// Who would apply.
    pub manager: Manager,
    /// The object and its managers as they are.
    pub before: Live,
    /// The object and its managers after an apply with force.
    pub after: Written,
    /// The fields that differ.
    pub changes: Changes,
    /// What would stop an apply without force.
    pub conflicts: Conflicts,
}

impl FieldManager<'_> {
    /// Makes an apply on a copy and tells what it did.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply) with force.
    pub fn preview(
        &self,
        live: &Live,
        config: &Value,
        manager: &str,
        now: Timestamp,
    ) -> Result<Preview, Error> {
        let conflicts = match self.apply(live.clone(), config, manager, OnConflict::Fail, now) {
            Err(Error::Conflicts(conflicts)) => conflicts,
            _ => Conflicts::default(),
        };
        let forced = self.apply_in_detail(live.clone(), config, manager, OnConflict::Force, now);
        let (after, changes) = forced?;
        let manager = self.applier(manager);
        Ok(Preview { manager, before: live.clone(), after, changes, conflicts })
    }
}

impl Preview {
    fn managers_before(&self) -> ManagedFields {
        self.before.managed_fields().unwrap_or_default()
    }

    /// Content of a Secret is never shown.
    fn shown(&self, path: &Path, object: &Value) -> String {
        let secret = value::text_at(object, &["kind"]) == "Secret";
        let content = path.elements().first().and_then(|it| it.as_field());
        if secret && matches!(content, Some("data" | "stringData")) {
            return "(secret)".to_owned();
        }
        path.find(object).map_or_else(|| "(nothing)".to_owned(), short)
    }

    fn write_conflicts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conflicts.is_empty() {
            return writeln!(f, "No conflicts.");
        }
        writeln!(f, "Conflicts: {} stop an apply without force.", self.conflicts.len())?;
        for conflict in self.conflicts.iter() {
            let (path, before) = (&conflict.path, &self.before.object);
            writeln!(f, "  {path}")?;
            writeln!(
                f,
                "      is {}, as {} wants it",
                self.shown(path, before),
                who(&conflict.manager, conflict.time)
            )?;
            writeln!(f, "      would become {}", self.shown(path, &self.after.object))?;
        }
        Ok(())
    }

    fn write_changes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.after.changed {
            return writeln!(f, "\nThe object stays as it is.");
        }
        writeln!(f, "\nChanges:")?;
        let (before, after) = (&self.before.object, &self.after.object);
        for path in outermost(&self.changes.modified) {
            writeln!(
                f,
                "  ~ {path}: {} -> {}",
                self.shown(&path, before),
                self.shown(&path, after)
            )?;
        }
        for path in outermost(&self.changes.added) {
            writeln!(f, "  + {path}: {}", self.shown(&path, after))?;
        }
        for path in outermost(&self.changes.removed) {
            writeln!(
                f,
                "  - {path}: {} (no longer applied, and nobody else owns it)",
                self.shown(&path, before)
            )?;
        }
        if self.changes.is_empty() {
            writeln!(f, "  only the order of a list")?;
        }
        Ok(())
    }

    fn write_owners(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.managers_before();
        writeln!(f, "\nOwners afterwards:")?;
        for entry in self.after.managed.iter() {
            let had = before.get(&entry.manager).map(|it| it.fields.clone()).unwrap_or_default();
            let count = match entry.fields.len() {
                1 => "1 field".to_owned(),
                count => format!("{count} fields"),
            };
            writeln!(f, "  {}: {count}", who(&entry.manager, entry.time))?;
            write_paths(f, "gains", &entry.fields.clone().difference(&had))?;
            write_paths(f, "loses", &had.difference(&entry.fields))?;
        }
        for entry in before.iter().filter(|it| self.after.managed.get(&it.manager).is_none()) {
            writeln!(f, "  {}: nothing any more", who(&entry.manager, entry.time))?;
            write_paths(f, "loses", &entry.fields)?;
        }
        Ok(())
    }
}

fn write_paths(f: &mut fmt::Formatter<'_>, verb: &str, fields: &FieldSet) -> fmt::Result {
    const SHOWN: usize = 8;
    let paths = fields.paths();
    for path in paths.iter().take(SHOWN) {
        writeln!(f, "      {verb} {path}")?;
    }
    if paths.len() > SHOWN {
        writeln!(f, "      {verb} {} more", paths.len() - SHOWN)?;
    }
    Ok(())
}

/// The members that are not beneath another: a whole subtree is told by its root.
fn outermost(fields: &FieldSet) -> Vec<Path> {
    fn collect(set: &FieldSet, path: &mut Path, out: &mut Vec<Path>) {
        for node in &set.nodes {
            path.0.push(node.element.clone());
            if node.owned {
                out.push(path.clone());
            } else {
                collect(&node.children, path, out);
            }
            path.0.pop();
        }
    }
    let mut out = Vec::new();
    collect(fields, &mut Path::default(), &mut out);
    out
}

fn who(manager: &Manager, time: Option<Timestamp>) -> String {
    let how = match manager.operation {
        Operation::Apply => "applied",
        Operation::Update => "updated",
    };
    let at = if manager.subresource.is_empty() {
        String::new()
    } else {
        format!(" its {}", manager.subresource)
    };
    let since = time.map_or_else(String::new, |time| format!(" at {time}"));
    format!("{} ({how}{at} in {}{since})", manager.name, manager.api_version)
}

/// The value on one line, cut where it is long.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_conflicts(f)?;
        self.write_changes(f)?;
        self.write_owners(f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Gvk, OneShape, Schema};

    fn preview(kind: &str, live: Value, config: Value) -> String {
        let versions = OneShape::of_kind(&Schema::builtin(), "", kind);
        let manager = FieldManager::new(Gvk::new("", "v1", kind), &versions);
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        manager.preview(&Live::new(live), &config, "me", now).unwrap().to_string()
    }

    fn object(kind: &str, data: Value) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "uid": "1"}, "data": data})
    }

    #[test]
    fn a_conflict_is_told_with_both_values_and_their_owner() {
        let mut live = object("ConfigMap", json!({"mode": "slow"}));
        live["metadata"]["managedFields"] = json!([{
            "manager": "other", "operation": "Update", "apiVersion": "v1", "time": "2024-01-02T03:04:05Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {".": {}, "f:mode": {}}},
        }]);
        let text =
            preview("ConfigMap", live, object("ConfigMap", json!({"mode": "fast", "new": "x"})));
        let expected = "Conflicts: 1 stop an apply without force.\n  .data.mode\n      is \"slow\", as other (updated in v1 at 2024-01-02T03:04:05Z) wants it\n      would become \"fast\"\n\nChanges:\n  ~ .data.mode: \"slow\" -> \"fast\"\n  + .data.new: \"x\"\n\nOwners afterwards:\n  me (applied in v1 at 2023-11-14T22:13:20Z): 2 fields\n      gains .data.mode\n      gains .data.new\n  other (updated in v1 at 2024-01-02T03:04:05Z): 1 field\n      loses .data.mode\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = preview(
            "Secret",
            object("Secret", json!({"k": "b2xk"})),
            object("Secret", json!({"k": "bmV3"})),
        );
        assert!(text.contains("~ .data.k: (secret) -> (secret)"), "{text}");
        assert!(!text.contains("b2xk") && !text.contains("bmV3"), "{text}");
    }

    #[test]
    fn owners_of_a_whole_own_its_parts() {
        let managed = json!([{"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:spec": {"f:selector": {}, "f:ports": {"k:{\"port\":80}": {".": {}, "f:name": {}}}}}}]);
        let managed = ManagedFields::from_value(&managed).unwrap();
        let share = |path: &str| managed.owners(&Path::parse(path).unwrap()).first().map(|it| it.1);
        assert_eq!(share("spec.selector.app"), Some(Share::Above));
        assert_eq!(share("spec.selector"), Some(Share::Itself));
        assert_eq!(share("spec"), Some(Share::Beneath));
        assert_eq!(share("spec.ports[port=80].name"), Some(Share::Itself));
        assert_eq!(share("status"), None);
    }
}
