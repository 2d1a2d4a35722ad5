//! What the crate promises, from outside.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod flux;
mod fuzz;
mod hostile;
mod kill;
mod memory;
mod property;
mod sourceignore;
mod sources;
mod unchanged;
