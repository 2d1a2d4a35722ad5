//! The promises of `gotk-yaml`, from the outside.

#![expect(clippy::unwrap_used, reason = "a broken corpus must stop the test")]

mod cases;
mod corpus;
mod edit;
mod errors;
mod hostile;
mod properties;
mod shapes;
