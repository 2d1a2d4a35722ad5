//! How a server behaves.

use super::server::GitServer;
use crate::Error;

/// How a [`GitServer`] behaves. By default everybody may read everything, over plain HTTP, by
/// protocol 2.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GitOptions {
    pub(crate) access: Vec<Access>,
    pub(crate) protocol: Protocol,
    pub(crate) tls: bool,
    pub(crate) client_certificates: bool,
    pub(crate) only_tips: bool,
    pub(crate) shallow: bool,
    pub(crate) host_keys: Vec<String>,
    pub(crate) authorized_keys: Vec<String>,
}

/// What opens a repository over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// A user name and a password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A bearer token.
    Bearer(String),
}

/// The newest protocol a server speaks. It speaks no newer one than it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "Git has these three")]
pub enum Protocol {
    /// As all did before 2018.
    Zero,
    /// As zero, but for its first line.
    One,
    /// References are listed when they are asked for.
    Two,
}

impl GitOptions {
    /// Opens repositories to whoever shows this, and to nobody else but those who show another one
    /// that was given.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access.push(access);
        self
    }

    /// [`Access::Basic`].
    #[must_use]
    pub fn basic(self, username: &str, password: &str) -> Self {
        self.access(Access::Basic { username: username.into(), password: password.into() })
    }

    /// [`Access::Bearer`].
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.access(Access::Bearer(token.into()))
    }

    /// Serves over TLS, with a certificate for `localhost` and `127.0.0.1` by [`GitServer::ca`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Serves over TLS, and only to clients with a certificate such as
    /// [`GitServer::client_certificate`].
    #[must_use]
    pub fn client_certificates(mut self) -> Self {
        (self.tls, self.client_certificates) = (true, true);
        self
    }

    /// The newest protocol it speaks.
    #[must_use]
    pub fn protocol(mut self, newest: Protocol) -> Self {
        self.protocol = newest;
        self
    }

    /// Hands out what references point at, and no other commit by its id.
    #[must_use]
    pub fn only_tips(mut self) -> Self {
        self.only_tips = true;
        self
    }

    /// Whether history can be cut off.
    #[must_use]
    pub fn shallow(mut self, shallow: bool) -> Self {
        self.shallow = shallow;
        self
    }

    /// Shows this private key, in OpenSSH form, as an SSH host; several are possible. Without one
    /// the server makes one of its own.
    #[must_use]
    pub fn host_key(mut self, private_key: impl Into<String>) -> Self {
        self.host_keys.push(private_key.into());
        self
    }

    /// Lets in whoever has this public key, in OpenSSH form, over SSH, besides
    /// [`GitServer::client_key`].
    #[must_use]
    pub fn authorized_key(mut self, public_key: impl Into<String>) -> Self {
        self.authorized_keys.push(public_key.into());
        self
    }

    /// Starts a server.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] where there is no free port, [`Error::Certificate`] and [`Error::Key`]
    /// where a certificate or key cannot be made or read.
    pub async fn start(self) -> Result<GitServer, Error> {
        GitServer::start_with(self).await
    }
}

impl Default for GitOptions {
    fn default() -> Self {
        Self {
            access: Vec::new(),
            protocol: Protocol::Two,
            tls: false,
            client_certificates: false,
            only_tips: false,
            shallow: true,
            host_keys: Vec::new(),
            authorized_keys: Vec::new(),
        }
    }
}
