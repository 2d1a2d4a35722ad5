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

mod ast;
mod bindings;
mod calendar;
mod check;
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
pub use self::environment::Environment;
pub use self::limits::Limits;
pub use self::list::List;
pub use self::map::Map;
pub use self::opaque::Opaque;
pub use self::program::Program;
pub use self::time::{Duration, Timestamp};
pub use self::types::Type;
pub use self::value::{Text, Value};
