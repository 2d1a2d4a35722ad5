//! How much work one expansion may cost.
//!
//! A replacement inside a replacement multiplies, and a pattern is tried at every length of a
//! value. Both are one line to write for whoever may write a manifest, so both are counted.

/// Bytes that may still be produced or compared.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

/// There was not enough left.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Spent {
    pub(super) limit: u64,
}

const LIMIT: u64 = 64 * 1024 * 1024;

impl Default for Budget {
    fn default() -> Self {
        Self { left: LIMIT }
    }
}

impl Budget {
    /// Takes `bytes` from what is left.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Spent> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(bytes).ok_or(Spent { limit: LIMIT })?;
        Ok(())
    }
}
