//! Tells who owns which field of a Kubernetes object, and what the object looks like after a write.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod conflict;
mod error;
mod field_manager;
mod filter;
mod go;
mod live;
mod managers;
pub mod patch;
mod path;
mod preview;
mod proof;
mod scalar;
mod schema;
mod set;
mod typed;
mod updater;
mod value;
mod versions;

pub use crate::conflict::{Conflict, Conflicts};
pub use crate::error::{Error, TypeError, TypeErrors};
pub use crate::field_manager::FieldManager;
pub use crate::filter::{FieldFilter, Step};
pub use crate::live::{Live, Written};
pub use crate::managers::{Entry, ManagedFields, Manager, Operation};
pub use crate::path::{Path, PathElement};
pub use crate::preview::{Preview, Share};
pub use crate::proof::Proof;
pub use crate::schema::{Gvk, ObjectType, Schema};
pub use crate::set::FieldSet;
pub use crate::typed::Changes;
pub use crate::updater::OnConflict;
pub use crate::versions::{OneShape, Unconvertible, Versions};

#[cfg(test)]
#[path = "../tests/smd/mod.rs"]
mod smd;
