//! Why the server did not start, or a manifest was not taken in.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the server did not start, or a manifest was not taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken, or not ours. Ask for port 0 to get a free one.
    #[error("failed to listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A manifest or its folder cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A manifest is no YAML.
    #[error("failed to read the objects of {origin}")]
    Manifest {
        /// The file, or what the caller called the text.
        origin: String,
        /// Where and why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server refused an object of a manifest.
    #[error("{object} of {origin} is refused: {message}")]
    Refused {
        /// The file, or what the caller called the text.
        origin: String,
        /// Kind, namespace and name.
        object: String,
        /// The server's words.
        message: String,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Listen { source, .. } => source.kind() == io::ErrorKind::AddrInUse,
            _ => false,
        }
    }
}
