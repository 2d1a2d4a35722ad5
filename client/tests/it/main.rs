//! The transport against servers that misbehave, and against a real one.

mod server;

mod failures;
mod limits;
