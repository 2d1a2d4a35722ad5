//! The servers the suite runs against here.

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use gotk_testenv::{Assets, Component, ControlPlane, Controllers, Link, Options};
use kube::Client;
use serde_json::json;

use crate::embedded::Embedded;
use crate::server::{Asked, Capability, Hooks, Server, Tools, Wire};

/// The oldest version we support.
const OLDEST: u32 = 34;

/// A server to run the suite against.
pub(crate) enum Site {
    Embedded(Embedded),
    Real(Real),
}

impl Site {
    /// The binaries as themselves and, where they are newer, as the oldest version we support.
    pub(crate) fn real(assets: &Assets) -> impl Iterator<Item = Self> {
        Real::all(assets).into_iter().map(Self::Real)
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Embedded(_) => Embedded::NAME.to_owned(),
            Self::Real(real) => real.name(),
        }
    }

    pub(crate) fn minor(&self) -> u32 {
        match self {
            Self::Embedded(_) => Embedded::MINOR,
            Self::Real(real) => real.minor(),
        }
    }

    pub(crate) fn offers(&self) -> &[Capability] {
        match self {
            Self::Embedded(embedded) => embedded.offers(),
            Self::Real(real) => &real.offers,
        }
    }

    /// Why a fact does not hold here: only the embedded server may differ.
    pub(crate) fn differs(&self, fact: &str) -> Option<&'static str> {
        match self {
            Self::Embedded(embedded) => embedded.differs(fact),
            Self::Real(_) => None,
        }
    }

    /// The server as a fact sees it, with a namespace of its own.
    pub(crate) async fn server(&self, fact: &str) -> Result<Server, Box<dyn std::error::Error>> {
        match self {
            Self::Embedded(embedded) => embedded.server(fact).await,
            Self::Real(real) => real.server(fact).await,
        }
    }
}

/// A control plane that starts when the first fact asks for it.
pub(crate) struct Real {
    assets: Assets,
    own_minor: u32,
    emulated: Option<u32>,
    tools: [Option<PathBuf>; 2],
    offers: Vec<Capability>,
    plane: Mutex<Option<Arc<ControlPlane>>>,
    facts: AtomicU32,
}

impl Real {
    fn all(assets: &Assets) -> Vec<Self> {
        let own = own_minor(assets);
        let older = (own > OLDEST).then_some(Some(OLDEST));
        [None].into_iter().chain(older).map(|emulated| Self::new(assets, own, emulated)).collect()
    }

    fn new(assets: &Assets, own_minor: u32, emulated: Option<u32>) -> Self {
        let tools = ["kubectl", "helm"].map(|name| tool(assets, name));
        let offered = [Some(Capability::Kubectl), Some(Capability::Helm)];
        let offered = offered
            .into_iter()
            .zip(&tools)
            .filter_map(|(offer, tool)| offer.filter(|_| tool.is_some()));
        let offers = Capability::OF_A_CLUSTER.into_iter().chain(offered).collect();
        let (plane, facts) = (Mutex::default(), AtomicU32::default());
        Self { assets: assets.clone(), own_minor, emulated, tools, offers, plane, facts }
    }

    /// The version it answers as, and by which binary: `v1_34_by_37`.
    fn name(&self) -> String {
        match self.emulated {
            Some(minor) => format!("v1_{minor}_by_{}", self.own_minor),
            None => format!("v1_{}", self.own_minor),
        }
    }

    fn minor(&self) -> u32 {
        self.emulated.unwrap_or(self.own_minor)
    }

    /// The server as a fact sees it, with a namespace of its own.
    async fn server(&self, fact: &str) -> Result<Server, Box<dyn std::error::Error>> {
        let plane = self.plane()?;
        let number = self.facts.fetch_add(1, Ordering::Relaxed);
        let [kubectl, helm] = self.tools.clone();
        let tools = Tools { kubectl, helm, kubeconfig: plane.kubeconfig() };
        let server = Server {
            client: plane.client()?,
            namespace: format!("fact-{number}"),
            hooks: plane,
            tools,
        };
        let note = json!({ "gotk.dev/fact": fact });
        server.create_namespace(&server.namespace, note).await;
        Ok(server)
    }

    /// Facts run side by side, each with a runtime of its own: who comes first starts it for all.
    fn plane(&self) -> Result<Arc<ControlPlane>, Box<dyn std::error::Error>> {
        let mut plane = self.plane.lock().map_err(|_| "the control plane did not start")?;
        if let Some(plane) = &*plane {
            return Ok(Arc::clone(plane));
        }
        let mut options = Options::default()
            .assets(self.assets.clone())
            .controllers(Controllers::Usual)
            .audit_log(true);
        if let Some(minor) = self.emulated {
            options = options.emulate(format!("1.{minor}"));
        }
        let start = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let plane = options.start().await?;
                let version = plane.version().await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>((plane, version))
            })
        });
        let (started, version) =
            start.join().map_err(|_| "starting panicked")?.map_err(|e| e.to_string())?;
        // Not `eprintln!`: a version is worth seeing also when everything holds.
        let _ = writeln!(io::stderr(), "conformance: {} is kube-apiserver {version}", self.name());
        let started = Arc::new(started);
        *plane = Some(Arc::clone(&started));
        Ok(started)
    }
}

/// The minor version that `kube-apiserver --version` tells: `Kubernetes v1.37.1`.
fn own_minor(assets: &Assets) -> u32 {
    let program = assets.program(Component::ApiServer).unwrap_or_else(|error| panic!("{error}"));
    let said = Command::new(program).arg("--version").output().unwrap().stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let minor = said.split('.').nth(1).and_then(|minor| minor.parse().ok());
    minor.unwrap_or_else(|| panic!("kube-apiserver --version says {said:?}"))
}

/// A program beside the control plane's, or in `PATH`.
pub(crate) fn tool(assets: &Assets, name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [assets.folder().to_owned()].into_iter().chain(env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

impl Hooks for ControlPlane {
    fn wire(&self) -> Pin<Box<dyn Future<Output = Box<dyn Wire>> + Send + '_>> {
        Box::pin(async { Box::new(self.link().unwrap()) as Box<dyn Wire> })
    }

    fn requests(&self) -> Pin<Box<dyn Future<Output = Vec<Asked>> + Send + '_>> {
        Box::pin(async {
            let asked = |(request, count): (&gotk_testenv::Request, u64)| Asked {
                user: request.user.clone(),
                verb: request.verb.clone(),
                resource: request.resource.clone(),
                count,
            };
            Self::requests(self).await.unwrap().iter().map(asked).collect()
        })
    }
}

impl Wire for Link {
    fn client(&self) -> Client {
        Self::client(self).unwrap()
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
