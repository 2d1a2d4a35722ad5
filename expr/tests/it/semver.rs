//! Versions and constraints.

mod corpus;
mod laws;
mod traps;
