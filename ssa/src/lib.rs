//! Tells what must change in a Kubernetes cluster, changes it, and waits until it is so.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod applier;
mod apply;
mod baseline;
mod change;
mod cluster;
mod compare;
pub mod contract;
mod error;
mod gone;
mod id;
mod ignore;
mod immutable;
mod inventory;
mod manager;
mod object;
mod order;
mod owner;
mod plan;
mod policy;
mod prune;
mod ready;
mod refusal;
mod takeover;
mod watch;

pub use crate::applier::Applier;
pub use crate::apply::{Applied, Recorded};
pub use crate::change::{Action, Change, ChangeSet, FieldChange, Note};
pub use crate::error::{BoxError, Error};
pub use crate::id::ObjectId;
pub use crate::ignore::{IgnoreRule, Target};
pub use crate::inventory::{
    ConfigMapInventory, Inventory, InventoryStore, Mark, MemoryInventory, StatusInventory, Stored,
};
pub use crate::manager::FieldManager;
pub use crate::order::Stage;
pub use crate::owner::Owner;
pub use crate::plan::{Others, Plan, PlanOptions};
pub use crate::policy::Policies;
pub use crate::prune::{DeletionPolicy, PruneOptions};
pub use crate::ready::ReadyOptions;
pub use crate::refusal::Refusal;
pub use crate::takeover::{OtherManager, TakeOver};
