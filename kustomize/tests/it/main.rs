//! What this crate promises, against what the Go originals answered.

mod builds;
mod substitution;
