//! What facts and scenarios are held against: servers in this process, and a real one.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gotk_apiserver::ApiServer;
use gotk_client::{Options, Transport};
use gotk_testenv::{Assets, ControlPlane, Controllers, User};
use kube::{Client, Config};

pub(crate) enum Server {
    /// A server in this process, for each user its own: with all its controllers, or with none.
    Embedded { controllers: bool },
    /// A real one for all of them; it starts when the first asks for it.
    Real(Assets, Controllers, Mutex<Option<Arc<ControlPlane>>>),
}

/// What one fact or scenario has for itself.
pub(crate) struct Place {
    /// The name of a namespace that nobody else uses; it is not made yet.
    pub(crate) namespace: String,
    pub(crate) transport: Transport,
    /// Everybody else's client: it shares nothing with the transport, and is not counted.
    pub(crate) client: Client,
    /// Keeps the server up.
    pub(crate) alive: Box<dyn Any + Send + Sync>,
}

impl Server {
    pub(crate) fn real(assets: &Assets, controllers: Controllers) -> Arc<Self> {
        Arc::new(Self::Real(assets.clone(), controllers, Mutex::default()))
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.is_real() { "real" } else { "embedded" }
    }

    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Real(..))
    }

    pub(crate) async fn place(&self, prefix: &str) -> Place {
        static PLACES: AtomicU32 = AtomicU32::new(0);
        let namespace = format!("{prefix}-{:04}", PLACES.fetch_add(1, Ordering::Relaxed));
        let (config, alive): (Config, Box<dyn Any + Send + Sync>) = match self {
            Self::Embedded { controllers } => {
                let options = gotk_apiserver::Options::default()
                    .collect_garbage(*controllers)
                    .empty_namespaces(*controllers)
                    .release_volumes(*controllers);
                let server = ApiServer::start_with(options).await.unwrap();
                (Config::new(server.url().parse().unwrap()), Box::new(server))
            }
            Self::Real(assets, controllers, plane) => {
                let plane = started(assets, controllers, plane);
                (plane.config_as(&User::admin()).unwrap(), Box::new(plane))
            }
        };
        let transport = Transport::new(&config, Options::default()).unwrap();
        let client = Client::try_from(config).unwrap();
        Place { namespace, transport, client, alive }
    }
}

/// Every trial has a runtime of its own, which ends with it; the control plane outlives them.
fn started(
    assets: &Assets,
    controllers: &Controllers,
    plane: &Mutex<Option<Arc<ControlPlane>>>,
) -> Arc<ControlPlane> {
    let mut plane = plane.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(plane) = &*plane {
        return Arc::clone(plane);
    }
    let options =
        gotk_testenv::Options::default().assets(assets.clone()).controllers(controllers.clone());
    let start = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(options.start()).unwrap()
    });
    let started = Arc::new(start.join().unwrap());
    *plane = Some(Arc::clone(&started));
    started
}
