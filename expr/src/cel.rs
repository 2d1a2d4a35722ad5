//! CEL with Flux's or Kubernetes' functions: compiled once, evaluated over many objects.
//!
//! ```
//! use gotk_expr::cel::{Bindings, Environment, Program};
//! use serde_json::json;
//!
//! let ready = "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')";
//! let program = Program::compile(ready, &Environment::flux())?;
//!
//! let object = json!({ "status": { "conditions": [{ "type": "Ready", "status": "True" }] } });
//! assert!(program.evaluate_bool(Bindings::fields_of(&object))?);
//!
//! // A field that is not there is an error, not `false`.
//! let young = json!({ "status": {} });
//! let error = program.evaluate_bool(Bindings::fields_of(&young)).unwrap_err();
//! assert_eq!(error.to_string(), "no such key: conditions");
//! # Ok::<(), gotk_expr::Error>(())
//! ```
//!
//! # What an evaluation error means
//!
//! The caller decides. Flux itself has shown both:
//!
//! * A *health check* gives no verdict: the object's status is unknown, and the wait goes on until
//!   the field appears or the timeout passes. (RFC-0009 says that the check fails; the controllers
//!   never did that.)
//! * A *readiness expression* or a *receiver's filter* is not satisfied, and the error is reported.
//!
//! A deciding value outweighs an error: `missing.field == 1 || true` is true, and so is
//! `[0, 2].exists(x, 4 / x == 2)`, in whatever order. `has(a.b)` asks without failing for `b`, but
//! not for `a`.
//!
//! # How it decides
//!
//! A lexer and a parser of our own read the grammar of `cel-go` with optional syntax (`a.?b[?0]`)
//! and back-quoted fields; macros are expanded as they are met. Where variables are declared, a
//! checker unifies types as `cel-go` does and refuses what can never be evaluated. The plan that is
//! left has its names resolved, its constants converted and its patterns compiled; evaluating it
//! borrows texts, lists and objects from the input. Maps are walked in the order of their keys.
//!
//! Every evaluation has a budget of steps and of bytes ([`Limits`]), which no operator absorbs:
//! a hostile expression over a hostile object ends with [`Error::Limit`](crate::Error::Limit).
//!
//! # Not here
//!
//! Messages of protobuf (`google.protobuf.Duration{…}`), the `authorizer` of admission policies,
//! and the estimate of costs with which an API server refuses a CRD.

mod ast;
mod bindings;
mod calendar;
mod check;
mod duration;
mod environment;
mod eval;
mod fault;
mod functions;
mod lexer;
mod limits;
mod list;
mod literal;
mod macros;
mod map;
mod meter;
mod number;
mod opaque;
mod operators;
mod optional;
mod parser;
mod pattern;
mod plan;
mod program;
mod signature;
mod time;
mod types;
mod unify;
mod value;

pub use self::bindings::Bindings;
pub use self::duration::Duration;
pub use self::environment::Environment;
pub use self::limits::Limits;
pub use self::list::List;
pub use self::map::Map;
pub use self::opaque::Opaque;
pub use self::program::Program;
pub use self::time::Timestamp;
pub use self::types::Type;
pub use self::value::{Text, Value};
