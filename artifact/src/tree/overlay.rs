//! One tree shown at a folder of another.

use std::sync::Arc;

use super::Tree;
use super::source::{Entry, File, Kind, Metadata, TreeSource};
use crate::{Error, TreePath};

#[derive(Debug)]
pub(super) struct Overlay {
    lower: Arc<dyn TreeSource>,
    upper: Arc<dyn TreeSource>,
    /// Where `upper` begins, from the root of its source.
    from: TreePath,
    /// Where it is shown, from the root of `lower`.
    mount: TreePath,
}

/// Which of the two a path belongs to.
enum Side {
    /// Only `lower` has it, at the same path.
    Lower,
    /// `upper` has it, at this path of its source, and hides what is below.
    Upper(TreePath),
    /// Both have a folder there.
    Both(TreePath),
    /// A folder that exists because the mount is below it.
    OnTheWay,
    Nowhere,
}

impl Overlay {
    pub(super) fn new(lower: &Tree, upper: &Tree, mount: TreePath) -> Self {
        Self {
            lower: Arc::clone(&lower.source),
            upper: Arc::clone(&upper.source),
            from: upper.at.clone(),
            mount,
        }
    }

    fn side(&self, path: &TreePath) -> Result<(Side, Option<Metadata>), Error> {
        let lower = self.visible_below(path)?;
        let Some(rest) = path.below(&self.mount) else {
            return Ok(self.outside(path, lower));
        };
        let above = self.from.join(rest.as_bytes())?;
        let upper = self.upper.metadata(&above)?;
        Ok(match (upper, lower) {
            (None, None) => (Side::Nowhere, None),
            (None, lower) => (Side::Lower, lower),
            (Some(upper), Some(lower))
                if upper.kind == Kind::Directory && lower.kind == Kind::Directory =>
            {
                (Side::Both(above), Some(upper))
            }
            (upper, _) => (Side::Upper(above), upper),
        })
    }

    /// A path that the mount does not cover, though it may be above it.
    fn outside(&self, path: &TreePath, lower: Option<Metadata>) -> (Side, Option<Metadata>) {
        let folder = Metadata::of(Kind::Directory);
        match lower {
            Some(metadata) if metadata.kind == Kind::Directory => (Side::Lower, lower),
            _ if self.mount.below(path).is_some() => (Side::OnTheWay, Some(folder)),
            Some(_) => (Side::Lower, lower),
            None => (Side::Nowhere, None),
        }
    }

    /// What `lower` has at a path, unless something of `upper` above it is no folder.
    fn visible_below(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        let mut above = path.clone();
        while above.pop() {
            let Some(rest) = above.below(&self.mount) else { break };
            let upper = self.upper.metadata(&self.from.join(rest.as_bytes())?)?;
            if upper.is_some_and(|upper| upper.kind != Kind::Directory) {
                return Ok(None);
            }
        }
        self.lower.metadata(path)
    }

    /// The name with which the way to the mount goes on from `path`.
    fn step_to_mount(&self, path: &TreePath) -> Option<Entry> {
        let rest = self.mount.below(path)?;
        let step = rest.names().next()?;
        let mut name = TreePath::root();
        name.push(step);
        Some(Entry::new(name, Kind::Directory))
    }

    fn absent(path: &TreePath) -> Error {
        Error::NotFound { path: path.to_string() }
    }
}

/// `upper`'s entries, and those of `lower` that it has no name for.
fn merged(lower: Vec<Entry>, mut upper: Vec<Entry>) -> Vec<Entry> {
    upper.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    let hidden =
        |entry: &Entry| upper.binary_search_by(|other| other.name.cmp(&entry.name)).is_ok();
    let mut entries: Vec<Entry> = lower.into_iter().filter(|entry| !hidden(entry)).collect();
    entries.append(&mut upper);
    entries
}

impl TreeSource for Overlay {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        self.side(path).map(|(_, metadata)| metadata)
    }

    fn list(&self, path: &TreePath) -> Result<Vec<Entry>, Error> {
        match self.side(path)?.0 {
            Side::Lower => {
                let step = self.step_to_mount(path).into_iter().collect();
                Ok(merged(self.lower.list(path)?, step))
            }
            Side::Upper(above) => self.upper.list(&above),
            Side::Both(above) => Ok(merged(self.lower.list(path)?, self.upper.list(&above)?)),
            Side::OnTheWay => Ok(self.step_to_mount(path).into_iter().collect()),
            Side::Nowhere => Err(Self::absent(path)),
        }
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        match self.side(path)?.0 {
            Side::Lower => self.lower.open(path),
            Side::Upper(above) | Side::Both(above) => self.upper.open(&above),
            Side::OnTheWay | Side::Nowhere => Err(Self::absent(path)),
        }
    }

    fn link(&self, path: &TreePath) -> Result<Vec<u8>, Error> {
        match self.side(path)?.0 {
            Side::Lower => self.lower.link(path),
            Side::Upper(above) | Side::Both(above) => self.upper.link(&above),
            Side::OnTheWay | Side::Nowhere => Err(Self::absent(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tree, TreeBuilder};

    fn tree(files: &[(&str, &str)]) -> Tree {
        let add = |tree: TreeBuilder, (path, text): &(&str, &str)| {
            tree.file(path, (*text).to_owned()).unwrap()
        };
        files.iter().fold(TreeBuilder::new(), add).build()
    }

    fn shown(tree: &Tree) -> Vec<String> {
        let path = |item: Result<crate::Walked, _>| item.unwrap().path.to_string();
        tree.walk().skip(1).map(path).collect()
    }

    #[test]
    fn the_upper_tree_wins_file_by_file() {
        let lower = tree(&[("a/x", "1"), ("a/y", "1"), ("b", "1"), ("c/d", "1")]);
        let upper = tree(&[("a/x", "2"), ("b/new", "2"), ("c", "2")]);
        let both = lower.overlay("", &upper).unwrap();
        assert_eq!(shown(&both), ["a", "a/x", "a/y", "b", "b/new", "c"]);
        assert_eq!(both.read("a/x").unwrap(), "2");
        assert_eq!(both.read("a/y").unwrap(), "1");
        assert_eq!(both.read("c").unwrap(), "2");
        assert!(!both.exists("c/d").unwrap());
    }

    #[test]
    fn the_way_to_the_mount_is_made() {
        let lower = tree(&[("a", "1")]);
        let upper = tree(&[("deep/x", "2"), ("y", "2")]);
        let both = lower.overlay("m/n", &upper.at("deep").unwrap()).unwrap();
        assert_eq!(shown(&both), ["a", "m", "m/n", "m/n/x"]);
        assert_eq!(
            both.at("m/n").unwrap().digest().unwrap(),
            upper.at("deep").unwrap().digest().unwrap()
        );
    }

    #[test]
    fn a_file_on_the_way_to_the_mount_gives_way() {
        let lower = tree(&[("m", "a file")]);
        let both = lower.overlay("m/n", &tree(&[("x", "2")])).unwrap();
        assert_eq!(shown(&both), ["m", "m/n", "m/n/x"]);
    }
}
