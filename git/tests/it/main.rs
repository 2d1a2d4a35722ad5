//! What the crate does against real Git servers, and what it refuses from false ones.
//!
//! Most servers are `gotk-testenv`'s, in this process. Some facts are shown on the `git` program as
//! the server too; where it is absent these tests say so and do nothing. The crate itself executes
//! no program.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail aloud and say what they skip"
)]

mod auth;
mod branches;
mod fetch;
mod git;
mod large;
mod listing;
mod matrix;
mod served;
mod server;
mod shared;
mod ssh;
mod sshd;
mod submodules;
mod tags;
mod tls;
mod tokens;
mod tree;
mod verify;
