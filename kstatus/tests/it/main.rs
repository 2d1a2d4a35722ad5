//! Integration tests, one module per topic.

mod allocations;
mod answers;
mod cases;
mod conditions;
mod corpus;
#[cfg(feature = "cel")]
mod health;
mod hostile;
mod script;
mod set;
