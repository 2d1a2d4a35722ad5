//! A tree of which only a part is shown.

use std::collections::HashSet;
use std::sync::Arc;

use super::source::{Entry, File, Kind, Metadata, TreeSource};
use super::walk::Walk;
use crate::{Error, TreePath};

#[derive(Debug)]
pub(super) struct Filter {
    source: Arc<dyn TreeSource>,
    /// What is shown, with all folders on the way there.
    shown: HashSet<TreePath>,
}

impl Filter {
    /// Asks once for everything: answering later would mean walking a hidden folder again and again
    /// to learn whether something below it is shown.
    pub(super) fn new(
        source: Arc<dyn TreeSource>,
        mut keep: impl FnMut(&TreePath, Kind) -> bool,
    ) -> Result<Self, Error> {
        let mut shown = HashSet::from([TreePath::root()]);
        for walked in Walk::new(Arc::clone(&source), TreePath::root()) {
            let walked = walked?;
            if keep(&walked.path, walked.kind) {
                show(&mut shown, walked.path);
            }
        }
        Ok(Self { source, shown })
    }

    fn check(&self, path: &TreePath) -> Result<(), Error> {
        if self.shown.contains(path) {
            return Ok(());
        }
        Err(Error::NotFound { path: path.to_string() })
    }
}

/// Shows a path and what it lies in, as far as that is not shown already.
fn show(shown: &mut HashSet<TreePath>, path: TreePath) {
    let mut next = Some(path);
    while let Some(path) = next {
        next = if shown.contains(&path) { None } else { path.parent() };
        shown.insert(path);
    }
}

impl TreeSource for Filter {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        if self.shown.contains(path) { self.source.metadata(path) } else { Ok(None) }
    }

    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
        self.check(path)?;
        let mut entries = self.source.list(path)?;
        let mut full = path.clone();
        entries.retain(|entry| {
            full.push(entry.name.as_bytes());
            let shown = self.shown.contains(&full);
            full.pop();
            shown
        });
        Ok(entries)
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        self.check(path)?;
        self.source.open(path)
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        self.check(path)?;
        self.source.link(path)
    }
}
