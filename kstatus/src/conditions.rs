//! Conditions as Flux's controllers write them: `metav1.Condition` for any type that has some.
//!
//! [`HasConditions`] gives a type its methods: read, [`set`](HasConditions::set) with the rules for
//! transition time, order and observed generation, and the standard trio `Ready`, `Reconciling`,
//! `Stalled`. [`ObjectConditions`] does the same for a JSON object of any kind. [`Merge`] makes one
//! condition of many, [`mirror`] takes another object's, and [`Patch`] writes ours back among those
//! of others. [`Lint`] tells whether waiters will understand what was written. The time is always yours to give; nothing here reads a clock.
//!
//! # Polarity
//!
//! | Condition | Good is | When all is well |
//! | --- | --- | --- |
//! | `Ready` and the like | `True` | present and `True` |
//! | `Reconciling`, `Stalled`, `…Failed`, `…Outdated` | not `True` | absent |
//!
//! A waiter reads them so: `Reconciling=True` is in progress, `Stalled=True` has failed, and of an
//! object that carries neither, `Ready` decides.

mod condition;
mod has;
mod lint;
mod merge;
mod mirror;
mod object;
mod order;
mod patch;

pub use self::condition::{Condition, ConditionStatus, MESSAGE_LIMIT, trim_message};
pub use self::has::{HasConditions, Origin, Progress};
pub use self::lint::{Finding, Lint, LintRule};
pub use self::merge::Merge;
pub use self::mirror::mirror;
pub use self::object::ObjectConditions;
pub(crate) use self::object::write_conditions;
pub use self::order::order;
pub use self::patch::{Owned, Patch};

/// The object serves what its spec asks for. `True` is good.
pub const READY: &str = "Ready";

/// Work on the current generation goes on. Present only while `True`.
pub const RECONCILING: &str = "Reconciling";

/// No retry will help: somebody has to change something. Present only while `True`.
pub const STALLED: &str = "Stalled";
