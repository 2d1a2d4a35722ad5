//! Deleting what is not wanted any more.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use serde_json::Value;

use crate::apply::Target;
use crate::cluster::{Endpoint, Precise, code};
use crate::inventory::{self, Inventory, InventoryStore};
use crate::patience::{ATTEMPTS, may_pass, pause};
use crate::plan::CONCURRENCY;
use crate::{
    Action, Applied, Applier, Change, ChangeSet, Error, Note, ObjectId, gone, object, order,
};

/// How objects are deleted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PruneOptions {
    protected: BTreeSet<String>,
    wait: Option<Duration>,
}

impl PruneOptions {
    /// Leaves objects of these kinds in the cluster when they leave the set.
    #[must_use]
    pub fn protect<K: Into<String>>(mut self, kinds: impl IntoIterator<Item = K>) -> Self {
        self.protected = kinds.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves what holds data or other objects: `Namespace`, `PersistentVolumeClaim`,
    /// `CustomResourceDefinition`.
    #[must_use]
    pub fn protect_holders(self) -> Self {
        self.protect(["Namespace", "PersistentVolumeClaim", "CustomResourceDefinition"])
    }

    /// Waits at most so long until what was deleted is gone.
    #[must_use]
    pub fn wait(mut self, limit: Duration) -> Self {
        self.wait = Some(limit);
        self
    }
}

/// What becomes of the objects of a set that is deleted. The words are Flux's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DeletionPolicy {
    /// They are deleted if the set is pruned, and stay if it is not.
    MirrorPrune {
        /// Whether the set is pruned.
        prune: bool,
    },
    /// They are deleted.
    Delete,
    /// They are deleted, and waited for.
    WaitForTermination,
    /// They stay.
    Orphan,
}

impl Applied {
    /// Deletes what left the set: what the inventory listed when the plan was recorded, and the set
    /// does not. What another process has added since is that one's.
    ///
    /// An object is deleted exactly as it was read, if it carries our labels and does not ask to stay;
    /// else it is left, and not ours any more. Kinds go in the order opposite to applying. Afterwards
    /// the inventory lists the set, and what could not be deleted.
    ///
    /// If it fails halfway, or the future is dropped, the inventory lists more than there is; the next
    /// prune goes on.
    ///
    /// # Errors
    ///
    /// [`Error::Undeleted`] when some could not be deleted; the others are.
    pub async fn prune(&self, inventory: &dyn InventoryStore) -> Result<ChangeSet, Error> {
        self.prune_with(inventory, &PruneOptions::default()).await
    }

    /// The same, otherwise than by default.
    ///
    /// # Errors
    ///
    /// As [`prune`](Self::prune).
    pub async fn prune_with(
        &self,
        inventory: &dyn InventoryStore,
        options: &PruneOptions,
    ) -> Result<ChangeSet, Error> {
        let left = self.listed.difference(&self.inventory());
        // What is not listed any more was pruned by another.
        let stored = inventory.load().await?.inventory;
        let stale = left.difference(&left.difference(&stored));
        remove(&self.applier, inventory, stale, options).boxed().await
    }
}

impl Applier {
    /// Deletes every object of a set, or leaves them all, and empties its inventory.
    ///
    /// # Errors
    ///
    /// [`Error::Undeleted`] when some could not be deleted: they stay in the inventory.
    #[doc(alias = "DeleteAll")]
    pub async fn delete(
        &self,
        inventory: &dyn InventoryStore,
        policy: DeletionPolicy,
    ) -> Result<ChangeSet, Error> {
        let listed = inventory.load().await?.inventory;
        let options = match policy {
            DeletionPolicy::Orphan | DeletionPolicy::MirrorPrune { prune: false } => {
                return leave(inventory, &listed).await;
            }
            DeletionPolicy::WaitForTermination => PruneOptions::default().wait(TERMINATION),
            DeletionPolicy::Delete | DeletionPolicy::MirrorPrune { prune: true } => {
                PruneOptions::default()
            }
        };
        remove(self, inventory, listed, &options).boxed().await
    }

