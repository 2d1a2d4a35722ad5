//! What kube-apiserver adds around the merge.

mod cap;
mod last_applied;

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;

use crate::error::Error;
use crate::filter::{FieldFilter, Filters};
use crate::live::{Live, Written};
use crate::managers::{Entry, ManagedFields, Manager, Operation};
use crate::path::Path;
use crate::schema::Gvk;
use crate::set::FieldSet;
use crate::typed::{Changes, Duplicates};
use crate::updater::{OnConflict, Updater, described, misfit};
use crate::value;
use crate::versions::Versions;

/// Follows the managers of objects of one kind, in one version, through writes.
///
/// It keeps no state between calls: the same input gives the same outcome. A write that fails
/// leaves nothing behind; the caller still has the object it stored.
///
/// # What a caller does itself
///
/// Defaulting, admission and validation come after [`apply`](Self::apply) and before
/// [`update`](Self::update), as they do in an API server; so do names, uids and resource versions.
/// A live object without a `uid` counts as one that is only being created.
#[derive(Clone)]
pub struct FieldManager<'v> {
    gvk: Gvk,
    api_version: String,
    versions: &'v dyn Versions,
    subresource: String,
    filters: Filters,
}

impl std::fmt::Debug for FieldManager<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldManager")
            .field("gvk", &self.gvk)
            .field("subresource", &self.subresource)
            .field("filters", &self.filters)
            .finish_non_exhaustive()
    }
}

impl<'v> FieldManager<'v> {
    /// For requests in the version of `gvk`.
    pub fn new(gvk: Gvk, versions: &'v dyn Versions) -> Self {
        let api_version = gvk.api_version();
        Self { gvk, api_version, versions, subresource: String::new(), filters: Filters::default() }
    }

    /// For requests to a subresource.
    #[must_use]
    pub fn subresource(mut self, name: &str) -> Self {
        name.clone_into(&mut self.subresource);
        self
    }

    /// For a resource that resets fields on write.
    #[must_use]
    pub fn owning(mut self, filter: FieldFilter) -> Self {
        self.filters.everywhere = Some(filter);
        self
    }

    /// For a version that names the fields it resets in its own way.
    #[must_use]
    pub fn owning_in(mut self, api_version: &str, filter: FieldFilter) -> Self {
        self.filters.by_version.push((api_version.to_owned(), filter));
        self
    }

