//! What this crate promises, against what the Go originals answered.

mod cache;
mod corpus;
mod errors;
mod flux;
mod hostile;
mod memory;
mod rules;
mod substitution;
