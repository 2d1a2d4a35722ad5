//! Integration tests, one module per topic.

mod answers;
mod cases;
mod corpus;
mod script;