    /// Server-side apply: merges a configuration into the live object.
    ///
    /// # Errors
    ///
    /// Conflicts, a configuration or object that does not fit, a request that contradicts itself.
    pub fn apply(
        &self,
        live: Live,
        config: &Value,
        manager: &str,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<Written, Error> {
        Ok(self.apply_in_detail(live, config, manager, on_conflict, now)?.0)
    }

    pub(crate) fn apply_in_detail(
        &self,
        live: Live,
        config: &Value,
        manager: &str,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<(Written, Changes), Error> {
        check_depth(&[&live.object, config])?;
        let managed = live.recorded.decode().map_err(|message| Error::ManagedFields { message })?;
        let gvk = Gvk::of(config);
        if gvk != self.gvk {
            return Err(Error::BadRequest { message: format!("invalid object type: {gvk}") });
        }
        let spare = (manager == last_applied::MANAGER && on_conflict == OnConflict::Fail)
            .then(|| (live.object.clone(), managed.clone()));
        let outcome = self.merge(live.object, managed, config, manager, on_conflict, now);
        let outcome = match (outcome, spare) {
            (Err(Error::Conflicts(conflicts)), Some((object, managed))) => {
                let conflicts = self.conflicts_beyond_last_applied(&object, conflicts);
                match conflicts {
                    Some(conflicts) => Err(Error::Conflicts(conflicts)),
                    None => self.merge(object, managed, config, manager, OnConflict::Force, now),
                }
            }
            (outcome, _) => outcome,
        };
        let (mut written, changes) = outcome?;
        if manager == last_applied::MANAGER {
            last_applied::follow(&mut written.object, config);
        }
        written.managed.sort();
        Ok((written, changes))
    }

    fn merge(
        &self,
        live: Value,
        mut managed: ManagedFields,
        config: &Value,
        manager: &str,
        on_conflict: OnConflict,
        now: Timestamp,
    ) -> Result<(Written, Changes), Error> {
        if managed.is_empty() {
            // What is there already belongs to whoever wrote it, as one manager.
            let empty = Live::absent(&self.gvk).object;
            self.track(&empty, &live, &mut managed, BEFORE_FIRST_APPLY, now)
                .map_err(|error| error.within("failed to create manager for existing fields"))?;
        }
        if config
            .get("metadata")
            .is_some_and(|it| it.get("managedFields").is_some_and(Value::is_array))
        {
            return Err(Error::BadRequest {
                message: "metadata.managedFields must be nil".to_owned(),
            });
        }
        let stored = (!self.is_own_version(&live)).then(|| live.clone());
        let live = self.in_own_version(live, "live")?;
        let typed_patch = "failed to create typed patch object";
        let updater = self.updater();
        let of = updater.type_in(&self.api_version);
        let of = of.map_err(|error| {
            error.within(&format!("{typed_patch} ({})", described(config, &self.gvk)))
        })?;
        of.check(config, Duplicates::Refused).map_err(misfit(typed_patch, config, &self.gvk))?;
        of.check(&live, Duplicates::Allowed).map_err(misfit(
            "failed to create typed live object",
            &live,
            &self.gvk,
        ))?;

        let own = self.manager(manager, Operation::Apply);
        let outcome = updater.apply(live, config, &mut managed, &own, on_conflict)?;
        if let Some(mut entry) = managed.remove(&own) {
            entry.fields = without_metadata(entry.fields);
            if outcome.changed {
                entry.time = Some(whole_seconds(now));
            }
            if !entry.fields.is_empty() {
                managed.insert(entry);
            }
        }
        // What did not change is left in the version it was stored in.
        let stored = stored.filter(|_| !outcome.changed);
        // A configuration may bring a null along for managed fields.
        let object = Live::new(stored.unwrap_or(outcome.object)).object;
        let written = Written { object, managed, changed: outcome.changed };
        Ok((written, outcome.changes))
    }

    /// Create, update or patch: `new` is what will be stored in place of the live object.
    ///
    /// `new` brings the managed fields that its client sent: a list that makes sense is taken over,
    /// an empty one clears all tracking, anything else leaves the live object's.
    ///
    /// # Errors
    ///
    /// An object that does not fit. A real API server stores the object all the same, with the
    /// managed fields that were there before.
    pub fn update(
        &self,
        live: &Live,
        new: Live,
        manager: &str,
        now: Timestamp,
    ) -> Result<Written, Error> {
        check_depth(&[&live.object, &new.object])?;
        let mut managed = self.managers_of_update(live, &new);
        let tracked =
            !managed.is_empty() || value::text_at(&live.object, &["metadata", "uid"]).is_empty();
        let changed = !value::equal(&live.object, &new.object);
        let object = self.in_own_version(new.object, "new")?;
        if tracked {
            self.track(&live.object, &object, &mut managed, manager, now)?;
            cap::cap(&mut managed);
        }
        managed.sort();
        Ok(Written { object, managed, changed })
    }

    /// Whose managed fields an update starts from.
    fn managers_of_update(&self, live: &Live, new: &Live) -> ManagedFields {
        let live = || live.recorded.clone().decode().unwrap_or_default();
        if !self.subresource.is_empty() || new.recorded.is_absent() {
            return live();
        }
        if new.recorded.is_reset() {
            return ManagedFields::default();
        }
        let sent = new.recorded.clone().decode().unwrap_or_default();
        if sent.is_empty() { live() } else { sent }
    }

    /// Gives an updater what changed between two objects.
    fn track(
        &self,
        live: &Value,
        new: &Value,
        managed: &mut ManagedFields,
        manager: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let live = self.in_own_version(live.clone(), "live")?;
        let updater = self.updater();
        for (object, which) in [(new, "new"), (&live, "live")] {
            let what = format!("failed to convert {which} object");
            let of = updater.type_in(&self.api_version).map_err(|error| {
                error.within(&format!("{what} ({}) to smd typed", described(object, &self.gvk)))
            })?;
            of.check(object, Duplicates::Allowed).map_err(|errors| {
                errors
                    .into_error(format!("{what} ({}) to smd typed: ", described(object, &self.gvk)))
            })?;
        }
        let fields = updater.update(&live, new, managed).map_err(|error| {
            error.within(&format!("failed to update ManagedFields ({})", described(new, &self.gvk)))
        })?;
        let fields = without_metadata(fields);
        if !fields.is_empty() {
            let own = self.manager(manager, Operation::Update);
            let before = managed.remove(&own).map(|it| it.fields).unwrap_or_default();
            let time = Some(whole_seconds(now));
            managed.insert(Entry { manager: own, time, fields: fields.union(&before) });
        }
        Ok(())
    }

    fn updater(&self) -> Updater<'_> {
        Updater {
            versions: self.versions,
            api_version: &self.api_version,
            kind: &self.gvk.kind,
            filters: &self.filters,
        }
    }

    fn manager(&self, name: &str, operation: Operation) -> Manager {
        Manager {
            name: if name.is_empty() { "unknown" } else { name }.to_owned(),
            operation,
            api_version: self.api_version.clone(),
            subresource: self.subresource.clone(),
        }
    }

    fn is_own_version(&self, object: &Value) -> bool {
        object.get("apiVersion").and_then(Value::as_str).is_none_or(|it| it == self.api_version)
    }

    fn in_own_version(&self, object: Value, which: &str) -> Result<Value, Error> {
        if self.is_own_version(&object) {
            return Ok(object);
        }
        self.versions.convert(&object, &self.api_version).map_err(|error| {
            let described = described(&object, &Gvk::of(&object));
            Error::Conversion {
                context: format!(
                    "failed to convert {which} object ({described}) to proper version: "
                ),
                message: error.to_string(),
            }
        })
    }

    pub(crate) const fn gvk(&self) -> &Gvk {
        &self.gvk
    }

    pub(crate) fn versions(&self) -> &'v dyn Versions {
        self.versions
    }

    pub(crate) fn applier(&self, name: &str) -> Manager {
        self.manager(name, Operation::Apply)
    }

    /// The fields that an apply of this configuration would leave its manager with.
    pub(crate) fn owned_by(&self, fields: FieldSet) -> FieldSet {
        without_metadata(self.filters.filter(&self.api_version, fields))
    }
}

/// Who owns what was there before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// What identifies an object belongs to nobody.
fn without_metadata(fields: FieldSet) -> FieldSet {
    static NEVER_OWNED: LazyLock<FieldSet> = LazyLock::new(|| {
        let beneath = [
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        ];
        let root = |name| Path::default().field(name);
        let metadata = beneath.map(|name| root("metadata").field(name));
        ["apiVersion", "kind", "metadata"].map(root).into_iter().chain(metadata).collect()
    });
    fields.difference(&NEVER_OWNED)
}

fn check_depth(objects: &[&Value]) -> Result<(), Error> {
    let check = |object: &&Value| value::check_depth(object);
    objects.iter().try_for_each(check).map_err(|errors| errors.into_error(""))
}

fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
