//! Tells what must change in a Kubernetes cluster, changes it, and waits until it is so.
//!
//! A set of objects goes one way: [`Applier::plan`] asks the server what must change and writes
//! nothing; [`Plan::record`] notes the objects in an inventory before the first of them is written;
//! [`Recorded::apply`] writes what differs; [`Applied::prune`] deletes what left the set;
//! [`Applied::ready`] waits. Skipping a step does not compile.
//!
//! ```
//! use std::time::Duration;
//! use gotk_ssa::{Applier, FieldManager, MemoryInventory, Owner};
//! use serde_json::json;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let server = gotk_apiserver::ApiServer::start().await?;
//! # let config = kube::Config::new(server.url().parse()?);
//! let transport = gotk_client::Transport::new(&config, Default::default())?;
//! let applier = Applier::new(&transport, FieldManager::new("shop-operator")?)
//!     .owned_by(Owner::flux("default", "shop"));
//! let inventory = MemoryInventory::default();
//! let colour = |name: &str, value: &str| json!({
//!     "apiVersion": "v1", "kind": "ConfigMap",
//!     "metadata": {"name": name, "namespace": "default"},
//!     "data": {"colour": value},
//! });
//!
//! let plan = applier.plan(vec![colour("sky", "blue"), colour("sun", "red")]).await?;
//! let applied = plan.record(&inventory).await?.apply().await?;
//! applied.ready(Duration::from_secs(60)).await?;
//!
//! // One changed, one left the set.
//! let plan = applier.plan(vec![colour("sky", "grey")]).await?;
//! assert_eq!(plan.to_string(), "\
//! ~ ConfigMap/default/sky configured
//!     ~ .data.colour: \"blue\" -> \"grey\"
//! 0 created, 1 configured, 0 unchanged, 0 skipped
//! ");
//! let applied = plan.record(&inventory).await?.apply().await?;
//! let pruned = applied.prune(&inventory).await?;
//! assert_eq!(pruned.to_string(), "ConfigMap/default/sun deleted\n");
//! # Ok(())
//! # }
//! ```
//!
//! # A diff as a person sees it
//!
//! `cargo run -p gotk-ssa --example diff -- FOLDER`, of a set in which a setting was changed and another
//! dropped, a password and an image replaced, a budget added and a Service left out:
//!
//! ```text
//!   Namespace/shop unchanged
//! ~ ConfigMap/shop/settings configured (ownership is restored)
//!     ~ .data.level: "info" -> "debug"
//!     - .data.old: "1"
//! ~ Secret/shop/login configured
//!     ~ .data.password: "*** (before)" -> "*** (after)"
//! ~ Deployment/shop/web configured
//!     ~ .spec.replicas: 2 -> 3
//!     ~ .spec.template.spec.containers[name="web"].image: "registry.example.com/web:1.0.0" -> "registry.example.com/web:1.1.0"
//! + PodDisruptionBudget/shop/web created
//! 1 created, 3 configured, 1 unchanged, 0 skipped
//! - Service/shop/web to be pruned
//! ```
//!
//! # What it costs
//!
//! | An object that | Requests | |
//! | --- | --- | --- |
//! | is new | 2 | dry-run, apply |
//! | is as it should be | 1 | dry-run, whose answer is what this process has last seen of it |
//! | … and this process has not seen | 1 | and one list for all of its kind |
//! | differs | 3 | dry-run, read, apply |
//! | left the set | 2 | read, delete |
//! | is waited for | 0 | one list and one watch for all of its kind |
//!
//! # How it decides
//!
//! *What differs*: the result of a forced dry-run is compared with the live object in labels,
//! annotations and everything outside of `metadata` and `status`; that our field manager owns what it
//! applied counts too. Where an object says how it wants to be treated ([`Policies`]), or where
//! fields are left to others ([`IgnoreRule`]), that holds. What other tools left behind becomes ours
//! ([`TakeOver`]).
//!
//! *In which order*: definitions (`CustomResourceDefinition`, `Namespace`, `ClusterRole`), then
//! classes, then kinds of your choice, then the rest ([`Stage`]); in a stage, kinds in Flux's order.
//! What needs a kind or a namespace of its own set is compared with its schema in the plan, and asked
//! about when that is there. Nothing of a stage is written before all of it was accepted.
//!
//! *What is deleted*: exactly the object that was read, if it carries the labels of its [`Owner`].
//! An object that another set has taken over is left to that one.
//!
//! # What is never lost
//!
//! The inventory ([`InventoryStore`]) lists more than there is, never less: old and new objects are
//! saved before the first write, by compare-and-swap; an object leaves it when it is gone. A process
//! that is killed anywhere in between leaves a cluster that the next plan takes up.
//!
//! # Where to go from here
//!
//! | You want | Use |
//! | --- | --- |
//! | a diff for a person | `println!("{plan}")`; Secrets are masked |
//! | to know whose a field is, and why it changes | [`Plan::explain`] |
//! | immutable fields replaced, fields ignored, stages of your own | [`PlanOptions`] |
//! | health expressions, deadlines for single objects | [`ReadyOptions`] |
//! | to delete a whole set | [`Applier::delete`] |
//! | an inventory that outlives the process | [`StatusInventory`], [`ConfigMapInventory`] |
//!
//! # Not here
//!
//! Requests and discovery are in `gotk-client`, the arithmetic of fields in `gotk-merge`, what a status
//! means in `gotk-kstatus`.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod answer;
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
pub mod manifests;
mod object;
mod order;
mod owner;
mod ownership;
mod patience;
mod plan;
mod policy;
mod prune;
mod ready;
mod refusal;
mod scope;
mod takeover;
mod touch_up;
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
