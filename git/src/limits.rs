//! How much a server may make us hold, read or compute.

use std::time::Duration;

/// Bounds on what one operation accepts. A server that goes past one is an error that names it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// References in one listing.
    pub references: usize,
    /// Bytes of one pack as it travels.
    pub pack_bytes: u64,
    /// Objects in one pack.
    pub objects: u64,
    /// Bytes of one object, inflated.
    pub object_bytes: u64,
    /// Bytes of all objects of one pack, inflated.
    pub inflated_bytes: u64,
    /// Deltas from an object of a pack to the whole object they start from.
    pub delta_depth: u32,
    /// Files and links in the tree of one commit.
    pub tree_entries: usize,
    /// Directories above a file.
    pub tree_depth: usize,
    /// Submodules of one commit, those of submodules included.
    pub submodules: usize,
    /// Submodules inside each other.
    pub submodule_depth: usize,
    /// Longest silence of a server before the connection is given up.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            references: 1_000_000,
            pack_bytes: 2 << 30,
            objects: 10_000_000,
            object_bytes: 512 << 20,
            inflated_bytes: 16 << 30,
            delta_depth: 4095,
            tree_entries: 2_000_000,
            tree_depth: 512,
            submodules: 256,
            submodule_depth: 16,
            silence: Duration::from_secs(30),
        }
    }
}
