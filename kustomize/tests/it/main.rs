//! What this crate promises, against what the Go originals answered.

mod corpus;
mod errors;
mod flux;
mod substitution;
