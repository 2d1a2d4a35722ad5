//! A control plane: started, asked, hurt, and gone.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::Request;
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::flags::{self, Files, PortNumbers};
use crate::identity::{Authority, Proof, User};
use crate::options::Options;
use crate::ports::Port;
use crate::process::{Folder, Process};
use crate::requests::{AuditLog, MARKER, Requests};
use crate::{Assets, Component, Error, Link};

/// A running etcd, kube-apiserver and, when asked for, kube-controller-manager.
///
/// Dropping it ends them and removes their folder. So does whatever ends this process, be it
/// `kill -9`: each is watched by a shell that sees our end.
///
/// Nothing here belongs to an async runtime, so that the tests of a binary, each with a runtime of
/// its own, can share one control plane in a `static` `tokio::sync::OnceCell`. Clients do belong to
/// the runtime they were made in: each test asks for its own.
#[derive(Debug)]
pub struct ControlPlane {
    options: Options,
    assets: Assets,
    authority: Authority,
    ports: Ports,
    running: Mutex<HashMap<Component, Process>>,
    audit_log: Mutex<AuditLog>,
    // Last: the folder goes when nobody writes to it any more.
    folder: Folder,
}

#[derive(Debug)]
struct Ports {
    etcd: Port,
    etcd_peer: Port,
    api: Port,
    controllers: Port,
}

/// How often to look whether something has happened.
const GLANCE: Duration = Duration::from_millis(50);

/// How often ports are chosen anew when a stranger was faster.
const PORT_ATTEMPTS: u32 = 3;

const ALL: [Component; 3] = [Component::Etcd, Component::ApiServer, Component::ControllerManager];

impl ControlPlane {
    /// Starts a control plane and waits until it is ready.
    pub async fn start(options: Options) -> Result<Self, Error> {
        for _ in 1..PORT_ATTEMPTS {
            let this = Self::prepare(options.clone())?;
            match this.start_all().await {
                Err(Error::PortTaken { port, .. }) if !this.was_given(port) => {}
                result => return result.map(|()| this),
            }
        }
        let this = Self::prepare(options)?;
        this.start_all().await.map(|()| this)
    }

    fn prepare(options: Options) -> Result<Self, Error> {
        let assets = options.assets.clone().map_or_else(Assets::from_env, Ok)?;
        let authority = Authority::new()?;
        let ports = Ports {
            etcd: Port::free()?,
            etcd_peer: Port::free()?,
            api: options.api_port.map_or_else(Port::free, |port| Ok(Port::given(port)))?,
            controllers: Port::free()?,
        };
        let folder = Folder::create(options.keep_folder)
            .map_err(Error::file("create", std::env::temp_dir()))?;
        let files = Files(folder.path());
        files.write_all(&authority, ports.numbers())?;
        let audit_log = Mutex::new(AuditLog::new(&files.audit_log()));
        Ok(Self { options, assets, authority, ports, running: Mutex::default(), audit_log, folder })
    }

    async fn start_all(&self) -> Result<(), Error> {
        let admin = self.authority.client(&User::admin())?;
        let kubeconfig =
            self.authority.kubeconfig(self.ports.api.number(), &Proof::Certificate(admin));
        let path = self.kubeconfig();
        std::fs::write(&path, kubeconfig).map_err(Error::file("write", path))?;
        for component in ALL {
            if self.args(component).is_some() {
                self.start_component(component).await?;
            }
        }
        Ok(())
    }

