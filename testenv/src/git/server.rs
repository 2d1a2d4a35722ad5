//! Listening, and handing connections to who answers.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, PoisonError, RwLock};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::log::{Answer, Log, Request};
use super::options::GitOptions;
use super::repository::Repository;
use super::ssh::Keys;
use super::tls::Certificates;
use super::{http, ssh};
use crate::Error;

/// A Git server on free loopback ports, over HTTP and SSH. It ends when it is dropped.
pub struct GitServer {
    shared: Arc<Shared>,
    serving: Vec<JoinHandle<()>>,
}

/// What every connection needs.
pub(crate) struct Shared {
    pub(crate) options: GitOptions,
    pub(crate) log: Log,
    pub(crate) certificates: Option<Certificates>,
    pub(crate) keys: Keys,
    addresses: Arc<Addresses>,
    repositories: RwLock<HashMap<String, Repository>>,
}

/// Where a server is.
#[derive(Debug)]
pub(crate) struct Addresses {
    scheme: &'static str,
    http: u16,
    ssh: u16,
}

impl GitServer {
    /// Starts a server that everybody may read from, without TLS.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] where there is no free port.
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(GitOptions::default()).await
    }

    pub(crate) async fn start_with(options: GitOptions) -> Result<Self, Error> {
        let (over_http, http_port) = listen().await?;
        let (over_ssh, ssh_port) = listen().await?;
        let certificates = match options.tls {
            true => Some(Certificates::make(options.client_certificates)?),
            false => None,
        };
        let scheme = if options.tls { "https" } else { "http" };
        let shared = Arc::new(Shared {
            keys: Keys::make(&options)?,
            options,
            log: Log::default(),
            certificates,
            addresses: Arc::new(Addresses { scheme, http: http_port, ssh: ssh_port }),
            repositories: RwLock::default(),
        });
        let serving = vec![
            tokio::spawn(http::serve(over_http, Arc::clone(&shared))),
            tokio::spawn(ssh::serve(over_ssh, Arc::clone(&shared))),
        ];
        Ok(Self { shared, serving })
    }

    /// Makes an empty repository, served at a path such as `team/app.git`; one that is there already
    /// is replaced.
    pub fn create_repository(&self, path: &str) -> Repository {
        self.create(path, gix::hash::Kind::Sha1)
    }

    /// Makes an empty repository whose objects are named by SHA-256.
    pub fn create_repository_sha256(&self, path: &str) -> Repository {
        self.create(path, gix::hash::Kind::Sha256)
    }

    /// No longer serves what is at a path.
    pub fn remove_repository(&self, path: &str) {
        let mut repositories =
            self.shared.repositories.write().unwrap_or_else(PoisonError::into_inner);
        repositories.remove(path.trim_matches('/'));
    }

    /// Where a path of this server is over HTTP, or HTTPS with TLS.
    pub fn url(&self, path: &str) -> String {
        self.shared.addresses.http(path.trim_start_matches('/'))
    }

    /// Where a path of this server is over SSH.
    pub fn ssh_url(&self, path: &str) -> String {
        self.shared.addresses.ssh(path.trim_start_matches('/'))
    }

    /// The port of HTTP or HTTPS.
    pub fn port(&self) -> u16 {
        self.shared.addresses.http
    }

    /// The port of SSH.
    pub fn ssh_port(&self) -> u16 {
        self.shared.addresses.ssh
    }

    /// The authority of its certificate, in PEM form; `None` without [`GitOptions::tls`].
    pub fn ca(&self) -> Option<&str> {
        self.shared.certificates.as_ref().map(|certificates| certificates.ca.as_str())
    }

    /// A certificate it lets in and the key of it, in PEM form; `None` without
    /// [`GitOptions::tls`].
    pub fn client_certificate(&self) -> Option<(&str, &str)> {
        let certificates = self.shared.certificates.as_ref()?;
        Some((&certificates.client.0, &certificates.client.1))
    }

    /// A private key it lets in over SSH, in OpenSSH form.
    pub fn client_key(&self) -> &str {
        &self.shared.keys.client
    }

    /// Its SSH host keys, as lines of a `known_hosts` file.
    pub fn known_hosts(&self) -> String {
        let port = self.ssh_port();
        let lines = self.shared.keys.public.iter();
        lines.map(|key| format!("[localhost]:{port} {key}\n")).collect()
    }

    /// Everything it was asked.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.requests()
    }

    /// What it was asked since the last time.
    pub fn take_requests(&self) -> Vec<Request> {
        self.shared.log.take()
    }

    /// Answers what `rule` says, and as Git does where it says nothing. A rule sees every request
    /// over HTTP, before its credentials are checked, and replaces the rule before it.
    pub fn answer_with(&self, rule: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) {
        self.shared.log.set_rule(Some(Arc::new(rule)));
    }

    /// Answers as Git does again.
    pub fn answer_normally(&self) {
        self.shared.log.set_rule(None);
    }

    fn create(&self, path: &str, kind: gix::hash::Kind) -> Repository {
        let path = path.trim_matches('/');
        let repository = Repository::new(path, Arc::clone(&self.shared.addresses), kind);
        let mut repositories =
            self.shared.repositories.write().unwrap_or_else(PoisonError::into_inner);
        repositories.insert(path.to_owned(), repository.clone());
        repository
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}

impl std::fmt::Debug for GitServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GitServer({:?})", self.shared.addresses)
    }
}

impl Shared {
    /// A repository is found with and without `.git`, as on the servers people use.
    pub(crate) fn repository(&self, path: &str) -> Option<Repository> {
        let path = path.trim_matches('/');
        let repositories = self.repositories.read().unwrap_or_else(PoisonError::into_inner);
        let found = repositories.get(path).or_else(|| repositories.get(&format!("{path}.git")));
        found.cloned()
    }
}

impl Addresses {
    pub(crate) fn http(&self, path: &str) -> String {
        format!("{}://localhost:{}/{}", self.scheme, self.http, encoded(path))
    }

    pub(crate) fn ssh(&self, path: &str) -> String {
        format!("ssh://git@localhost:{}/{}", self.ssh, encoded(path))
    }
}

/// A path as URLs hold it.
fn encoded(path: &str) -> impl std::fmt::Display {
    utf8_percent_encode(path, ODD)
}

async fn listen() -> Result<(TcpListener, u16), Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.map_err(|source| Error::Listen { source })?;
    let port = listener.local_addr().map_err(|source| Error::Listen { source })?.port();
    Ok((listener, port))
}

const ODD: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?');
