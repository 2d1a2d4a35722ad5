//! What a write does to the ownership of fields: structured-merge-diff's updater.

mod prune;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use crate::conflict::{Conflict, Conflicts};
use crate::error::{Error, TypeErrors};
use crate::filter::Filters;
use crate::managers::{Entry, ManagedFields, Manager};
use crate::schema::{Gvk, ObjectType};
use crate::set::FieldSet;
use crate::typed::{Changes, Duplicates};
use crate::value;
use crate::versions::{Unconvertible, Versions};

/// What an apply does when others own what it would change.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum OnConflict {
    /// Nothing is written, and the conflicts are told.
    #[default]
    Fail,
    /// The fields change hands.
    Force,
}

/// Follows ownership through writes in one version.
pub(crate) struct Updater<'v> {
    pub(crate) versions: &'v dyn Versions,
    pub(crate) api_version: &'v str,
    pub(crate) kind: &'v str,
    pub(crate) filters: &'v Filters,
}

/// An object before and after a write, and what lies between.
struct Step<'o> {
    /// Before and after; nothing where no other version needs them.
    objects: Option<(&'o Value, &'o Value)>,
    changes: Changes,
}

pub(crate) struct Outcome {
    pub(crate) object: Value,
    pub(crate) changed: bool,
    /// What the write did, fields that are filtered out included.
    pub(crate) changes: Changes,
}

impl<'v> Updater<'v> {
    pub(crate) fn type_in(&self, api_version: &str) -> Result<ObjectType, Error> {
        self.versions.type_in(api_version).ok_or_else(|| self.no_type(api_version))
    }

    fn no_type(&self, api_version: &str) -> Error {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let gvk = Gvk::new(group, version, self.kind);
        let message = format!("no corresponding type for {gvk}");
        Error::Conversion { context: String::new(), message }
    }

    /// The fields that a writer of other means than apply now owns.
    pub(crate) fn update(
        &self,
        live: &Value,
        new: &Value,
        managed: &mut ManagedFields,
    ) -> Result<FieldSet, Error> {
        self.reconcile(live, managed)?;
        let changes = self.type_in(self.api_version)?.compare(live, new);
        let step = Step { objects: Some((live, new)), changes };
        let changes = self.take(&step, managed, None, OnConflict::Force)?;
        Ok(self.filtered(changes.modified.union(&changes.added)))
    }

    /// Merges a configuration, and takes away what its manager no longer mentions.
    pub(crate) fn apply(
        &self,
        live: Value,
        config: &Value,
        managed: &mut ManagedFields,
        manager: &Manager,
        on_conflict: OnConflict,
    ) -> Result<Outcome, Error> {
        self.reconcile(&live, managed)?;
        let of = self.type_in(self.api_version)?;
        let fields = self.filtered(of.fields_of(config));
        let previous = managed.remove(manager);
        let quick = self.is_quick(&of, &live, previous.as_ref(), &fields, managed);
        let time = previous.as_ref().and_then(|it| it.time);
        managed.insert(Entry { manager: manager.clone(), time, fields });

        let mut object = live;
        if quick {
            let merged = of.merge_in_place(&mut object, config);
            let changed = merged.changed();
            let step = Step { objects: None, changes: merged.changes };
            self.take(&step, managed, Some(manager), on_conflict)?;
            return Ok(Outcome { object, changed, changes: step.changes });
        }
        let before = object.clone();
        of.merge_in_place(&mut object, config);
        let after = self.prune(object, managed, previous)?;
        let changes = of.compare(&before, &after);
        let step = Step { objects: Some((&before, &after)), changes };
        self.take(&step, managed, Some(manager), on_conflict)?;
        let changes = step.changes;
        Ok(Outcome { changed: !value::equal(&before, &after), object: after, changes })
    }

    /// Whether the merge alone is the outcome: nothing to prune, and one version for all.
    fn is_quick(
        &self,
        of: &ObjectType,
        live: &Value,
        previous: Option<&Entry>,
        fields: &FieldSet,
        others: &ManagedFields,
    ) -> bool {
        #[cfg(test)]
        if tests::ALWAYS_IN_FULL.get() {
            return false;
        }
        let same_version = |entry: &Entry| entry.manager.api_version == self.api_version;
        let nothing_to_prune = previous.is_none_or(|it| {
            it.fields.is_empty()
                || same_version(it)
                    && it.fields.is_subset(fields)
                    && prune::is_closed(of, &it.fields, live)
        });
        nothing_to_prune && others.iter().all(same_version)
    }

    fn filtered(&self, fields: FieldSet) -> FieldSet {
        self.filters.filter(self.api_version, fields)
    }

    /// Brings every set up to date with its schema, and forgets managers in versions that are gone.
    fn reconcile(&self, live: &Value, managed: &mut ManagedFields) -> Result<(), Error> {
        let mut kept = Vec::with_capacity(managed.entries.len());
        let mut types: HashMap<String, Option<ObjectType>> = HashMap::new();
        for mut entry in std::mem::take(&mut managed.entries) {
            let version = &entry.manager.api_version;
            if !types.contains_key(version) {
                let seen =
                    self.convert(live, version)?.map(|_| self.type_in(version)).transpose()?;
                types.insert(version.clone(), seen);
            }
            if let Some(of) = &types[version] {
                entry.fields = of.reconcile(entry.fields);
                kept.push(entry);
            }
        }
        managed.entries = kept;
        Ok(())
    }

