//! What the crate does against real Git servers, and what it refuses from false ones.
//!
//! The `git` program makes the repositories and serves them; where it is absent these tests say so
//! and do nothing. The crate itself executes no program.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail aloud and say what they skip"
)]

mod auth;
mod fetch;
mod git;
mod listing;
mod server;
mod shared;
mod ssh;
mod ssh_server;
mod tags;
mod tls;
mod tree;
