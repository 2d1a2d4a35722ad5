//! Why a control plane could not be started or used.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use crate::Component;

/// A cause whose type is nobody's business.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a control plane could not be started or used.
///
/// What a component said is part of the error: the folder with its log is gone when somebody reads
/// the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody said where the binaries are.
    #[error("KUBEBUILDER_ASSETS is not set; `hack/control-plane/build` makes the folder it names")]
    NoAssets,

    /// The folder of the binaries does not exist.
    #[error("folder {} of KUBEBUILDER_ASSETS does not exist", path.display())]
    FolderMissing {
        /// The folder that was named.
        path: PathBuf,
    },

    /// The folder has no such program.
    #[error("{} is missing", path.display())]
    BinaryMissing {
        /// Where the program was looked for.
        path: PathBuf,
    },

    /// The program is for another machine.
    #[error("{} is built for {found}, this machine is {expected}", path.display())]
    WrongArchitecture {
        /// The program.
        path: PathBuf,
        /// What its header says.
        found: String,
        /// What this process runs on.
        expected: String,
    },

    /// The operating system would not start the program.
    #[error("failed to start {}", path.display())]
    Spawn {
        /// The program.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// Somebody else listens on the port.
    ///
    /// Ports that were not asked for are chosen again first, so this names a port of
    /// [`Options::api_port`](crate::Options::api_port), or one taken while the component was down.
    #[error("port {port} of {component} is taken by another process")]
    PortTaken {
        /// Who was to listen.
        component: Component,
        /// On which loopback port.
        port: u16,
    },

    /// The component ended by itself.
    #[error("{component} ended with {status}; its last lines:\n{log}")]
    Ended {
        /// The component.
        component: Component,
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log.
        log: String,
    },

    /// The component runs, but was not ready in time.
    #[error("{component} was not ready after {waited:?}; its last lines:\n{log}")]
    NotReady {
        /// The component.
        component: Component,
        /// How long it was given.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },

    /// The component is not part of this control plane, or was killed.
    #[error("{component} is not running")]
    NotRunning {
        /// The component.
        component: Component,
    },

    /// Requests cannot be counted without [`Options::audit_log`](crate::Options::audit_log).
    #[error("requests are counted from the audit log, which is off: set Options::audit_log")]
    NoAuditLog,

    /// The requests were not found in the audit log in time.
    #[error("the audit log did not show the marker request after {waited:?}")]
    AuditLogBehind {
        /// How long it was looked for.
        waited: Duration,
    },

    /// A file or folder of the control plane could not be written or read.
    #[error("failed to {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// No free loopback port was found.
    #[error("found no free loopback port between {first} and {last}")]
    NoPort {
        /// The first port tried.
        first: u16,
        /// The last port tried.
        last: u16,
    },

    /// A certificate could not be made.
    #[error("failed to make a certificate for {name:?}")]
    Certificate {
        /// Its common name.
        name: String,
        /// What the library said.
        source: BoxError,
    },

    /// No connection can be taken.
    #[error("failed to listen on a free loopback port")]
    Listen {
        /// What the operating system said.
        source: io::Error,
    },

    /// An SSH key could not be made or read.
    #[error("failed to {action} an SSH key")]
    Key {
        /// What was tried.
        action: &'static str,
        /// What the library said.
        source: BoxError,
    },

    /// A repository cannot hold what it was given.
    #[error("repository {repository}: {reason}")]
    Repository {
        /// Its path.
        repository: String,
        /// What is wrong.
        reason: String,
    },

    /// A client could not be made, or its request failed.
    #[error("failed to {action}")]
    Client {
        /// What was tried.
        action: &'static str,
        /// What the client said.
        source: BoxError,
    },
}

impl Error {
    /// Whether starting again may help with nothing changed by a person.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::PortTaken { .. } | Self::NotReady { .. } | Self::AuditLogBehind { .. })
    }

    #[cfg(feature = "control-plane")]
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    #[cfg(feature = "control-plane")]
    pub(crate) fn client<E: Into<BoxError>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Client { action, source: source.into() }
    }
}
