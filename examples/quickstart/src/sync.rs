//! What a controller does, in a straight line: from a repository to objects that are ready.

use std::time::Duration;

use gotk_artifact::{PackOptions, Packed, Revision, UnpackOptions, pack, unpack};
use gotk_kustomize::flux::{self, Variables};
use gotk_ssa::{Applier, ConfigMapInventory, FieldManager, Inventory, Owner, Plan, ReadyOptions};
use serde_json::Value;

use crate::manifests::Manifests;
use crate::place::{Place, interrupted};
use crate::screen::{Screen, Tone};
use crate::{Error, chain};

/// A repository that is kept in sync with a cluster.
pub(crate) struct Sync {
    manifests: Manifests,
    pub(crate) applier: Applier,
    pub(crate) inventory: ConfigMapInventory,
}

/// What has to change in the cluster.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    /// What was applied before and is no longer in the repository.
    leaving: Inventory,
}

/// What the repository says: the objects of one revision.
pub(crate) struct Built {
    pub(crate) revision: Revision,
    pub(crate) artifact: Packed,
    pub(crate) objects: Vec<Value>,
}

impl Sync {
    pub(crate) fn new(manifests: Manifests, place: &Place) -> Result<Self, Error> {
        let manager = FieldManager::new("quickstart")?;
        let client = place.transport.client();
        let (namespace, name) = ("default", manifests.name.as_str());
        let inventory = ConfigMapInventory::new(client, namespace, name, manager.clone());
        let owner = Owner::new("quickstart.gotk.dev", namespace, name);
        let applier =
            Applier::new(&place.transport, manager).owned_by(owner).sharing(&place.discovery);
        Ok(Self { manifests, applier, inventory })
    }

    /// Fetch → tree → pack → unpack → build → substitute. The cluster is not asked.
    pub(crate) async fn build(&self) -> Result<Built, Error> {
        let Manifests { remote, reference, spec, cache, .. } = &self.manifests;
        let commit = cache.fetch(remote, reference).await?;
        let mut archive = Vec::new();
        let artifact = pack(&commit.tree(), &mut archive, &PackOptions::default())?;
        let tree = unpack(&archive[..], &artifact.digest, &UnpackOptions::default())?;
        let draft = flux::build(&tree, spec, &flux::Options::default())?;
        let objects =
            draft.substitute(Variables::default())?.objects().collect::<Result<_, _>>()?;
        Ok(Built { revision: commit.revision(), artifact, objects })
    }

    /// What has to change, printed. Nothing is written.
    pub(crate) async fn plan(&self, built: Built, screen: &Screen) -> Result<Planned, Error> {
        let plan = self.applier.plan(built.objects).await?;
        let leaving = plan.leaving(&self.inventory).await?;
        screen.plan(&plan);
        screen.leaving(&leaving);
        Ok(Planned { plan, leaving })
    }

    /// Record → apply → prune → wait.
    pub(crate) async fn deploy(&self, planned: Planned, screen: &Screen) -> Result<(), Error> {
        let applied = planned.plan.record(&self.inventory).await?.apply().await?;
        screen.changes(applied.changes());
        screen.changes(&applied.prune(&self.inventory).await?);
        applied.ready_with(ReadyOptions::new(WAIT).on_change(screen.progress())).await?;
        screen.ready(applied.inventory().len());
        Ok(())
    }

    /// All of it, as far as it may be written.
    pub(crate) async fn once(&self, screen: &mut Screen, place: &Place) -> Result<(), Error> {
        let built = self.build().await?;
        screen.built(&built);
        let planned = self.plan(built, screen).await?;
        if place.may_write(&planned)? {
            self.deploy(planned, screen).await?;
        }
        Ok(())
    }

    /// Once, or again every so often until it is interrupted. What is written is recorded first, so
    /// that may be at any moment.
    pub(crate) async fn keep_up(
        &self,
        screen: &mut Screen,
        place: &Place,
        every: Option<Duration>,
    ) -> Result<(), Error> {
        let Some(interval) = every else { return self.first(screen, place).await };
        let interrupted = interrupted()?;
        let rounds = async {
            self.first(screen, place).await?;
            loop {
                tokio::time::sleep(interval).await;
                screen.begin("sync", &self.manifests.remote.url().to_string());
                // A revision that cannot be built or applied is waited out: the next may be good.
                if let Err(error) = self.once(screen, place).await {
                    screen.toned(Tone::Bad, "failed", chain(&*error));
                }
            }
        };
        tokio::select! {
            failed = rounds => failed,
            () = interrupted => Ok(()),
        }
    }

    async fn first(&self, screen: &mut Screen, place: &Place) -> Result<(), Error> {
        screen.begin("sync", &self.manifests.remote.url().to_string());
        self.once(screen, place).await?;
        screen.costs();
        Ok(())
    }
}

impl Planned {
    /// Whether the cluster will not be as before.
    pub(crate) fn writes(&self) -> bool {
        self.plan.has_changes() || !self.leaving.is_empty()
    }
}

/// How long objects may take to become ready.
const WAIT: Duration = Duration::from_secs(120);