    /// Deletes one object, if it is ours.
    async fn remove(&self, removal: &Removal<'_>) -> Result<(Change, Option<String>), Error> {
        let (id, change) =
            (removal.id, |action| Change::new(removal.id.clone(), removal.version, action));
        if removal.options.protected.contains(&id.kind) {
            return Ok((change(Action::Skip).note(Note::Protected), None));
        }
        let Some(endpoint) = &removal.endpoint else { return Ok((change(Action::Delete), None)) };
        let path = endpoint.object(id);
        for attempt in 1.. {
            let live =
                self.cluster.find(&path).await.map_err(|it| Error::refused(id, "read", it))?;
            let Some(live) = live else { break };
            if let Some(note) = self.reason_to_leave(&live) {
                return Ok((change(Action::Skip).note(note), None));
            }
            let deleted = match object::is_terminating(&live) {
                true => Ok(()),
                false => self.cluster.delete(&path, &Precise::of(&live)).await.map(drop),
            };
            match deleted {
                Ok(()) => {
                    self.baselines.forget(id);
                    return Ok((change(Action::Delete), Some(object::uid(&live).to_owned())));
                }
                Err(error) if code(&error) == 404 => break,
                // It changed since it was read: whether it may go is asked again.
                Err(error) if code(&error) == 409 && attempt < ATTEMPTS => {}
                Err(error) if may_pass(&error) && attempt < ATTEMPTS => pause(attempt).await,
                Err(error) => return Err(Error::refused(id, "delete", error)),
            }
        }
        self.baselines.forget(id);
        Ok((change(Action::Delete), None))
    }

    fn reason_to_leave(&self, live: &Value) -> Option<Note> {
        let is_ours = match &self.owner {
            Some(owner) => owner.of(live).as_ref() == Some(owner),
            None => self.has_applied(live),
        };
        if !is_ours {
            return Some(Note::Foreign);
        }
        self.policies.outlives(live).then_some(Note::PruneDisabled)
    }

    /// Whether our field manager has applied the object.
    fn has_applied(&self, live: &Value) -> bool {
        let entries = live["metadata"]["managedFields"].as_array();
        entries.into_iter().flatten().any(|entry| {
            object::text(entry, "/manager") == self.manager.as_str()
                && object::text(entry, "/operation") == "Apply"
        })
    }

    /// Where objects of a kind are; nowhere when the kind itself is gone, and its objects with it.
    async fn endpoint_of(
        &self,
        id: &ObjectId,
        version: &str,
    ) -> Result<Option<Arc<Endpoint>>, Error> {
        let is_unknown = |served: &Result<_, gotk_client::Error>| {
            matches!(served, Err(gotk_client::Error::UnknownKind { .. }))
        };
        let version = Some(version).filter(|version| !version.is_empty());
        let mut served = self.discovery.resolve(&id.group, version, &id.kind).await;
        if is_unknown(&served) {
            self.discovery.expire(); // a list of a second ago is not good enough to forget an object
            served = self.discovery.resolve(&id.group, None, &id.kind).await;
        }
        if !is_unknown(&served) {
            return Ok(Some(Arc::new(Endpoint::of(&*served?))));
        }
        if self.is_away(id, version).await? {
            let kind = format!("{}.{}", id.kind, id.group);
            return Err(Error::UnknownKind { object: Box::new(id.clone()), kind });
        }
        Ok(None)
    }

