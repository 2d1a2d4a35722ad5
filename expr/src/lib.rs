//! Says what a version constraint or a CEL expression means to Flux and Kubernetes.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(feature = "cel")]
pub mod cel;
mod error;
#[cfg(feature = "semver")]
pub mod semver;

pub use error::{Error, Position};
