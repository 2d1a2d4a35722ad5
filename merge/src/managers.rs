//! Who wrote which fields, as an object records it.

mod wire;

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::go;
use crate::set::FieldSet;

pub(crate) use self::wire::Recorded;

/// How a manager wrote.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Operation {
    /// By server-side apply: what it no longer mentions goes away.
    Apply,
    /// By create, update or patch.
    Update,
}

/// Who wrote, and how.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Manager {
    /// The name given with the request.
    pub name: String,
    /// How it wrote.
    pub operation: Operation,
    /// The API version it wrote in, which its fields are named by.
    pub api_version: String,
    /// The subresource it wrote to; empty for the object itself.
    pub subresource: String,
}

impl Manager {
    /// A manager of the object itself.
    pub fn new(name: &str, operation: Operation, api_version: &str) -> Self {
        Self {
            name: name.to_owned(),
            operation,
            api_version: api_version.to_owned(),
            subresource: String::new(),
        }
    }

    /// Whether both are the same manager to the API server: an applier may change its version.
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }

    /// What upstream sorts managers by.
    pub(crate) fn identifier(&self) -> String {
        let mut out = String::from("{");
        let mut member = |name: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(if out.len() > 1 { ",\"" } else { "\"" });
                out.push_str(name);
                out.push_str("\":");
                go::write_json_string_for_html(value, &mut out);
            }
        };
        member("manager", &self.name);
        match self.operation {
            Operation::Apply => member("operation", "Apply"),
            Operation::Update => {
                member("operation", "Update");
                member("apiVersion", &self.api_version);
            }
        }
        member("subresource", &self.subresource);
        out.push('}');
        out
    }
}

/// What one manager owns.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Who.
    pub manager: Manager,
    /// When it last changed something. An applier that never did has no time.
    pub time: Option<Timestamp>,
    /// Which fields.
    pub fields: FieldSet,
}

impl Entry {
    /// An entry without a time.
    pub const fn new(manager: Manager, fields: FieldSet) -> Self {
        Self { manager, time: None, fields }
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.time.map_or(0, Timestamp::as_second)
    }

    fn order(&self, other: &Self) -> Ordering {
        let key = |it: &Self| (it.manager.operation, it.seconds());
        let names = |it: &Self| {
            let Manager { name, api_version, subresource, .. } = it.manager.clone();
            (name, api_version, subresource)
        };
        key(self).cmp(&key(other)).then_with(|| names(self).cmp(&names(other)))
    }
}

/// `.metadata.managedFields`: every manager of an object with what it owns.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ManagedFields {
    pub(crate) entries: Vec<Entry>,
}

