//! The corpora of the Go originals, and laws that no single case shows.

mod ssa;
