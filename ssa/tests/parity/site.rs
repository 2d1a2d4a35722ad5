//! Where one scenario is performed: a server, and a namespace in it that is the scenario's own.

use gotk_client::{Discovery, Transport};
use kube::Client;

use crate::servers::{Place, Server};

pub(crate) struct Site {
    pub(crate) namespace: String,
    pub(crate) transport: Transport,
    pub(crate) discovery: Discovery,
    pub(crate) client: Client,
    _alive: Box<dyn std::any::Any + Send + Sync>,
}

impl Site {
    pub(crate) async fn at(server: &Server) -> Self {
        let Place { namespace, transport, client, alive } = server.place("ours").await;
        let discovery = Discovery::new(&transport);
        Self { namespace, transport, discovery, client, _alive: alive }
    }
}
