//! Integration tests, one module per topic.

mod answers;
mod cases;
mod corpus;
#[cfg(feature = "cel")]
mod health;
mod script;