    /// The folder with the data, the certificates and the logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A kubeconfig of the administrator, for programs that want a file.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.files().path("kubeconfig")
    }

    /// The content of a kubeconfig of another user.
    pub fn kubeconfig_as(&self, user: &User) -> Result<String, Error> {
        let proof = Proof::Certificate(self.authority.client(user)?);
        Ok(self.authority.kubeconfig(self.ports.api.number(), &proof))
    }

    /// A client of the administrator. It does not retry by itself.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client(&self) -> Result<Client, Error> {
        self.client_as(&User::admin())
    }

    /// A client of another user, proven by a certificate.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn client_as(&self, user: &User) -> Result<Client, Error> {
        client(self.config_as(user)?)
    }

    /// How another user connects, for those who build their clients themselves.
    pub fn config_as(&self, user: &User) -> Result<Config, Error> {
        let proof = Proof::Certificate(self.authority.client(user)?);
        self.authority.config(self.ports.api.number(), &proof)
    }

    /// A client of an existing service account, with a token that holds for an hour.
    pub async fn client_as_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Client, Error> {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let body =
            json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
        let action = "request a service account token";
        let request = Request::post(path)
            .header("Content-Type", "application/json")
            .body(body.to_string().into_bytes())
            .map_err(Error::client(action))?;
        let answer: Value = self.client()?.request(request).await.map_err(Error::client(action))?;
        let token = answer["status"]["token"].as_str().unwrap_or_default().to_owned();
        client(self.authority.config(self.ports.api.number(), &Proof::Token(token))?)
    }

    /// A wire of its own to the API server, for the administrator, that can be frozen and cut.
    pub fn link(&self) -> Result<Link, Error> {
        Link::open(self.config_as(&User::admin())?, loopback(self.ports.api.number()))
    }

    /// What the server answers to `/version`, `v1.37.1` say.
    pub async fn version(&self) -> Result<String, Error> {
        let info: Value = self
            .client()?
            .request(get("/version")?)
            .await
            .map_err(Error::client("read the version"))?;
        Ok(info["gitVersion"].as_str().unwrap_or_default().to_owned())
    }

    /// All requests answered so far, from the audit log.
    ///
    /// A watch counts once, when it starts. What a client was answered before this call is in it.
    pub async fn requests(&self) -> Result<Requests, Error> {
        if !self.options.audit_log {
            return Err(Error::NoAuditLog);
        }
        let marker = self.audit_log().marker();
        let request = get(&format!("/version?{MARKER}={marker}"))?;
        self.client()?.request_text(request).await.map_err(Error::client("mark the audit log"))?;
        let limit = Duration::from_secs(10);
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(counted) = self.counted_to(marker)? {
                return Ok(counted);
            }
            sleep(GLANCE).await;
        }
        Err(Error::AuditLogBehind { waited: limit })
    }

    /// The process of a component, for those who measure it.
    pub fn pid(&self, component: Component) -> Result<u32, Error> {
        self.running(component, |process| process.pid())
    }

    /// Stops a component in its tracks: its connections stay open, and nothing answers.
    pub fn pause(&self, component: Component) -> Result<(), Error> {
        self.running(component, |process| process.pause())?
            .map_err(Error::file("pause", component.program()))
    }

    /// Lets a paused component run on.
    pub fn resume(&self, component: Component) -> Result<(), Error> {
        self.running(component, |process| process.resume())?
            .map_err(Error::file("resume", component.program()))
    }

    /// Ends a component without notice.
    pub fn kill(&self, component: Component) -> Result<(), Error> {
        let process = self.processes().remove(&component);
        process.map(drop).ok_or(Error::NotRunning { component })
    }

    /// Starts a component, on its old port and data, and waits until it is ready; one that still
    /// runs is killed first.
    pub async fn restart(&self, component: Component) -> Result<(), Error> {
        drop(self.processes().remove(&component));
        self.start_component(component).await
    }

    /// The last lines a component has printed.
    #[must_use]
    pub fn log(&self, component: Component, lines: usize) -> String {
        let text = std::fs::read(self.files().log(component)).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&text), lines)
    }

    async fn start_component(&self, component: Component) -> Result<(), Error> {
        let args = self.args(component).ok_or(Error::NotRunning { component })?;
        let path = self.assets.program(component)?;
        let process = Process::start(&path, &args, &self.files().log(component))
            .map_err(|source| Error::Spawn { path, source })?;
        self.processes().insert(component, process);
        self.wait_until_ready(component).await
    }

    async fn wait_until_ready(&self, component: Component) -> Result<(), Error> {
        let limit = self.options.ready_within;
        let start = Instant::now();
        loop {
            self.check_that_it_runs(component)?;
            if self.is_ready(component).await {
                return Ok(());
            }
            if start.elapsed() >= limit {
                let log = self.log(component, 20);
                return Err(Error::NotReady { component, waited: limit, log });
            }
            sleep(GLANCE).await;
        }
    }

    /// A component that ended while we wait for it says why in its last lines.
    fn check_that_it_runs(&self, component: Component) -> Result<(), Error> {
        let mut processes = self.processes();
        let process = processes.get_mut(&component).ok_or(Error::NotRunning { component })?;
        let Some(status) = process.ended() else { return Ok(()) };
        processes.remove(&component);
        drop(processes);
        let log = self.log(component, 20);
        match self.taken_port(component, &log) {
            Some(port) => Err(Error::PortTaken { component, port }),
            None => Err(Error::Ended { component, status, log }),
        }
    }

    fn taken_port(&self, component: Component, log: &str) -> Option<u16> {
        let complaint = log.lines().rfind(|line| line.contains("address already in use"))?;
        let ports = &self.ports;
        let its = match component {
            Component::Etcd => vec![&ports.etcd, &ports.etcd_peer],
            Component::ApiServer => vec![&ports.api],
            Component::ControllerManager => vec![&ports.controllers],
        };
        let numbers = its.into_iter().map(Port::number);
        numbers.into_iter().find(|number| complaint.contains(&format!(":{number}")))
    }

    async fn is_ready(&self, component: Component) -> bool {
        let ports = self.ports.numbers();
        match component {
            Component::Etcd => etcd_is_healthy(ports.etcd).unwrap_or(false),
            Component::ApiServer => self.answers(ports.api, "/readyz").await,
            Component::ControllerManager => self.answers(ports.controllers, "/healthz").await,
        }
    }

    async fn answers(&self, port: u16, path: &str) -> bool {
        let asked = async {
            let proof = Proof::Certificate(self.authority.client(&User::admin())?);
            let client = client(self.authority.config(port, &proof)?)?;
            client.request_text(get(path)?).await.map_err(Error::client("ask for readiness"))
        };
        // A paused server takes connections and never answers them.
        tokio::time::timeout(Duration::from_secs(5), asked).await.is_ok_and(|answer| answer.is_ok())
    }

    fn counted_to(&self, marker: u64) -> Result<Option<Requests>, Error> {
        let mut log = self.audit_log();
        log.follow().map_err(Error::file("read", self.files().audit_log()))?;
        Ok(log.counted_to(marker))
    }

    fn audit_log(&self) -> MutexGuard<'_, AuditLog> {
        self.audit_log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running<T>(&self, component: Component, f: impl FnOnce(&Process) -> T) -> Result<T, Error> {
        self.processes().get(&component).map(f).ok_or(Error::NotRunning { component })
    }

    fn processes(&self) -> MutexGuard<'_, HashMap<Component, Process>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn args(&self, component: Component) -> Option<Vec<String>> {
        flags::args(component, &self.options, &self.files(), self.ports.numbers())
    }

    fn files(&self) -> Files<'_> {
        Files(self.folder.path())
    }

    fn was_given(&self, port: u16) -> bool {
        self.ports.api.is_given() && self.ports.api.number() == port
    }
}

impl Ports {
    fn numbers(&self) -> PortNumbers {
        PortNumbers {
            etcd: self.etcd.number(),
            etcd_peer: self.etcd_peer.number(),
            api: self.api.number(),
            controllers: self.controllers.number(),
        }
    }
}

fn client(config: Config) -> Result<Client, Error> {
    Client::try_from(config).map_err(Error::client("make a client"))
}

fn get(path: &str) -> Result<Request<Vec<u8>>, Error> {
    Request::get(path).body(Vec::new()).map_err(Error::client("make a request"))
}

/// Asked by hand: one request in plain text is all that is ever said to etcd from here.
fn etcd_is_healthy(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(loopback(port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.contains(r#""health":"true""#))
}

fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_the_last_ones() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 20), "a");
        assert_eq!(last_lines("", 20), "");
    }
}
