//! The listening server and its handle.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::connection::connection;
use crate::error::Error;
use crate::fault::{Fault, Injected};
use crate::http::{Shared, keep_time};
use crate::ids::Ids;
use crate::link::Link;
use crate::machine::{Habits, Machine};
use crate::requests::{Logged, Requests};
use crate::seed::Seed;
use crate::snapshot::Snapshot;

/// How a server is to be; every default is what a cluster would do.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct Options {
    address: SocketAddr,
    clock: Clock,
    seed: Option<u64>,
    history: usize,
    habits: Habits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Clock::system(),
            seed: None,
            history: 10_000,
            habits: Habits {
                collect_garbage: true,
                empty_namespaces: true,
                release_volumes: true,
                service_accounts: false,
                simulate: None,
            },
        }
    }
}

impl Options {
    /// Where to listen. The default is a free port on loopback; there is no authentication, so
    /// think twice before giving an address others can reach.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// The clock of all timestamps. Watches time out by the machine's own.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes uids and generated names the same in every run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many events of a kind are remembered, for watches to resume and lists to page through.
    pub fn history(mut self, events: usize) -> Self {
        self.history = events;
        self
    }

    /// Whether objects go with their owners, and foreground and orphan deletion come to an end.
    /// Off is what a cluster without controller-manager does.
    pub fn collect_garbage(mut self, yes: bool) -> Self {
        self.habits.collect_garbage = yes;
        self
    }

    /// Whether a deleted namespace is emptied and goes. Off is what a cluster without
    /// controller-manager does.
    pub fn empty_namespaces(mut self, yes: bool) -> Self {
        self.habits.empty_namespaces = yes;
        self
    }

    /// Whether a deleted claim goes once no pod on a node has it, and a deleted volume once it is not
    /// bound. Off is what a cluster without controller-manager does: both stay for ever.
    pub fn release_volumes(mut self, yes: bool) -> Self {
        self.habits.release_volumes = yes;
        self
    }

    /// Whether each namespace gets its `default` service account and the `ConfigMap`
    /// `kube-root-ca.crt`, as from the controller-manager. Off unless asked for: few tests want to
    /// find objects they did not make.
    pub fn service_accounts(mut self, yes: bool) -> Self {
        self.habits.service_accounts = yes;
        self
    }

    /// Plays controllers, scheduler and kubelet: what runs pods (deployments, replica sets, stateful
    /// sets, daemon sets and jobs) makes them, and they become ready, or end, `delay` later by the
    /// server's clock; claims are bound. Without it they stay as they were applied.
    ///
    /// The annotation `gotk.dev/simulate` makes an object `fail` or `stall` instead, and
    /// `gotk.dev/simulate-after` gives it a delay of its own (`250ms`, `5s`, `2m`); a pod without
    /// them goes by those of its controller.
    pub fn simulate_workloads(mut self, delay: Duration) -> Self {
        self.habits.simulate = Some(delay);
        self
    }
}

/// A running API server. It stops when the handle is dropped.
#[derive(Debug)]
pub struct ApiServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

impl ApiServer {
    /// Starts a server on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(Options::default()).await
    }

    /// Starts a server as `options` has it.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub async fn start_with(options: Options) -> Result<Self, Error> {
        let refused = |source| Error::Listen { address: options.address, source };
        let listener = TcpListener::bind(options.address).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let ids = options.seed.map_or_else(Ids::random, Ids::seeded);
        let clock = options.clock.clone();
        let machine =
            Machine::new(options.clock, ids, options.habits, options.history, address.to_string());
        let shared = Arc::new(Shared::new(machine));
        let state = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            tokio::join!(listen(listener, Arc::clone(&state)), keep_time(&state, &clock));
        });
        Ok(Self { address, shared, listening })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL clients are given.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A kubeconfig, in its JSON form, for clients that want a file.
    pub fn kubeconfig(&self) -> String {
        let named = |part: &str, value: Value| json!([{ "name": "gotk", part: value }]);
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "gotk",
            "clusters": named("cluster", json!({ "server": self.url() })),
            "contexts": named("context", json!({ "cluster": "gotk", "user": "gotk" })),
            "users": named("user", json!({})),
        });
        config.to_string()
    }

    /// The version of the last write.
    pub fn resource_version(&self) -> u64 {
        self.shared.with(|machine| machine.store.version())
    }

    /// Makes requests go wrong, as the rule says, until it is lifted or has struck often enough.
    pub fn inject(&self, fault: Fault) -> Injected {
        self.shared.faults.add(fault)
    }

    /// Ends all rules.
    pub fn lift_faults(&self) {
        self.shared.faults.lift();
    }

    /// A wire of its own to this server, that can be frozen and cut.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub async fn link(&self) -> Result<Link, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Link::open(self.address).await.map_err(|source| Error::Listen { address, source })
    }

    /// The requests so far, counted. A request counts when it has come in, however it is answered.
    pub fn requests(&self) -> Requests {
        self.shared.log().counted()
    }

    /// The newest 10,000 requests, oldest first.
    pub fn log(&self) -> Vec<Logged> {
        self.shared.log().newest()
    }

    /// Everything there is, to come back to with [`restore`](Self::restore).
    pub fn snapshot(&self) -> Snapshot {
        self.shared.with(|machine| machine.snapshot())
    }

    /// Puts a snapshot, of this server or another, in the place of everything there is.
    ///
    /// Objects have the versions they had. The counter of versions does not go back, and older
    /// watches and tokens expire, so that clients look anew.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.shared.with(|machine| machine.restore(snapshot));
        self.shared.wake_all();
    }

    /// Applies the objects of a YAML text, as field manager `seed` and by force; namespaces and
    /// definitions first. A status in a manifest is written too. Says how many objects there were.
    ///
    /// # Errors
    ///
    /// When the text is no YAML, or an object is refused. Those before it stay.
    pub fn seed(&self, manifests: &str) -> Result<usize, Error> {
        let seeds = Seed::read(manifests, "the manifests")?;
        self.shared.with(|machine| machine.plant(seeds))
    }

    /// As [`seed`](Self::seed), from a file, or from every `.yaml`, `.yml` and `.json` below a
    /// folder, in the order of their names.
    ///
    /// # Errors
    ///
    /// As [`seed`](Self::seed), and when a file cannot be read.
    pub fn seed_from(&self, path: impl AsRef<Path>) -> Result<usize, Error> {
        let seeds = Seed::read_path(path.as_ref())?;
        self.shared.with(|machine| machine.plant(seeds))
    }

    /// Forgets everything but the present, as compaction does: older watches and tokens expire.
    pub fn forget_history(&self) {
        self.shared.with(|machine| machine.store.forget());
        self.shared.wake_all();
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        // The connections' tasks are children of this one's set and end with it.
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is the client's or the system's; the next may succeed.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
