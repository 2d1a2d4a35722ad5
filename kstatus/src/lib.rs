//! Tells whether a Kubernetes object has reached the state its spec asks for.
//!
//! [`compute`] reads one object, as the API server returned it, and answers with a [`Status`] and the
//! fact it rests on. It makes no requests, keeps nothing between calls and allocates nothing until
//! somebody prints the answer, so it fits a watch event, a fixture file, or a loop over ten thousand
//! objects. Statuses and sentences are those of kstatus, the library behind `kubectl`'s successors
//! and Flux, letter by letter.
//!
//! ```
//! use gotk_kstatus::{Status, compute};
//! use serde_json::json;
//!
//! let deployment = json!({
//!     "apiVersion": "apps/v1",
//!     "kind": "Deployment",
//!     "metadata": { "name": "web", "generation": 3 },
//!     "status": { "observedGeneration": 2, "replicas": 1, "readyReplicas": 1 },
//! });
//!
//! let report = compute(&deployment)?;
//! assert_eq!(report.status, Status::InProgress);
//! assert_eq!(
//!     report.message,
//!     "Deployment generation is 3, but latest observed generation is 2",
//! );
//! # Ok::<(), gotk_kstatus::Error>(())
//! ```
//!
//! # What each status asks of a waiter
//!
//! | Status | The object | A waiter |
//! | --- | --- | --- |
//! | [`Current`](Status::Current) | matches its spec | stops: done |
//! | [`InProgress`](Status::InProgress) | is still moving towards its spec | keeps watching |
//! | [`Failed`](Status::Failed) | cannot get there without a change | stops: failed |
//! | [`Terminating`](Status::Terminating) | has a deletion timestamp | keeps watching |
//! | [`NotFound`](Status::NotFound) | is not in the cluster | keeps watching |
//! | [`Unknown`](Status::Unknown) | could not be judged | keeps watching, and says so |
//!
//! # How it decides
//!
//! The first rule that applies wins:
//!
//! 1. A deletion timestamp: terminating.
//! 2. `status.observedGeneration` differs from `metadata.generation`: in progress.
//! 3. The first of the conditions `Reconciling=True` (in progress) and `Stalled=True` (failed).
//! 4. The rules for the kind: Pod, Deployment, `StatefulSet`, `DaemonSet`, `ReplicaSet`, Job, `CronJob`,
//!    Service, `PersistentVolumeClaim`, `PodDisruptionBudget`, `CustomResourceDefinition`,
//!    `ConfigMap`, Secret. Their answer is final.
//! 5. The `Ready` condition: current when `True`, else in progress.
//! 6. Nothing speaks against it: current.
//!
//! Fields that decide must have their type, else there is an [`Error`] that names them; numbers and
//! texts that only fill in a count fall back to the API's default.
//!
//! # Where to go from here
//!
//! | You want | Use |
//! | --- | --- |
//! | Flux's answer for Jobs, and rules of your own | [`Readers`], [`StatusReader`] |
//! | health expressions in CEL, as a Flux `Kustomization` has them | `HealthReader` (feature `cel`) |
//! | to know whether a whole set is there | [`StatusSet`], [`aggregate`] |
//! | one line about an object that is stuck | [`Report::explain`] |
//! | the condition a tool can wait for | [`Report::condition`], [`augment`] |
//! | to write conditions of your own | [`conditions`] |
//!
//! # Not here
//!
//! Watching and waiting are in `gotk-ssa`, reconciling and patching a status in `gotk-runtime`.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod augment;
mod compute;
pub mod conditions;
mod containers;
mod error;
mod fields;
#[cfg(feature = "cel")]
mod health;
mod kinds;
mod message;
mod outline;
mod pods;
mod reader;
mod report;
mod reported;
mod sentence;
mod set;
mod status;
mod subject;
mod time;

pub use crate::augment::augment;
pub use crate::compute::{compute, compute_at};
pub use crate::containers::CrashLooping;
pub use crate::error::Error;
#[cfg(feature = "cel")]
pub use crate::health::{HealthCheck, HealthReader};
pub use crate::message::{Count, Message, Workload};
pub use crate::reader::{JobReader, Readers, StatusReader};
pub use crate::report::Report;
pub use crate::sentence::Sentence;
pub use crate::set::{Patience, StatusSet, Verdict, aggregate};
pub use crate::status::Status;
pub use crate::subject::Subject;
