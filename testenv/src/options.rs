//! What a control plane shall be like.

use std::time::Duration;

use crate::{Assets, Component, ControlPlane, Error};

/// What a control plane shall be like.
///
/// The default is the smallest honest one: etcd and an API server with RBAC, no controllers.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct Options {
    pub(crate) assets: Option<Assets>,
    pub(crate) authorization: Authorization,
    pub(crate) controllers: Controllers,
    pub(crate) controller_rate: ControllerRate,
    pub(crate) audit_log: bool,
    pub(crate) emulate: Option<String>,
    pub(crate) api_port: Option<u16>,
    pub(crate) flags: Vec<(Component, String)>,
    pub(crate) keep_folder: bool,
    pub(crate) ready_within: Duration,
}

/// Who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authorization {
    /// What roles and their bindings say.
    Rbac,
    /// Everybody everything.
    AlwaysAllow,
}

/// Which controllers run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Controllers {
    /// None: deployments never progress, namespaces hang when deleted, owned objects stay.
    Off,
    /// What deployed software needs short of nodes: workloads, namespaces, garbage collection,
    /// service accounts, aggregated roles, endpoints.
    Usual,
    /// All that run by default.
    All,
    /// These, by the names of the controller-manager's `--controllers` flag.
    Only(Vec<String>),
}

/// How fast the controller-manager may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControllerRate {
    /// What people have: 20 requests a second, which is about 5 deployments a second.
    Stock,
    /// So many requests a second, twice that in a burst.
    PerSecond(u32),
}

const USUAL: [&str; 15] = [
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "cronjob-controller",
    "namespace-controller",
    "garbage-collector-controller",
    "clusterrole-aggregation-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "endpointslice-controller",
    "persistentvolumeclaim-protection-controller",
    "persistentvolume-protection-controller",
];

impl Default for Options {
    fn default() -> Self {
        Self {
            assets: None,
            authorization: Authorization::Rbac,
            controllers: Controllers::Off,
            controller_rate: ControllerRate::PerSecond(1000),
            audit_log: false,
            emulate: None,
            api_port: None,
            flags: Vec::new(),
            keep_folder: false,
            ready_within: Duration::from_secs(60),
        }
    }
}

impl Options {
    /// Starts it: [`ControlPlane::start`].
    pub async fn start(self) -> Result<ControlPlane, Error> {
        ControlPlane::start(self).await
    }

    /// Where the binaries are; by default where `KUBEBUILDER_ASSETS` says.
    pub fn assets(mut self, assets: Assets) -> Self {
        self.assets = Some(assets);
        self
    }

    /// Who may do what; by default what RBAC says.
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.authorization = authorization;
        self
    }

    /// Which controllers run; by default none, and no controller-manager either.
    pub fn controllers(mut self, controllers: Controllers) -> Self {
        self.controllers = controllers;
        self
    }

    /// How fast the controllers may ask; by default so fast that tests need not wait for it.
    pub fn controller_rate(mut self, rate: ControllerRate) -> Self {
        self.controller_rate = rate;
        self
    }

    /// Whether requests are logged, so that [`ControlPlane::requests`] can count them; by default
    /// not, as it costs the server time.
    pub fn audit_log(mut self, on: bool) -> Self {
        self.audit_log = on;
        self
    }

    /// Answers as this minor version of Kubernetes, `1.34` say, would. `/version` still tells the
    /// binary's own. A server goes back three minor versions.
    pub fn emulate(mut self, minor: impl Into<String>) -> Self {
        self.emulate = Some(minor.into());
        self
    }

    /// The API server's port; by default a free one.
    pub fn api_port(mut self, port: u16) -> Self {
        self.api_port = Some(port);
        self
    }

    /// One more flag for a component, after ours: where a flag is given twice, the last one counts.
    pub fn flag(mut self, component: Component, flag: impl Into<String>) -> Self {
        self.flags.push((component, flag.into()));
        self
    }

    /// Whether the folder with the data and the logs outlives the control plane; by default not.
    pub fn keep_folder(mut self, keep: bool) -> Self {
        self.keep_folder = keep;
        self
    }

    /// How long each component may take to become ready; by default a minute, for slow machines.
    pub fn ready_within(mut self, limit: Duration) -> Self {
        self.ready_within = limit;
        self
    }
}

impl Controllers {
    /// The value of `--controllers`, or `None` when there is to be no controller-manager.
    pub(crate) fn to_flag(&self) -> Option<String> {
        match self {
            Self::Off => None,
            Self::Usual => Some(USUAL.join(",")),
            Self::All => Some("*".into()),
            Self::Only(names) => Some(names.join(",")),
        }
    }
}
