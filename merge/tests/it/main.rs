//! The corpora of the Go originals, and laws that no single case shows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile;
mod laws;
mod layers;
mod ssa;
