//! Where the objects go: an API server in this process, or a cluster of somebody's.

use std::io::{BufRead as _, stdin};
use std::time::Duration;

use gotk_apiserver::ApiServer;
use gotk_client::{Discovery, Options, Transport};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::signal::unix::{SignalKind, signal};

use crate::Error;
use crate::arguments::Arguments;
use crate::screen::say;
use crate::sync::Planned;

pub(crate) struct Place {
    pub(crate) transport: Transport,
    pub(crate) discovery: Discovery,
    embedded: Option<ApiServer>,
    consent: Consent,
}

/// Whether the cluster may be written to.
enum Consent {
    Given,
    Asked,
    Refused,
}

impl Place {
    pub(crate) async fn prepare(arguments: &Arguments) -> Result<Self, Error> {
        let consent = match (arguments.dry_run, arguments.yes || !arguments.is_real_cluster()) {
            (true, _) => Consent::Refused,
            (false, true) => Consent::Given,
            (false, false) => Consent::Asked,
        };
        if arguments.is_real_cluster() {
            return Self::at(&cluster(arguments).await?, None, consent);
        }
        let options =
            gotk_apiserver::Options::default().simulate_workloads(Duration::from_millis(300));
        let server = ApiServer::start_with(options).await?;
        say(&format!("An API server in this process answers at {}.", server.url()));
        Self::at(&Config::new(server.url().parse()?), Some(server), consent)
    }

    fn at(config: &Config, embedded: Option<ApiServer>, consent: Consent) -> Result<Self, Error> {
        let transport = Transport::new(config, Options::default())?;
        let discovery = Discovery::new(&transport);
        Ok(Self { transport, discovery, embedded, consent })
    }

    /// Whether a plan may be carried out; somebody's cluster is written to when somebody says so.
    pub(crate) fn may_write(&self, planned: &Planned) -> Result<bool, Error> {
        match self.consent {
            Consent::Refused => {
                say("  nothing was written (--dry-run)");
                return Ok(false);
            }
            Consent::Asked if planned.writes() => {}
            _ => return Ok(true),
        }
        say(&format!("Write this to {}? [y/N]", self.transport.server()));
        let mut answer = String::new();
        if stdin().lock().read_line(&mut answer)? == 0 {
            return Err("nobody answered: --yes writes without asking, --dry-run does not".into());
        }
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(true),
            _ => Err("stopped: nothing was written".into()),
        }
    }

    /// Leaves the embedded server up until somebody has seen enough.
    pub(crate) async fn keep(self, arguments: &Arguments) -> Result<(), Error> {
        let Some(server) = self.embedded.filter(|_| arguments.keep) else { return Ok(()) };
        let file =
            tempfile::Builder::new().prefix("quickstart-").suffix(".kubeconfig").tempfile()?;
        std::fs::write(file.path(), server.kubeconfig())?;
        let interrupted = interrupted()?;
        say("\nThe API server stays until you press Ctrl-C. In another terminal:\n");
        say(&format!("  export KUBECONFIG={}", file.path().display()));
        say("  kubectl get deployments,statefulsets,jobs,pods --all-namespaces");
        say("  kubectl get deployments --all-namespaces -o yaml --show-managed-fields");
        interrupted.await;
        Ok(())
    }
}

/// Ctrl-C, noticed from now on and not from when it is awaited.
pub(crate) fn interrupted() -> Result<impl Future<Output = ()>, Error> {
    let mut signal = signal(SignalKind::interrupt())?;
    Ok(async move {
        signal.recv().await;
    })
}

async fn cluster(arguments: &Arguments) -> Result<Config, Error> {
    let context = KubeConfigOptions { context: arguments.context.clone(), ..Default::default() };
    let kubeconfig = match &arguments.kubeconfig {
        Some(file) => Kubeconfig::read_from(file)?,
        None => Kubeconfig::read()?,
    };
    Ok(Config::from_custom_kubeconfig(kubeconfig, &context).await?)
}
