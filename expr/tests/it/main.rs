//! What `gotk-expr` promises, held against the answers of the Go originals.

mod cel;
mod dice;
mod semver;
