//! The transport against servers that misbehave, and against a real one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod server;

mod caller;
mod discovery;
mod embedded;
mod failures;
mod limits;
mod real;
