//! CEL.

mod corpus;
