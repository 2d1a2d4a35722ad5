//! The server through its sockets, as clients meet it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod apply;
mod client;
mod custom;
mod faults;
mod hostile;
mod kubes;
mod lists;
mod objects;
mod ownership;
mod program;
mod simulate;
mod watches;
mod workloads;
