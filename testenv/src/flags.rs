//! How each component is started.

use std::path::{Path, PathBuf};

use crate::identity::{Authority, Proof, User};
use crate::options::{Authorization, ControllerRate, Options};
use crate::{Component, Error, identity};

/// The files of a control plane, by name.
#[derive(Debug)]
pub(crate) struct Files<'a>(pub(crate) &'a Path);

/// The loopback ports of a control plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PortNumbers {
    pub(crate) etcd: u16,
    pub(crate) etcd_peer: u16,
    pub(crate) api: u16,
    pub(crate) controllers: u16,
}

/// Metadata of every request, once when it ends; a long one also when it starts, as a watch may
/// outlive the count.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
";

impl Files<'_> {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn audit_log(&self) -> PathBuf {
        self.path("audit.log")
    }

    pub(crate) fn log(&self, component: Component) -> PathBuf {
        self.path(&format!("{component}.log"))
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, content: &str) -> Result<(), Error> {
        let path = self.path(name);
        std::fs::write(&path, content).map_err(Error::file("write", path))
    }

    /// Writes all that the components read.
    pub(crate) fn write_all(&self, authority: &Authority, ports: PortNumbers) -> Result<(), Error> {
        let server = authority.server()?;
        self.write("ca.crt", &authority.pem())?;
        self.write("server.crt", &server.certificate)?;
        self.write("server.key", &server.key)?;
        let tokens = identity::key("service accounts")?;
        self.write("tokens.key", &tokens.serialize_pem())?;
        self.write("tokens.pub", &tokens.public_key_pem())?;
        self.write("audit-policy.yaml", AUDIT_POLICY)?;
        let manager = authority.client(&User::new("system:kube-controller-manager"))?;
        let manager = authority.kubeconfig(ports.api, &Proof::Certificate(manager));
        self.write("kube-controller-manager.kubeconfig", &manager)
    }
}

/// The arguments of a component; `None` when it is not to run.
pub(crate) fn args(
    component: Component,
    options: &Options,
    files: &Files<'_>,
    ports: PortNumbers,
) -> Option<Vec<String>> {
    let mut args = match component {
        Component::Etcd => etcd(files, ports),
        Component::ApiServer => api_server(options, files, ports),
        Component::ControllerManager => controller_manager(options, files, ports)?,
    };
    if let (Some(minor), true) = (&options.emulate, component != Component::Etcd) {
        args.push(format!("--emulated-version=kube={minor}"));
    }
    args.extend(
        options.flags.iter().filter(|(c, _)| *c == component).map(|(_, flag)| flag.clone()),
    );
    Some(args)
}

fn etcd(files: &Files<'_>, ports: PortNumbers) -> Vec<String> {
    let client = format!("http://127.0.0.1:{}", ports.etcd);
    let peer = format!("http://127.0.0.1:{}", ports.etcd_peer);
    vec![
        "--name=default".into(),
        format!("--data-dir={}", files.text("etcd")),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--unsafe-no-fsync".into(), // a test's data need not survive the machine
        "--log-level=warn".into(),
    ]
}

fn api_server(options: &Options, files: &Files<'_>, ports: PortNumbers) -> Vec<String> {
    let mode = match options.authorization {
        Authorization::Rbac => "RBAC",
        Authorization::AlwaysAllow => "AlwaysAllow",
    };
    let mut args = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        format!("--secure-port={}", ports.api),
        "--bind-address=127.0.0.1".into(),
        // Nobody connects to it; without, the server looks for a network and fails in a sandbox.
        "--advertise-address=192.0.2.1".into(),
        format!("--authorization-mode={mode}"),
        "--service-cluster-ip-range=10.0.0.0/16".into(),
        "--allow-privileged=true".into(),
        // It refuses pods of service accounts that no controller makes; no pod runs here anyway.
        "--disable-admission-plugins=ServiceAccount".into(),
        format!("--client-ca-file={}", files.text("ca.crt")),
        format!("--tls-cert-file={}", files.text("server.crt")),
        format!("--tls-private-key-file={}", files.text("server.key")),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", files.text("tokens.pub")),
        format!("--service-account-signing-key-file={}", files.text("tokens.key")),
    ];
    if options.audit_log {
        args.push(format!("--audit-policy-file={}", files.text("audit-policy.yaml")));
        args.push(format!("--audit-log-path={}", files.audit_log().display()));
        args.push("--audit-log-mode=blocking".into());
        args.push("--audit-log-maxsize=0".into()); // one file: it is read from its start
    }
    args
}

fn controller_manager(
    options: &Options,
    files: &Files<'_>,
    ports: PortNumbers,
) -> Option<Vec<String>> {
    let mut args = vec![
        format!("--controllers={}", options.controllers.to_flag()?),
        format!("--kubeconfig={}", files.text("kube-controller-manager.kubeconfig")),
        // Its real identity: with less its controllers are silently forbidden, with more the
        // bootstrap roles would go untested.
        "--use-service-account-credentials=true".into(),
        format!("--service-account-private-key-file={}", files.text("tokens.key")),
        format!("--root-ca-file={}", files.text("ca.crt")),
        "--leader-elect=false".into(),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={}", ports.controllers),
        format!("--tls-cert-file={}", files.text("server.crt")),
        format!("--tls-private-key-file={}", files.text("server.key")),
    ];
    if let ControllerRate::PerSecond(rate) = options.controller_rate {
        args.push(format!("--kube-api-qps={rate}"));
        args.push(format!("--kube-api-burst={}", u64::from(rate) * 2));
        args.push("--concurrent-deployment-syncs=20".into());
        args.push("--concurrent-replicaset-syncs=20".into());
    }
    Some(args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Controllers;

    const PORTS: PortNumbers =
        PortNumbers { etcd: 20_001, etcd_peer: 20_002, api: 20_003, controllers: 20_004 };

    fn of(component: Component, options: &Options) -> Option<Vec<String>> {
        args(component, options, &Files(Path::new("/data")), PORTS)
    }

    #[test]
    fn without_controllers_there_is_no_controller_manager() {
        assert_eq!(of(Component::ControllerManager, &Options::default()), None);
    }

    #[test]
    fn a_flag_of_ours_comes_last_and_only_where_it_belongs() {
        let options = Options::default().flag(Component::ApiServer, "--v=4").emulate("1.34");
        let api = of(Component::ApiServer, &options).unwrap();
        assert_eq!(api[api.len() - 2..], ["--emulated-version=kube=1.34", "--v=4"]);
        let etcd = of(Component::Etcd, &options).unwrap();
        assert!(!etcd.iter().any(|f| f == "--v=4" || f.contains("emulated")));
    }

    #[test]
    fn the_stock_rate_is_the_one_nobody_mentions() {
        let options = Options::default().controllers(Controllers::Usual);
        let rate = |args: Vec<String>| args.into_iter().find(|a| a.starts_with("--kube-api-qps"));
        let raised = of(Component::ControllerManager, &options).unwrap();
        assert_eq!(rate(raised).as_deref(), Some("--kube-api-qps=1000"));
        let stock = options.controller_rate(ControllerRate::Stock);
        assert_eq!(rate(of(Component::ControllerManager, &stock).unwrap()), None);
    }
}
