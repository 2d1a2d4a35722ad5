//! A server, and a namespace in it that is the scenario's own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use gotk_apiserver::ApiServer;
use gotk_client::{Discovery, Options, Transport};
use gotk_testenv::{Assets, ControlPlane, User};
use kube::{Client, Config};

/// Where scenarios are performed.
pub(crate) enum Server {
    /// A server in this process, for each scenario its own.
    Embedded,
    /// A real one for all of them; it starts when the first asks for it.
    Real(Assets, Mutex<Option<Arc<ControlPlane>>>),
}

/// Where one scenario is performed.
pub(crate) struct Site {
    pub(crate) namespace: String,
    pub(crate) transport: Transport,
    pub(crate) discovery: Discovery,
    pub(crate) client: Client,
    _alive: Box<dyn std::any::Any + Send + Sync>,
}

impl Server {
    pub(crate) fn real(assets: &Assets) -> Arc<Self> {
        Arc::new(Self::Real(assets.clone(), Mutex::default()))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Real(..) => "real",
        }
    }

    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Real(..))
    }

    pub(crate) async fn site(&self) -> Site {
        static SITES: AtomicU32 = AtomicU32::new(0);
        let namespace = format!("ours-{:04}", SITES.fetch_add(1, Ordering::Relaxed));
        let (config, alive): (Config, Box<dyn std::any::Any + Send + Sync>) = match self {
            Self::Embedded => {
                // As the real one: without controllers.
                let options = gotk_apiserver::Options::default()
                    .collect_garbage(false)
                    .empty_namespaces(false)
                    .release_volumes(false);
                let server = ApiServer::start_with(options).await.unwrap();
                (Config::new(server.url().parse().unwrap()), Box::new(server))
            }
            Self::Real(assets, plane) => {
                let plane = started(assets, plane);
                (plane.config_as(&User::admin()).unwrap(), Box::new(plane))
            }
        };
        let transport = Transport::new(&config, Options::default()).unwrap();
        let (discovery, client) = (Discovery::new(&transport), transport.client());
        Site { namespace, transport, discovery, client, _alive: alive }
    }
}

/// No controllers: what they write, and when, is nobody's answer.
fn started(assets: &Assets, plane: &Mutex<Option<Arc<ControlPlane>>>) -> Arc<ControlPlane> {
    let mut plane = plane.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(plane) = &*plane {
        return Arc::clone(plane);
    }
    let options = gotk_testenv::Options::default().assets(assets.clone());
    let start = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(options.start()).unwrap()
    });
    let started = Arc::new(start.join().unwrap());
    *plane = Some(Arc::clone(&started));
    started
}