impl ManagedFields {
    /// The entries, in the order the API server lists them once written.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many managers there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of a manager.
    pub fn get(&self, manager: &Manager) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.manager.is(manager))
    }

    /// The entry of an applier of the object itself.
    pub fn applier(&self, name: &str) -> Option<&Entry> {
        self.get(&Manager::new(name, Operation::Apply, ""))
    }

    /// Adds an entry, in place of one of the same manager.
    pub fn insert(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|it| it.manager.is(&entry.manager)) {
            Some(known) => *known = entry,
            None => self.entries.push(entry),
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, manager: &Manager) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.manager.is(manager))?;
        Some(self.entries.remove(at))
    }

    /// What changed hands between these managers and others: the fields a manager has in only one
    /// of the two, under the manager as it is in `other` where it is in both.
    ///
    /// Of an applier that went to another API version all fields are told, as they have other names
    /// there.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut entries = Vec::new();
        for entry in &self.entries {
            entries.push(match other.get(&entry.manager) {
                None => entry.clone(),
                Some(theirs) if theirs.manager.api_version != entry.manager.api_version => {
                    theirs.clone()
                }
                Some(theirs) => {
                    let lost = entry.fields.clone().difference(&theirs.fields);
                    let gained = theirs.fields.clone().difference(&entry.fields);
                    Entry { fields: lost.union(&gained), ..theirs.clone() }
                }
            });
        }
        let new = other.entries.iter().filter(|entry| self.get(&entry.manager).is_none());
        entries.extend(new.cloned());
        entries.retain(|entry| !entry.fields.is_empty());
        Self { entries }
    }

    /// The list as it stands in an object.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Orders the entries as the API server does: appliers first, then by time and name.
    pub(crate) fn sort(&mut self) {
        self.entries.sort_by(Entry::order);
    }

    /// Gives back the old times if nothing but times is new.
    ///
    /// The API server does so when the rest of the object is unchanged too, so that a write which
    /// changes nothing leaves no trace.
    pub fn keep_times_of(&mut self, old: &Self) {
        let same =
            |(new, old): (&Entry, &Entry)| new.manager == old.manager && new.fields == old.fields;
        if self.len() == old.len() && self.entries.iter().zip(&old.entries).all(same) {
            self.entries.clone_from(&old.entries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, operation: Operation, second: Option<i64>) -> Entry {
        let time = second.map(|it| Timestamp::from_second(it).unwrap());
        let fields = FieldSet::parse(r#"{"f:a":{}}"#).unwrap();
        Entry { manager: Manager::new(name, operation, "v1"), time, fields }
    }

    #[test]
    fn appliers_come_first_and_those_without_a_time_before_them() {
        let mut managed = ManagedFields {
            entries: vec![
                entry("c", Operation::Update, Some(1)),
                entry("b", Operation::Apply, Some(2)),
                entry("z", Operation::Apply, None),
                entry("a", Operation::Apply, Some(2)),
            ],
        };
        managed.sort();
        let names: Vec<_> = managed.iter().map(|it| it.manager.name.as_str()).collect();
        assert_eq!(names, ["z", "a", "b", "c"]);
    }

    #[test]
    fn an_applier_may_change_its_version_and_an_updater_may_not() {
        let manager = |operation, version| Manager::new("m", operation, version);
        assert!(manager(Operation::Apply, "v1").is(&manager(Operation::Apply, "v2")));
        assert!(!manager(Operation::Update, "v1").is(&manager(Operation::Update, "v2")));
    }

    #[test]
    fn an_identifier_is_the_json_upstream_sorts_by() {
        let mut manager = Manager::new("a<b", Operation::Update, "v1");
        manager.subresource = "status".to_owned();
        assert_eq!(
            manager.identifier(),
            r#"{"manager":"a\u003cb","operation":"Update","apiVersion":"v1","subresource":"status"}"#
        );
        assert_eq!(
            Manager::new("a", Operation::Apply, "v1").identifier(),
            r#"{"manager":"a","operation":"Apply"}"#
        );
    }

    #[test]
    fn a_difference_tells_what_each_manager_gained_or_lost() {
        let own = |name: &str, fields: &str| Entry {
            fields: FieldSet::parse(fields).unwrap(),
            ..entry(name, Operation::Apply, None)
        };
        let before = ManagedFields {
            entries: vec![own("a", r#"{"f:x":{},"f:y":{}}"#), own("b", r#"{"f:w":{}}"#)],
        };
        let after =
            ManagedFields { entries: vec![own("a", r#"{"f:x":{}}"#), own("c", r#"{"f:y":{}}"#)] };
        let told: Vec<_> = (before.difference(&after).iter())
            .map(|it| format!("{} {}", it.manager.name, it.fields))
            .collect();
        assert_eq!(told, [r#"a {"f:y":{}}"#, r#"b {"f:w":{}}"#, r#"c {"f:y":{}}"#]);
        assert!(after.difference(&after).is_empty());
    }

    #[test]
    fn times_are_kept_when_nothing_else_is_new() {
        let old = ManagedFields { entries: vec![entry("a", Operation::Update, Some(1))] };
        let mut new = ManagedFields { entries: vec![entry("a", Operation::Update, Some(9))] };
        new.keep_times_of(&old);
        assert_eq!(new, old);
        new.insert(entry("b", Operation::Update, Some(9)));
        let before = new.clone();
        new.keep_times_of(&old);
        assert_eq!(new, before);
    }
}
