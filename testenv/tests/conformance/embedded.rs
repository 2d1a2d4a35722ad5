//! The embedded server as a site of the suite: it needs no binaries, so a stranger's tests run it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use gotk_apiserver::{ApiServer, Link, Options};
use gotk_testenv::Assets;
use kube::{Client, Config};
use serde_json::json;

use crate::server::{Asked, Capability, Hooks, Server, Tools, Wire};
use crate::sites;

/// Where the embedded server is known to differ, and why. The rows are read: a fact that is not in
/// this file has to hold.
const DIFFERENCES: &str = include_str!("../../../apiserver/DIFFERENCES.md");

/// A server in this process that starts when the first fact asks for it.
pub(crate) struct Embedded {
    server: Mutex<Option<Arc<ApiServer>>>,
    facts: AtomicU32,
    differences: BTreeMap<&'static str, &'static str>,
    tools: [Option<PathBuf>; 2],
    offers: Vec<Capability>,
    /// Holds the kubeconfig for the tools.
    folder: tempfile::TempDir,
}

impl Embedded {
    pub(crate) const NAME: &'static str = "embedded";

    /// The version whose kinds and answers it has.
    pub(crate) const MINOR: u32 = 37;

    /// What it offers beyond the musts.
    const OFFERS: [Capability; 11] = [
        Capability::DeletionPolicies,
        Capability::SchemaValidation,
        Capability::FieldValidation,
        Capability::BuiltinRules,
        Capability::StreamingLists,
        Capability::PartialMetadata,
        Capability::Scale,
        Capability::Workloads,
        Capability::Faults,
        Capability::Cel,
        Capability::Rbac,
    ];

    /// With the programs people use, where they lie beside the binaries of the control plane.
    pub(crate) fn new(assets: Option<&Assets>) -> Self {
        let found = |name: &str| assets.and_then(|assets| sites::tool(assets, name));
        let tools = ["kubectl", "helm"].map(found);
        let programs = [Capability::Kubectl, Capability::Helm].into_iter().zip(&tools);
        let programs = programs.filter(|(_, tool)| tool.is_some()).map(|(offer, _)| offer);
        Self {
            server: Mutex::default(),
            facts: AtomicU32::default(),
            differences: differences(),
            offers: Self::OFFERS.into_iter().chain(programs).collect(),
            folder: tempfile::tempdir().unwrap(),
            tools,
        }
    }

    pub(crate) fn offers(&self) -> &[Capability] {
        &self.offers
    }

    /// Why a fact does not hold here.
    pub(crate) fn differs(&self, fact: &str) -> Option<&'static str> {
        self.differences.get(fact).copied()
    }

    pub(crate) async fn server(&self, fact: &str) -> Result<Server, Box<dyn std::error::Error>> {
        let embedded = self.running()?;
        let number = self.facts.fetch_add(1, Ordering::Relaxed);
        let kubeconfig = self.folder.path().join(format!("kubeconfig-{number}"));
        std::fs::write(&kubeconfig, embedded.kubeconfig())?;
        let [kubectl, helm] = self.tools.clone();
        let server = Server {
            client: client(&embedded.url())?,
            namespace: format!("fact-{number}"),
            hooks: embedded,
            tools: Tools { kubectl, helm, kubeconfig },
        };
        let note = json!({ "gotk.dev/fact": fact });
        server.create_namespace(&server.namespace, note).await;
        Ok(server)
    }

    fn running(&self) -> Result<Arc<ApiServer>, Box<dyn std::error::Error>> {
        let mut server = self.server.lock().map_err(|_| "the embedded server did not start")?;
        if let Some(server) = &*server {
            return Ok(Arc::clone(server));
        }
        let started = start()?;
        *server = Some(Arc::clone(&started));
        Ok(started)
    }
}

/// A client that takes a refusal for an answer.
fn client(url: &str) -> Result<Client, Box<dyn std::error::Error>> {
    let mut config = Config::new(url.parse()?);
    config.default_retry = false;
    Ok(Client::try_from(config)?)
}

/// A thread of its own, for every fact has its own runtime; it ends with the process.
fn start() -> Result<Arc<ApiServer>, Box<dyn std::error::Error>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            // Nothing becomes ready while the suite runs: a real control plane has no nodes here.
            let options = Options::default()
                .service_accounts(true)
                .simulate_workloads(Duration::from_secs(3600));
            tell.send(Arc::new(ApiServer::start_with(options).await?))?;
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    Ok(told.recv()?)
}

/// The rows of the file that begin with a fact between back quotes.
pub(crate) fn differences() -> BTreeMap<&'static str, &'static str> {
    let rows = DIFFERENCES.lines().filter_map(|line| {
        let (fact, reason) = line.strip_prefix("| `")?.split_once("` |")?;
        fact.contains("::").then(|| (fact, reason.trim_end_matches('|').trim()))
    });
    rows.collect()
}

impl Hooks for ApiServer {
    fn wire(&self) -> Pin<Box<dyn Future<Output = Box<dyn Wire>> + Send + '_>> {
        Box::pin(async { Box::new(self.link().await.unwrap()) as Box<dyn Wire> })
    }

    fn requests(&self) -> Pin<Box<dyn Future<Output = Vec<Asked>> + Send + '_>> {
        let asked = |(request, count): (&gotk_apiserver::Request, u64)| Asked {
            user: request.user.clone(),
            verb: request.verb.clone(),
            resource: request.resource.clone(),
            count,
        };
        let all = Self::requests(self).iter().map(asked).collect();
        Box::pin(async { all })
    }
}

impl Wire for Link {
    fn client(&self) -> Client {
        client(&self.url()).unwrap()
    }

    fn freeze(&self) {
        Self::freeze(self);
    }

    fn thaw(&self) {
        Self::thaw(self);
    }

    fn cut(&self) {
        Self::cut(self);
    }
}
