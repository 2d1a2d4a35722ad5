//! Goes through a tree in the order in which Flux packs it.

use std::sync::Arc;
use std::vec;

use super::source::{Entry, Kind, TreeSource, sorted};
use crate::{Error, TreePath};

/// Everything in a tree, folder before contents, names in order; made by
/// [`Tree::walk`](crate::Tree::walk).
///
/// The first item is the root. After an error the walk goes on beside the folder that failed.
#[derive(Debug)]
pub struct Walk {
    source: Arc<dyn TreeSource>,
    /// Where the walk began, from the root of the source.
    start: TreePath,
    /// Where it is now, from `start`.
    at: TreePath,
    /// What is left in the folders above, the innermost last.
    open: Vec<vec::IntoIter<Entry>>,
    /// A folder that was returned and not entered yet.
    pending: Option<Pending>,
}

#[derive(Debug)]
enum Pending {
    Start,
    Enter,
}

/// One thing that a [`Walk`] has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Walked {
    /// The path from where the walk began; empty for the root.
    pub path: TreePath,
    /// What is there.
    pub kind: Kind,
    /// The path from the root of the source.
    pub(crate) full: TreePath,
}

impl Walk {
    pub(super) fn new(source: Arc<dyn TreeSource>, start: TreePath) -> Self {
        let pending = Some(Pending::Start);
        Self { source, start, at: TreePath::root(), open: Vec::new(), pending }
    }

    /// Goes on beside the folder that was returned last, instead of into it.
    pub fn skip_folder(&mut self) {
        if let Some(Pending::Enter) = self.pending.take() {
            self.at.pop();
        }
    }

    fn item(&self, kind: Kind) -> Walked {
        Walked { path: self.at.clone(), kind, full: self.full() }
    }

    fn full(&self) -> TreePath {
        let mut full = self.start.clone();
        if !self.at.is_root() {
            full.push(self.at.as_bytes());
        }
        full
    }

    fn enter(&mut self) -> Result<(), Error> {
        match self.source.list(&self.full()).and_then(sorted) {
            Ok(entries) => {
                self.open.push(entries.into_iter());
                Ok(())
            }
            Err(error) => {
                self.at.pop();
                Err(error)
            }
        }
    }
}

impl Iterator for Walk {
    type Item = Result<Walked, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.pending.take() {
            Some(Pending::Start) => {
                self.pending = Some(Pending::Enter);
                return Some(Ok(self.item(Kind::Directory)));
            }
            Some(Pending::Enter) => {
                if let Err(error) = self.enter() {
                    return Some(Err(error));
                }
            }
            None => {}
        }
        loop {
            let Some(entry) = self.open.last_mut()?.next() else {
                self.open.pop();
                self.at.pop();
                continue;
            };
            self.at.push(entry.name.as_bytes());
            let item = self.item(entry.kind);
            if entry.kind == Kind::Directory {
                self.pending = Some(Pending::Enter);
            } else {
                self.at.pop();
            }
            return Some(Ok(item));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tree, TreeBuilder};

    fn tree() -> Tree {
        TreeBuilder::new()
            .file("a/z", "")
            .and_then(|tree| tree.file("a.b/y", ""))
            .and_then(|tree| tree.file("a-b", ""))
            .and_then(|tree| tree.directory("empty"))
            .and_then(|tree| tree.link("link", "a"))
            .unwrap()
            .build()
    }

    fn paths(tree: &Tree) -> Vec<String> {
        tree.walk().map(|item| item.unwrap().path.to_string()).collect()
    }

    #[test]
    fn names_are_in_order_within_their_folder() {
        assert_eq!(paths(&tree()), ["", "a", "a/z", "a-b", "a.b", "a.b/y", "empty", "link"]);
        assert_eq!(paths(&tree().at("a.b").unwrap()), ["", "y"]);
    }

    #[test]
    fn a_folder_can_be_passed_by() {
        let mut walk = tree().walk();
        let mut seen = Vec::new();
        while let Some(item) = walk.next() {
            let item = item.unwrap();
            if item.path.as_bytes() == b"a" {
                walk.skip_folder();
            }
            seen.push(item.path.to_string());
        }
        assert_eq!(seen, ["", "a", "a-b", "a.b", "a.b/y", "empty", "link"]);
    }

    #[test]
    fn the_whole_can_be_passed_by() {
        let mut walk = tree().walk();
        walk.next();
        walk.skip_folder();
        assert!(walk.next().is_none());
    }
}
