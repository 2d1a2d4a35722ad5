//! The embedded server as a site of the suite: it needs no binaries, so a stranger's tests run it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use gotk_apiserver::ApiServer;
use gotk_testenv::Requests;
use kube::{Client, Config};
use serde_json::json;

use crate::server::{Capability, Hooks, Server, Tools, Wire};

/// Where the embedded server is known to differ, and why. The rows are read: a fact that is not in
/// this file has to hold.
const DIFFERENCES: &str = include_str!("../../../apiserver/DIFFERENCES.md");

/// A server in this process that starts when the first fact asks for it.
pub(crate) struct Embedded {
    url: Mutex<Option<String>>,
    facts: AtomicU32,
    differences: BTreeMap<&'static str, &'static str>,
}

impl Embedded {
    pub(crate) const NAME: &'static str = "embedded";

    /// The version whose kinds and answers it has.
    pub(crate) const MINOR: u32 = 37;

    /// What it offers beyond the musts.
    pub(crate) const OFFERS: &'static [Capability] = &[
        Capability::DeletionPolicies,
        Capability::SchemaValidation,
        Capability::FieldValidation,
        Capability::BuiltinRules,
        Capability::StreamingLists,
        Capability::PartialMetadata,
        Capability::Scale,
    ];

    pub(crate) fn new() -> Self {
        Self { url: Mutex::default(), facts: AtomicU32::default(), differences: differences() }
    }

    /// Why a fact does not hold here.
    pub(crate) fn differs(&self, fact: &str) -> Option<&'static str> {
        self.differences.get(fact).copied()
    }

    pub(crate) async fn server(&self, fact: &str) -> Result<Server, Box<dyn std::error::Error>> {
        let mut config = Config::new(self.url()?.parse()?);
        config.default_retry = false; // a refusal is an answer
        let number = self.facts.fetch_add(1, Ordering::Relaxed);
        let server = Server {
            client: Client::try_from(config)?,
            namespace: format!("fact-{number}"),
            hooks: Arc::new(None),
            tools: Tools { kubectl: None, helm: None, kubeconfig: PathBuf::new() },
        };
        let note = json!({ "gotk.dev/fact": fact });
        server.create_namespace(&server.namespace, note).await;
        Ok(server)
    }

    fn url(&self) -> Result<String, Box<dyn std::error::Error>> {
        let mut url = self.url.lock().map_err(|_| "the embedded server did not start")?;
        if let Some(url) = &*url {
            return Ok(url.clone());
        }
        let started = start()?;
        *url = Some(started.clone());
        Ok(started)
    }
}

/// A thread of its own, for every fact has its own runtime; it ends with the process.
fn start() -> Result<String, Box<dyn std::error::Error>> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = ApiServer::start().await?;
            tell.send(server.url())?;
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

/// It offers no hooks, so no fact asks for them.
impl Hooks for Option<()> {
    fn wire(&self) -> Box<dyn Wire> {
        panic!("the embedded server does not offer Faults")
    }

    fn requests(&self) -> Pin<Box<dyn Future<Output = Requests> + Send + '_>> {
        panic!("the embedded server does not offer Faults")
    }
}