    /// The object in another version, or nothing where that version is gone.
    fn convert<'o>(
        &self,
        object: &'o Value,
        api_version: &str,
    ) -> Result<Option<Cow<'o, Value>>, Error> {
        let own = object.get("apiVersion").and_then(Value::as_str).unwrap_or(self.api_version);
        if own == api_version {
            return Ok(Some(Cow::Borrowed(object)));
        }
        let converted = match self.versions.convert(object, api_version) {
            Ok(converted) => converted,
            Err(Unconvertible::NoSuchVersion { .. }) => return Ok(None),
            Err(error) => {
                return Err(Error::Conversion {
                    context: String::new(),
                    message: error.to_string(),
                });
            }
        };
        let Some(of) = self.versions.type_in(api_version) else { return Ok(None) };
        // Unlike the live object, a converted one may hold nothing twice.
        of.check(&converted, Duplicates::Refused).map_err(|errors| errors.into_error(""))?;
        Ok(Some(Cow::Owned(converted)))
    }

    /// Takes what changed from all managers but one. Returns the changes in the own version.
    fn take(
        &self,
        step: &Step<'_>,
        managed: &mut ManagedFields,
        own: Option<&Manager>,
        on_conflict: OnConflict,
    ) -> Result<Changes, Error> {
        let mut seen: HashMap<String, Option<Seen>> = HashMap::new();
        let changes = self.filtered_changes(self.api_version, step.changes.clone());
        seen.insert(self.api_version.to_owned(), Some(Seen::of(changes)));
        for entry in &managed.entries {
            let version = &entry.manager.api_version;
            if !seen.contains_key(version) && own.is_none_or(|own| !own.is(&entry.manager)) {
                seen.insert(version.clone(), self.see(step, version)?);
            }
        }
        let is_own = |entry: &Entry| own.is_some_and(|own| own.is(&entry.manager));
        managed.entries.retain(|entry| is_own(entry) || seen[&entry.manager.api_version].is_some());

        if on_conflict == OnConflict::Fail {
            let conflicts = conflicts(managed.iter().filter(|entry| !is_own(entry)), &seen);
            if !conflicts.is_empty() {
                return Err(Error::Conflicts(conflicts));
            }
        }
        for entry in managed.entries.iter_mut().filter(|entry| !is_own(entry)) {
            if let Some(Some(seen)) = seen.get(&entry.manager.api_version) {
                let fields = std::mem::take(&mut entry.fields);
                entry.fields = fields.difference(&seen.touched).difference(&seen.changes.removed);
            }
        }
        managed.entries.retain(|entry| !entry.fields.is_empty());
        let own = seen.remove(self.api_version).flatten();
        Ok(own.map(|it| it.changes).unwrap_or_default())
    }

    /// What changed, in another version.
    fn see(&self, step: &Step<'_>, api_version: &str) -> Result<Option<Seen>, Error> {
        let Some((before, after)) = step.objects else { return Ok(None) };
        let convert = |object, which: &str| {
            let converted = self.convert(object, api_version);
            converted.map_err(|error| error.within(&format!("failed to convert {which} object")))
        };
        let Some(before) = convert(before, "old")? else { return Ok(None) };
        let Some(after) = convert(after, "new")? else { return Ok(None) };
        let changes = self.type_in(api_version)?.compare(&before, &after);
        Ok(Some(Seen::of(self.filtered_changes(api_version, changes))))
    }

    fn filtered_changes(&self, api_version: &str, changes: Changes) -> Changes {
        Changes {
            added: self.filters.filter(api_version, changes.added),
            modified: self.filters.filter(api_version, changes.modified),
            removed: self.filters.filter(api_version, changes.removed),
        }
    }
}

/// Changes as the managers of one version see them.
struct Seen {
    changes: Changes,
    /// What others lose: added and modified.
    touched: FieldSet,
}

impl Seen {
    fn of(changes: Changes) -> Self {
        let touched = changes.modified.clone().union(&changes.added);
        Self { changes, touched }
    }
}

fn conflicts<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    seen: &HashMap<String, Option<Seen>>,
) -> Conflicts {
    let mut conflicts = Conflicts::default();
    for entry in entries {
        let Some(Some(seen)) = seen.get(&entry.manager.api_version) else { continue };
        let fields = entry.fields.intersection(&seen.touched);
        conflicts.0.extend(fields.paths().into_iter().map(|path| Conflict {
            manager: entry.manager.clone(),
            time: entry.time,
            path,
        }));
    }
    conflicts.sort();
    conflicts
}

/// A type error about an object, in the words of the API server.
pub(crate) fn misfit(what: &str, object: &Value, gvk: &Gvk) -> impl FnOnce(TypeErrors) -> Error {
    let context = format!("{what} ({}): ", described(object, gvk));
    move |errors| errors.into_error(context)
}

/// `namespace/name; group/version, Kind=Kind`
pub(crate) fn described(object: &Value, gvk: &Gvk) -> String {
    let namespace = value::text_at(object, &["metadata", "namespace"]);
    let name = value::text_at(object, &["metadata", "name"]);
    format!("{namespace}/{name}; {gvk}")
}

#[cfg(test)]
mod tests;
