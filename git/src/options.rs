//! How a remote is reached.

use std::time::Duration;

use crate::credentials::Credentials;
use crate::limits::Limits;
use crate::secret::Secret;

/// How a [`Remote`](crate::Remote) is reached. Every default is the careful one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemoteOptions {
    pub(crate) credentials: Credentials,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) dangerous: Dangerous,
}

/// Settings that weaken security, see [`RemoteOptions::dangerous`].
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Dangerous {
    pub(crate) plain_http: bool,
    pub(crate) credentials_over_http: bool,
}

/// A proxy, for HTTP and SSH alike.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    pub(crate) address: String,
    pub(crate) login: Option<(String, Secret)>,
}

impl RemoteOptions {
    /// What to show the server, and whom to trust.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// The way to the server. The environment is never asked for one.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// The time one operation may take, 60 seconds unless told otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How much the server may send.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Changes settings that weaken security.
    #[must_use]
    pub fn dangerous(mut self, change: impl FnOnce(Dangerous) -> Dangerous) -> Self {
        self.dangerous = change(self.dangerous);
        self
    }
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            credentials: Credentials::anonymous(),
            proxy: None,
            timeout: Duration::from_secs(60),
            limits: Limits::default(),
            dangerous: Dangerous::default(),
        }
    }
}

impl Dangerous {
    /// Accepts `http://` URLs: anybody on the way can read and change what is fetched.
    #[must_use]
    pub fn allow_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Sends credentials over `http://` too: anybody on the way can read them.
    #[must_use]
    pub fn allow_credentials_over_http(mut self) -> Self {
        self.credentials_over_http = true;
        self
    }
}

impl Proxy {
    /// A proxy at `http://`, `https://` or `socks5://` and an address.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), login: None }
    }

    /// What the proxy wants to be shown.
    #[must_use]
    pub fn with_login(mut self, username: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.login = Some((username.into(), password.into()));
        self
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy").field("login", &self.login.is_some()).finish_non_exhaustive()
    }
}
