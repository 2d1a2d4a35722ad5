//! Follows a path from outside, one name at a time, without ever leaving the tree.

use super::{Kind, Metadata, Tree};
use crate::error::printable;
use crate::path::{check_name, names};
use crate::{Error, TreePath};

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

impl Tree {
    /// The path that `path` leads to, and what is there, links followed.
    pub(super) fn find(&self, path: &[u8]) -> Result<(TreePath, Metadata), Error> {
        Walker::new(self, path)?.run(true)
    }

    /// The same, but a link at the end is the answer and not a step.
    pub(super) fn find_unfollowed(&self, path: &[u8]) -> Result<(TreePath, Metadata), Error> {
        Walker::new(self, path)?.run(false)
    }
}

struct Walker<'a> {
    tree: &'a Tree,
    /// As it was given, for messages.
    path: &'a [u8],
    /// How far it has been followed; holds no link.
    at: TreePath,
    metadata: Metadata,
    /// The names still to follow, the next one last.
    rest: Vec<Vec<u8>>,
    links: usize,
}

impl<'a> Walker<'a> {
    fn new(tree: &'a Tree, path: &'a [u8]) -> Result<Self, Error> {
        if path.len() > TreePath::MAX_LENGTH {
            let problem = "it is longer than 4096 bytes";
            return Err(Error::InvalidPath { path: printable(path), problem });
        }
        let from_root = path.first() == Some(&b'/');
        Ok(Self {
            tree,
            path,
            at: if from_root { TreePath::root() } else { tree.at.clone() },
            metadata: Metadata::of(Kind::Directory),
            rest: names(path).rev().map(<[u8]>::to_vec).collect(),
            links: 0,
        })
    }

    fn run(mut self, follow_last: bool) -> Result<(TreePath, Metadata), Error> {
        while let Some(name) = self.rest.pop() {
            match name.as_slice() {
                b".." => self.step_up()?,
                name => self.step_down(name, follow_last)?,
            }
        }
        Ok((self.at, self.metadata))
    }

    fn step_up(&mut self) -> Result<(), Error> {
        self.metadata = Metadata::of(Kind::Directory);
        if self.at.pop() { Ok(()) } else { Err(self.unsafe_path()) }
    }

    fn step_down(&mut self, name: &[u8], follow_last: bool) -> Result<(), Error> {
        check_name(name)
            .map_err(|problem| Error::InvalidPath { path: printable(self.path), problem })?;
        self.at.push(name);
        let found = self.tree.source.metadata(&self.at)?;
        self.metadata = found.ok_or_else(|| Error::NotFound { path: printable(self.path) })?;
        if self.metadata.kind == Kind::Link && (follow_last || !self.rest.is_empty()) {
            self.follow()?;
        }
        Ok(())
    }

    /// Puts what the link says in place of its name.
    fn follow(&mut self) -> Result<(), Error> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Error::LinkLoop { path: printable(self.path), limit: MAX_LINKS });
        }
        let target = self.tree.source.link(&self.at)?;
        if target.first() == Some(&b'/') {
            return Err(self.unsafe_path());
        }
        self.at.pop();
        self.metadata = Metadata::of(Kind::Directory);
        self.rest.extend(names(&target).rev().map(<[u8]>::to_vec));
        Ok(())
    }

    fn unsafe_path(&self) -> Error {
        Error::UnsafePath { path: printable(self.path) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, TreeBuilder};

    /// What a path leads to in a tree with links of every sort, or a word of the message.
    #[test]
    fn paths_are_followed_inside_and_refused_outside() {
        let tree = TreeBuilder::new()
            .file("a/b/file", "x")
            .and_then(|tree| tree.link("to-b", "a/b"))
            .and_then(|tree| tree.link("a/up", "../to-b"))
            .and_then(|tree| tree.link("a/out", "../../etc/passwd"))
            .and_then(|tree| tree.link("a/out-and-back", "../../tree/a"))
            .and_then(|tree| tree.link("absolute", "/a/b"))
            .and_then(|tree| tree.link("loop", "loop"))
            .and_then(|tree| tree.link("ping", "a/pong"))
            .and_then(|tree| tree.link("a/pong", "../ping"))
            .and_then(|tree| tree.link("dangling", "nowhere"))
            .and_then(|tree| tree.link("empty-file", "a/b/file/"))
            .unwrap()
            .build();
        for (path, expected) in [
            ("a/b/file", Ok("a/b/file")),
            ("/a/b/file", Ok("a/b/file")),
            ("./a//b/../b/file/", Ok("a/b/file")),
            ("to-b/file", Ok("a/b/file")),
            ("a/up/file", Ok("a/b/file")),
            // As in a shell, `..` after a link is the folder above the link's target.
            ("to-b/../up/file", Ok("a/b/file")),
            ("empty-file", Ok("a/b/file")),
            ("", Ok("")),
            ("/", Ok("")),
            ("..", Err("leaves the tree")),
            ("a/../../x", Err("leaves the tree")),
            ("/..", Err("leaves the tree")),
            ("a/out", Err("leaves the tree")),
            ("a/out-and-back/b", Err("leaves the tree")),
            ("absolute/file", Err("leaves the tree")),
            ("loop", Err("more than 40 links")),
            ("ping/x", Err("more than 40 links")),
            ("dangling", Err("nothing is at \"dangling\"")),
            ("missing/../a", Err("nothing is at")),
            ("a/b/file/x", Err("nothing is at")),
            ("a\0", Err("NUL")),
            (&"a/".repeat(3000), Err("4096")),
        ] {
            match (tree.resolve(path), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found.as_str(), Some(expected), "{path}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{path}: {error}");
                }
                (found, _) => panic!("{path}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_place_in_a_tree_is_a_folder() {
        let tree = TreeBuilder::new().file("a/file", "x").unwrap().build();
        assert!(matches!(tree.at("a/file"), Err(Error::WrongKind { .. })));
        assert!(matches!(tree.read("a"), Err(Error::WrongKind { .. })));
        assert!(matches!(tree.list("a/file"), Err(Error::WrongKind { .. })));
        assert!(matches!(tree.link("a"), Err(Error::WrongKind { .. })));
    }

    #[test]
    fn links_that_multiply_are_cut_short() {
        let mut builder = TreeBuilder::new().file("end", "x").unwrap();
        for index in 0..60 {
            let step = format!("l{}/../", index + 1);
            builder = builder.link(format!("l{index}"), step.repeat(300)).unwrap();
        }
        let error = builder.build().resolve("l0").unwrap_err();
        assert!(matches!(error, Error::LinkLoop { .. } | Error::NotFound { .. }), "{error}");
    }
}
