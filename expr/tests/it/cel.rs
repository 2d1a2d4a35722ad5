//! CEL.

mod answer;
mod cases;
mod corpus;
mod documented;
mod fuzz;
mod limits;
mod positions;
