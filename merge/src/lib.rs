//! Tells who owns which field of a Kubernetes object, and what the object looks like after a write.
//!
//! [`FieldManager`] does what kube-apiserver does between decoding a request and admitting it:
//! server-side apply with managed fields, conflicts and force, and the tracking of every other
//! write. It touches neither network, disk nor clock, and keeps nothing between calls: the live
//! object goes in by value and comes out changed, with its managers.
//!
//! ```
//! use gotk_merge::{FieldManager, Gvk, Live, OnConflict, OneShape, Schema};
//! use jiff::Timestamp;
//! use serde_json::json;
//!
//! let gvk = Gvk::new("apps", "v1", "Deployment");
//! let versions = OneShape::of_kind(&Schema::builtin(), "apps", "Deployment");
//! let manager = FieldManager::new(gvk.clone(), &versions);
//! let now: Timestamp = "2026-01-01T00:00:00Z".parse()?;
//! let replicas = |count| json!({
//!     "apiVersion": "apps/v1", "kind": "Deployment",
//!     "metadata": {"name": "web"}, "spec": {"replicas": count},
//! });
//!
//! let first = manager.apply(Live::absent(&gvk), &replicas(3), "alice", OnConflict::Fail, now)?;
//! let live = Live::new(first.into_value());
//!
//! // Bob wants another number: alice owns it.
//! let refused = manager.apply(live.clone(), &replicas(5), "bob", OnConflict::Fail, now).unwrap_err();
//! assert_eq!(
//!     refused.to_string(),
//!     "Apply failed with 1 conflict: conflict with \"alice\": .spec.replicas"
//! );
//!
//! // With force it is his, and alice, who owned nothing else, is forgotten.
//! let forced = manager.apply(live, &replicas(5), "bob", OnConflict::Force, now)?;
//! assert_eq!(forced.managed.len(), 1);
//! let bob = forced.managed.applier("bob").unwrap();
//! assert_eq!(bob.fields.to_string(), r#"{"f:spec":{"f:replicas":{}}}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where the schema comes from
//!
//! | Objects | Schema |
//! | --- | --- |
//! | built-in kinds | [`Schema::builtin`]: a table of 72 kB, made from a kube-apiserver of the version it tells |
//! | custom resources | [`Schema::from_crd`]: one version of a `CustomResourceDefinition` |
//! | whatever a cluster has | [`Schema::from_openapi`]: the documents of `/openapi/v3`, or `/openapi/v2` |
//! | nothing is known | [`ObjectType::deduced`]: maps are granular, lists are one value |
//!
//! # How it decides
//!
//! An apply owns the leaves and list items that its configuration mentions. It conflicts where it
//! would *change* a field that somebody else owns; a field that all want the same is owned by all.
//! What a manager applied before and no longer mentions goes away, unless another manager owns it
//! or something beneath it. Any other write takes over whatever it changes. List items are found by
//! their keys; an atomic list or map has one owner. Fields that identify an object belong to nobody.
//!
//! # For people
//!
//! [`FieldManager::preview`] tells what an apply would do and why it conflicts,
//! [`ManagedFields::owners`] whose a field is, and [`FieldManager::prove`] whether a forced apply
//! would do nothing at all, which saves a controller the request. `cargo run -p gotk-merge --example
//! explain` prints them. [`patch`] has the other ways to change an object.
//!
//! # Limits
//!
//! Values nested deeper than 160 levels and sets deeper than 200 are errors. Time and memory grow
//! in line with the input: items are found through hashes, sets are merged in order.
//!
//! # Not here
//!
//! Requests and inventories are in `gotk-ssa`, storing and admission in `gotk-apiserver`. Defaulting
//! comes between the merge and what is stored; no schema tells all of it, so none is done here.
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
mod scale;
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
pub use crate::scale::ScaleFields;
pub use crate::schema::{Gvk, ObjectType, Schema};
pub use crate::set::FieldSet;
pub use crate::typed::Changes;
pub use crate::updater::OnConflict;
pub use crate::versions::{OneShape, Unconvertible, Versions};

#[cfg(test)]
#[path = "../tests/smd/mod.rs"]
mod smd;
