//! What a controller does, in a straight line: from a repository to objects that are ready.

use std::time::Duration;

use gotk_artifact::{Digest, PackOptions, Packed, Revision, UnpackOptions, pack, unpack};
use gotk_git::{Cache, CacheOptions, Credentials, Reference, Remote, RemoteOptions, RepositoryUrl};
use gotk_kustomize::flux::{self, Spec, Variables};
use gotk_ssa::{
    Applier, ConfigMapInventory, FieldManager, Inventory, InventoryStore as _, Owner, Plan,
    ReadyOptions,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::place::Place;
use crate::screen::{Screen, Tone};
use crate::{Error, chain};

/// A repository that is kept in sync with a cluster.
pub(crate) struct Sync {
    manifests: Manifests,
    pub(crate) applier: Applier,
    pub(crate) inventory: ConfigMapInventory,
}

/// Where the manifests come from, and how they are built.
pub(crate) struct Manifests {
    /// What the set is called in the cluster.
    name: String,
    remote: Remote,
    reference: Reference,
    spec: Spec,
    cache: Cache,
    _folder: TempDir,
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
        let leaving = self.inventory.load().await?.inventory.difference(&plan.inventory());
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
        screen.toned(
            Tone::Good,
            "ready",
            format_args!("all {} objects", applied.changes().iter().count()),
        );
        Ok(())
    }

    /// Syncs once, or for as long as `--watch` says.
    pub(crate) async fn keep_up(
        &self,
        screen: &mut Screen,
        place: &Place,
        arguments: &Arguments,
    ) -> Result<(), Error> {
        self.once(screen, place, arguments).await?;
        screen.costs();
        let Some(interval) = arguments.watch else { return Ok(()) };
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
            }
            // A revision that cannot be built or applied is one to wait out: the next may be good.
            if let Err(error) = self.once(screen, place, arguments).await {
                screen.toned(Tone::Bad, "failed", chain(&*error));
            }
        }
    }

    async fn once(
        &self,
        screen: &mut Screen,
        place: &Place,
        arguments: &Arguments,
    ) -> Result<(), Error> {
        screen.begin("sync", &self.manifests.remote.url().to_string());
        let built = self.build().await?;
        screen.built(&built);
        let planned = self.plan(built, screen).await?;
        if arguments.dry_run {
            screen.line("nothing was written (--dry-run)");
            return Ok(());
        }
        place.confirm(&planned)?;
        self.deploy(planned, screen).await
    }
}

impl Planned {
    /// Whether the cluster will not be as before.
    pub(crate) fn writes(&self) -> bool {
        self.plan.has_changes() || !self.leaving.is_empty()
    }
}

impl Manifests {
    /// A repository as the command line names it.
    pub(crate) fn of(repository: &RepositoryUrl, arguments: &Arguments) -> Result<Self, Error> {
        let credentials = match (&arguments.identity, &arguments.known_hosts) {
            (Some(key), Some(hosts)) => {
                Credentials::ssh_key(std::fs::read(key)?, std::fs::read(hosts)?)
            }
            (None, None) => Credentials::anonymous(),
            _ => return Err("--identity and --known-hosts go together".into()),
        };
        let variables = arguments.variables.iter().map(|(name, value)| (&**name, &**value));
        let mut spec = spec(&arguments.path, variables);
        spec["spec"]["targetNamespace"] = json!(arguments.namespace);
        // Another repository or directory is another set: it deletes nothing of this one.
        let place = Digest::sha256(format!("{repository} {}", arguments.path).as_bytes()).hex();
        let name = format!("quickstart-{}", &place[..10]);
        Self::new(&name, repository.clone(), credentials, arguments.reference(), &spec)
    }

    /// A repository, and the Flux `Kustomization` whose fields say how to build it.
    pub(crate) fn new(
        name: &str,
        repository: RepositoryUrl,
        credentials: Credentials,
        reference: Reference,
        spec: &Value,
    ) -> Result<Self, Error> {
        let options = RemoteOptions::default()
            .credentials(credentials)
            .dangerous(|dangerous| dangerous.allow_http()); // whoever wrote http:// meant it
        let remote = Remote::new(repository, options)?;
        let folder = tempfile::tempdir()?;
        let cache = Cache::open(folder.path(), CacheOptions::default())?;
        let (name, spec) = (name.to_owned(), Spec::read(spec)?);
        Ok(Self { name, remote, reference, spec, cache, _folder: folder })
    }
}

/// What of a Flux `Kustomization` is needed here.
pub(crate) fn spec<'v>(
    path: &str,
    variables: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> Value {
    let substitute: serde_json::Map<String, Value> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({"spec": {"path": path, "postBuild": {"substitute": substitute}}})
}

/// How long objects may take to become ready.
const WAIT: Duration = Duration::from_secs(120);
