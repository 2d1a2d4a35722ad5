//! Says what a version constraint or a CEL expression means to Flux and Kubernetes.
//!
//! Both are small languages that people write into custom resources: `>=1.2 <2` chooses a chart,
//! `status.phase == 'Done'` tells whether an object is ready. What they mean is what the Go
//! programs make of them, so that is what this crate computes: error texts, odd corners and all.
//! It touches neither network, disk, clock nor the machine's time zone, and keeps nothing between
//! calls.
//!
//! ```
//! # #[cfg(all(feature = "cel", feature = "semver"))] {
//! use gotk_expr::cel::{Bindings, Environment, Program};
//! use gotk_expr::semver::Constraint;
//! use serde_json::json;
//!
//! // npm would drop half of this range, and take the pre-release.
//! let range = Constraint::parse(">=1.0.0, <2.0.0")?;
//! let best = range.best(["0.9.0", "v1.4.0", "1.5.0-rc.1", "2.0.0", "latest"]);
//! assert_eq!(best.map(|version| version.original()), Some("v1.4.0"));
//!
//! // One condition cannot be judged, but another decides: `||` asks for no more.
//! let ready = "status.missing == 1 || status.conditions.exists(c, c.status == 'True')";
//! let program = Program::compile(ready, &Environment::flux())?;
//! let object = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }] } });
//! assert!(program.evaluate_bool(Bindings::fields_of(&object))?);
//! # }
//! # Ok::<(), gotk_expr::Error>(())
//! ```
//!
//! # Which language
//!
//! | Feature | Module | Reads | As |
//! | --- | --- | --- | --- |
//! | `semver` | [`semver`](semver/index.html) | versions and constraints of charts, images, Git and OCI tags | Masterminds/semver 3.5 |
//! | `cel` | [`cel`](cel/index.html) | health checks, readiness, receiver filters, CRD rules | `cel-go` 0.29, set up by Flux or by Kubernetes 1.37 |
//!
//! Neither is on by default: who wants one seldom wants the other. `semver` has no dependency;
//! `cel` takes `serde_json`, `regex` and `jiff` (for time zones, which are compiled in).
//!
//! # How an error is meant
//!
//! [`Error::Evaluation`] is about the input: the same expression may well evaluate once the object
//! has moved on. Every other variant asks a person for another version, constraint or expression.
//! [`Error::is_transient`] tells the two apart, [`Error::position`] points into the expression.
//!
//! # Not here
//!
//! What a health expression says about an object, and in which order several are asked, is in
//! `gotk-kstatus`. Choosing among tags by date, number or pattern is in `gotk-image`.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(feature = "cel")]
pub mod cel;
mod error;
#[cfg(feature = "semver")]
pub mod semver;

pub use error::{Error, Position};
