//! One line of the results: an operation, its input, and who else does it.

/// An operation that two programs perform on the same bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// `<room>/<operation>`, also what the peer is asked for.
    pub(crate) name: &'static str,
    /// What is measured, in the words of a person who would ask.
    pub(crate) question: &'static str,
    /// The folder under `benches/peers` that holds the Go program; empty where there is none.
    pub(crate) peer: &'static str,
    /// What we set out to reach, as it stands in the plan.
    pub(crate) target: &'static str,
    /// How often one process performs the operation, after one warm-up.
    pub(crate) iterations: u32,
    /// Makes the input; deterministic, so that a figure can be taken again.
    pub(crate) input: fn() -> Vec<u8>,
    /// Performs the operation once on the input and returns what it made, for comparison.
    pub(crate) ours: fn(&[u8]) -> Outcome,
}

/// What one performance of an operation made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Bytes that must be equal to the peer's; their SHA-256 is compared.
    Bytes(Vec<u8>),
    /// The SHA-256 of bytes that must be equal to the peer's, and were never there as a whole.
    Digest([u8; 32]),
    /// A number that must be equal to the peer's (documents read, objects judged …).
    Count(u64),
    /// The same, and how many bytes were made, which may differ and are told.
    Sized {
        /// The number.
        count: u64,
        /// The bytes.
        made: u64,
    },
}
