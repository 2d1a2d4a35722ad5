//! Why a request got no answer.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

/// The cause beneath an error of ours.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request got no answer, or a client could not be made.
///
/// What the server *answers*, also a refusal, is `kube::Error::Api` as ever. These come out of a
/// `kube::Client` wrapped in `kube::Error::Service`; [`Error::of`] finds them there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Credentials could not be had, so nothing was sent.
    #[error("no credentials for {server}")]
    Auth {
        /// The API server's URL.
        server: String,
        /// What the token file, command or endpoint said.
        source: BoxError,
    },

    /// The configuration cannot be used; a person has to mend it.
    #[error("cannot make a client for {server}")]
    Config {
        /// The API server's URL.
        server: String,
        /// What is wrong with it.
        source: BoxError,
    },

    /// Nobody answers at that address.
    #[error("cannot connect to {server}")]
    Connect {
        /// The API server's URL.
        server: String,
        /// What the network said.
        source: BoxError,
    },

    /// The connection ended before the answer did.
    #[error("connection to {server} broke")]
    Broken {
        /// The API server's URL.
        server: String,
        /// What was seen of it.
        source: BoxError,
    },

    /// A name cannot stand in an impersonation header.
    #[error("{name:?} is no name to act as")]
    Identity {
        /// The name.
        name: String,
    },

    /// The server serves no such kind, as of a discovery made just now.
    #[error("{server} serves no kind {kind}")]
    UnknownKind {
        /// The API server's URL.
        server: String,
        /// `Deployment.apps/v1`, or without the version where any would do.
        kind: String,
    },

    /// The server's list of kinds could not be read.
    #[error("cannot discover the kinds {server} serves")]
    Discovery {
        /// The API server's URL.
        server: String,
        /// Why.
        source: Box<kube::Error>,
    },

    /// There was no answer in time; whether the request was carried out is not known.
    #[error("{server} did not answer within {} s", .limit.as_secs())]
    Timeout {
        /// The API server's URL.
        server: String,
        /// How long was waited.
        limit: Duration,
    },

    /// One side does not accept the other's certificate.
    #[error("no trust between us and {server}")]
    Tls {
        /// The API server's URL.
        server: String,
        /// What does not fit.
        source: BoxError,
    },
}

impl Error {
    /// The error of ours inside one that a `kube::Client` gave.
    pub fn of(error: &kube::Error) -> Option<&Self> {
        match error {
            kube::Error::Service(source) => source.downcast_ref(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later with nothing changed by a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Auth { .. }
            | Self::Broken { .. }
            | Self::Connect { .. }
            | Self::Timeout { .. } => true,
            Self::Discovery { .. } | Self::UnknownKind { .. } => true,
            Self::Config { .. } | Self::Identity { .. } | Self::Tls { .. } => false,
        }
    }

    /// Sorts what kept a client from being made.
    pub(crate) fn of_config(server: &str, source: BoxError) -> Self {
        let server = server.to_owned();
        match find::<kube::client::AuthError>(&*source) {
            Some(_) => Self::Auth { server, source },
            None => Self::Config { server, source },
        }
    }

    /// Sorts what kept a connection from being opened.
    pub(crate) fn of_opening(server: &str, source: BoxError) -> Self {
        let server = server.to_owned();
        match find::<rustls::Error>(&*source) {
            Some(_) => Self::Tls { server, source },
            None => Self::Connect { server, source },
        }
    }

    /// Sorts what a failed exchange left behind.
    pub(crate) fn of_exchange(server: &str, source: BoxError) -> Self {
        let server = server.to_owned();
        let connecting = find::<hyper_util::client::legacy::Error>(&*source)
            .is_some_and(hyper_util::client::legacy::Error::is_connect);
        if find::<kube::client::AuthError>(&*source).is_some() {
            Self::Auth { server, source }
        } else if find::<rustls::Error>(&*source).is_some() {
            Self::Tls { server, source }
        } else if connecting {
            Self::Connect { server, source }
        } else {
            Self::Broken { server, source }
        }
    }
}

/// The first error of type `E` in a chain of causes. `io::Error` keeps its own out of the chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = inner.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    }
    None
}
