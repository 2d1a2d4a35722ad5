//! A small generator: every run sees the same cases. `GOTK_CASES` asks for more of them.

use std::env;

pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

pub(crate) fn cases(usual: usize) -> usize {
    env::var("GOTK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}
