//! Versions and constraints.

mod corpus;