    /// Whether a kind is only away, with its objects kept: its group is registered, but is served by
    /// a server of its own, or is not loaded yet after a restart.
    ///
    /// Read as ourselves, not as who we act for: tenants seldom may.
    async fn is_away(&self, id: &ObjectId, version: Option<&str>) -> Result<bool, Error> {
        let Some(version) = version.filter(|_| !id.group.is_empty()) else { return Ok(false) };
        let path = format!("/apis/apiregistration.k8s.io/v1/apiservices/{version}.{}", id.group);
        let service = self.ourselves().find(&path).await;
        let service =
            service.map_err(|error| Error::refused(id, "read the API service of", error))?;
        let Some(service) = service else { return Ok(false) };
        let is_remote = object::at(&service, "/spec/service").is_some_and(|it| !it.is_null());
        let kinds = self.discovery.kinds().await?;
        let is_loaded = kinds
            .iter()
            .any(|kind| kind.resource.group == id.group && kind.resource.version == version);
        Ok(is_remote || !is_loaded)
    }
}

/// An object on its way out.
struct Removal<'r> {
    id: &'r ObjectId,
    version: &'r str,
    endpoint: Option<Arc<Endpoint>>,
    options: &'r PruneOptions,
}

async fn remove(
    applier: &Applier,
    store: &dyn InventoryStore,
    stale: Inventory,
    options: &PruneOptions,
) -> Result<ChangeSet, Error> {
    let mut entries: Vec<(&ObjectId, &str)> = stale.iter().collect();
    entries.sort_by(|a, b| order::key(b.0).cmp(&order::key(a.0)));
    let (mut done, mut failures, mut going) = (ChangeSet::default(), Vec::new(), Vec::new());
    for kind in entries.chunk_by(|a, b| order::rank(&a.0.kind) == order::rank(&b.0.kind)) {
        let removals = (0..kind.len()).map(|index| {
            let (id, version) = kind[index];
            remove_one(applier, id, version, options).boxed()
        });
        let mut removed = stream::iter(removals).buffered(CONCURRENCY);
        while let Some(removed) = removed.next().await {
            match removed {
                Ok((change, target)) => {
                    done.changes.push(change);
                    going.extend(target);
                }
                Err(error) => failures.push(error),
            }
        }
    }
    if done.changes_kinds() {
        applier.discovery.expire();
    }
    if let Some(limit) = options.wait
        && let Err(error) = gone::wait(applier, &going, limit).await
    {
        failures.push(error);
    }
    forget(store, &done).await?;
    match failures.is_empty() {
        true => Ok(done),
        false => Err(Error::Undeleted { done: Box::new(done), failures }),
    }
}

/// What was done, and what is on its way out.
async fn remove_one(
    applier: &Applier,
    id: &ObjectId,
    version: &str,
    options: &PruneOptions,
) -> Result<(Change, Option<(Target, String)>), Error> {
    let endpoint = applier.endpoint_of(id, version).await?;
    let removal = Removal { id, version, endpoint, options };
    let (change, uid) = applier.remove(&removal).await?;
    let target = |endpoint| Target { id: removal.id.clone(), endpoint, is_job_with_ttl: false };
    let going = removal.endpoint.clone().zip(uid);
    Ok((change, going.map(|(endpoint, uid)| (target(endpoint), uid))))
}

/// What is settled leaves the inventory; what could not be deleted stays.
async fn forget(store: &dyn InventoryStore, done: &ChangeSet) -> Result<(), Error> {
    let settled: Inventory =
        done.iter().map(|change| (change.object.clone(), change.version.clone())).collect();
    inventory::update(store, |stored| stored.difference(&settled)).await?;
    Ok(())
}

async fn leave(store: &dyn InventoryStore, listed: &Inventory) -> Result<ChangeSet, Error> {
    let skip = |(id, version): (&ObjectId, &str)| {
        Change::new(id.clone(), version, Action::Skip).note(Note::Orphaned)
    };
    let done = ChangeSet { changes: listed.iter().map(skip).collect() };
    forget(store, &done).await?;
    Ok(done)
}

/// How long deleted objects may take to be gone.
const TERMINATION: Duration = Duration::from_secs(600);
