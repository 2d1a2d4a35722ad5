//! Where the objects go: an API server in this process, or a cluster of somebody's.

use std::io::{BufRead as _, IsTerminal as _, stdin};
use std::time::Duration;

use gotk_apiserver::ApiServer;
use gotk_client::{Discovery, Options, Transport};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::Error;
use crate::arguments::Arguments;
use crate::screen::say;
use crate::sync::Planned;

pub(crate) struct Place {
    pub(crate) transport: Transport,
    pub(crate) discovery: Discovery,
    embedded: Option<ApiServer>,
    asks: bool,
}

impl Place {
    pub(crate) async fn prepare(arguments: &Arguments) -> Result<Self, Error> {
        if arguments.is_real_cluster() {
            return Self::at(&cluster(arguments).await?, None, !arguments.yes);
        }
        let options =
            gotk_apiserver::Options::default().simulate_workloads(Duration::from_millis(300));
        let server = ApiServer::start_with(options).await?;
        say(&format!("An API server in this process answers at {}.", server.url()));
        Self::at(&Config::new(server.url().parse()?), Some(server), false)
    }

    fn at(config: &Config, embedded: Option<ApiServer>, asks: bool) -> Result<Self, Error> {
        let transport = Transport::new(config, Options::default())?;
        let discovery = Discovery::new(&transport);
        Ok(Self { transport, discovery, embedded, asks })
    }

    /// Asks before a write to a cluster of somebody's.
    pub(crate) fn confirm(&self, planned: &Planned) -> Result<(), Error> {
        if !self.asks || !planned.writes() {
            return Ok(());
        }
        if !stdin().is_terminal() {
            return Err("nobody to ask at this terminal: --yes writes, --dry-run does not".into());
        }
        say(&format!("Write this to {}? [y/N]", self.transport.server()));
        let mut answer = String::new();
        stdin().lock().read_line(&mut answer)?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err("stopped: nothing was written".into()),
        }
    }

    /// Leaves the embedded server up until somebody has seen enough.
    pub(crate) async fn keep(self, arguments: &Arguments) -> Result<(), Error> {
        let Some(server) = self.embedded.filter(|_| arguments.keep) else { return Ok(()) };
        let file =
            tempfile::Builder::new().prefix("quickstart-").suffix(".kubeconfig").tempfile()?;
        std::fs::write(file.path(), server.kubeconfig())?;
        say("\nThe API server stays until you press Ctrl-C. In another terminal:\n");
        say(&format!("  export KUBECONFIG={}", file.path().display()));
        say("  kubectl get deployments,statefulsets,jobs,pods -n shop");
        say("  kubectl get deployment web -n shop -o yaml --show-managed-fields");
        tokio::signal::ctrl_c().await?;
        Ok(())
    }
}

async fn cluster(arguments: &Arguments) -> Result<Config, Error> {
    let context = KubeConfigOptions { context: arguments.context.clone(), ..Default::default() };
    let kubeconfig = match &arguments.kubeconfig {
        Some(file) => Kubeconfig::read_from(file)?,
        None => Kubeconfig::read()?,
    };
    Ok(Config::from_custom_kubeconfig(kubeconfig, &context).await?)
}
