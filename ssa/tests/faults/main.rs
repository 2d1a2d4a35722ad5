//! What a set comes to when the server, the connection, others or we ourselves fail half-way.
//!
//! `cargo test -p gotk-ssa --test faults`; what needs a real server runs where `KUBEBUILDER_ASSETS` names
//! one.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod boundary;
mod others;
mod real;
mod refusals;
mod set;
mod watches;
