//! Tells what must change in a Kubernetes cluster, changes it, and waits until it is so.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod error;
mod id;
mod manager;
pub mod manifests;

pub use crate::error::{BoxError, Error};
pub use crate::id::ObjectId;
pub use crate::manager::FieldManager;
