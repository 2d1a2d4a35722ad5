//! What has been packed, so that a tree that has not changed is not packed again.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{PackOptions, Packed, pack};
use crate::tree::Identity;
use crate::{Algorithm, Digest, Error, IgnoreRules, Tree};

/// Remembers which archives were made of which trees.
///
/// A source is asked again and again and seldom has anything new. Where its tree is a commit, or one
/// that somebody has the [digest](Tree::digest) of already, an unchanged tree is neither read nor
/// compressed nor written. Any other tree is read once, for its digest.
///
/// ```
/// use gotk_artifact::{Error, PackMemo, PackOptions, TreeBuilder};
///
/// let memo = PackMemo::new(100);
/// let tree = TreeBuilder::new().file("web.yaml", "kind: Deployment\n")?.build();
/// let options = PackOptions::default();
///
/// let mut archive = Vec::new();
/// let first = memo.pack(&tree, &options, || Ok(&mut archive))?;
/// let again = memo.pack(&tree, &options, || -> Result<Vec<u8>, Error> { unreachable!("it is there") })?;
/// assert_eq!(first, again);
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Debug)]
pub struct PackMemo {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Key, Known>,
    /// Counts the calls: what was asked for last has the highest number.
    now: u64,
}

/// All that an archive depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    tree: Identity,
    ignore: IgnoreRules,
    algorithm: Algorithm,
}

#[derive(Debug)]
struct Known {
    packed: Packed,
    used: u64,
}

impl PackMemo {
    /// Remembers as many archives as this; of more, what was asked for longest ago is forgotten.
    pub fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Packs a tree to where `open` says, as [`pack`] does, unless an equal one was packed before with
    /// the same rules and algorithm: then `open` is not called, and the answer is what it was.
    ///
    /// # Errors
    ///
    /// As [`pack`] and `open`. Nothing is remembered of what went wrong.
    pub fn pack<W: Write>(
        &self,
        tree: &Tree,
        options: &PackOptions,
        open: impl FnOnce() -> Result<W, Error>,
    ) -> Result<Packed, Error> {
        let (ignore, algorithm) = (options.ignore.clone(), options.algorithm);
        let key = Key { tree: tree.identity()?, ignore, algorithm };
        if let Some(packed) = self.find(&key) {
            return Ok(packed);
        }
        let packed = pack(tree, open()?, options)?;
        self.remember(key, packed);
        Ok(packed)
    }

    /// Forgets an archive that is not kept any more: whoever needs it next packs it again.
    pub fn forget(&self, archive: &Digest) {
        self.lock().known.retain(|_, known| known.packed.digest != *archive);
    }

    fn find(&self, key: &Key) -> Option<Packed> {
        let mut state = self.lock();
        state.now += 1;
        let now = state.now;
        let known = state.known.get_mut(key)?;
        known.used = now;
        Some(known.packed)
    }

    fn remember(&self, key: Key, packed: Packed) {
        let mut state = self.lock();
        let used = state.now;
        state.known.insert(key, Known { packed, used });
        while state.known.len() > self.limit {
            let oldest = state.known.values().map(|known| known.used).min();
            state.known.retain(|_, known| Some(known.used) != oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code of others runs under the lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
