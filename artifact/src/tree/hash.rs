//! The digest of a tree, which does not depend on where the tree lies.
//!
//! A folder's digest is that of its entries in order: for each the kind, the length of the name, the
//! name, and the digest of what it names. So a folder deep in one tree has the digest of an equal
//! tree by itself, and no two different trees write the same bytes.

use std::io::Read;

use super::{File, Kind, Tree, Walked};
use crate::{Algorithm, Digest, Error};

/// Changing this line, or anything below it, changes every digest that anyone has written down.
const HEAD: &[u8] = b"gotk tree 1\n";

/// A folder that is being hashed.
struct Open {
    hasher: blake3::Hasher,
    name: Vec<u8>,
}

impl Open {
    fn new(name: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(HEAD);
        Self { hasher, name: name.to_vec() }
    }

    fn entry(&mut self, kind: u8, name: &[u8], digest: &blake3::Hash) {
        self.hasher.update(&[kind]);
        self.hasher.update(&(name.len() as u32).to_le_bytes());
        self.hasher.update(name);
        self.hasher.update(digest.as_bytes());
    }
}

pub(super) fn digest(tree: &Tree) -> Result<Digest, Error> {
    let mut root = Open::new(b"");
    // The folders between the root and where the walk is, the innermost last.
    let mut open: Vec<Open> = Vec::new();
    for walked in tree.walk().skip(1) {
        let walked = walked?;
        let depth = walked.path.names().count();
        close(&mut root, &mut open, depth - 1);
        let name = walked.path.name();
        if walked.kind == Kind::Directory {
            open.push(Open::new(name));
            continue;
        }
        let (kind, digest) = leaf(tree, &walked)?;
        open.last_mut().unwrap_or(&mut root).entry(kind, name, &digest);
    }
    close(&mut root, &mut open, 0);
    Ok(Digest::from_raw(Algorithm::Blake3, root.hasher.finalize().as_bytes()))
}

/// Gives the digests of the folders that the walk has left to those around them.
fn close(root: &mut Open, open: &mut Vec<Open>, depth: usize) {
    while open.len() > depth {
        let Some(done) = open.pop() else { return };
        let digest = done.hasher.finalize();
        open.last_mut().unwrap_or(root).entry(b'd', &done.name, &digest);
    }
}

fn leaf(tree: &Tree, walked: &Walked) -> Result<(u8, blake3::Hash), Error> {
    if walked.kind == Kind::Link {
        let target = tree.source.link(&walked.full)?;
        return Ok((b'l', blake3::hash(&target)));
    }
    let mut file = tree.open_walked(walked)?;
    let kind = if file.executable() { b'x' } else { b'f' };
    Ok((kind, hash_file(&mut file, walked)?))
}

fn hash_file(file: &mut File, walked: &Walked) -> Result<blake3::Hash, Error> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let read = file.read(&mut buffer);
        match read.map_err(Error::storage("read", walked.path.to_string()))? {
            0 => return Ok(hasher.finalize()),
            read => hasher.update(&buffer[..read]),
        };
    }
}

#[cfg(test)]
mod tests {
    use crate::{Error, Tree, TreeBuilder};

    fn digest(build: impl FnOnce(TreeBuilder) -> Result<TreeBuilder, Error>) -> String {
        let tree: Tree = build(TreeBuilder::new()).unwrap().build();
        tree.digest().unwrap().to_string()
    }

    /// Once released, these never change: they are written into statuses and caches.
    #[test]
    fn the_format_is_pinned() {
        let tree = |tree: TreeBuilder| {
            tree.file("a/x.yaml", "1\n")?.executable("run.sh", "#!/bin/sh\n")?.link("l", "a")
        };
        assert_eq!(
            digest(tree),
            "blake3:201179da1fc9d0bed10ceb22acd0d5934a5a591cd69cfc9046e9b9d0cc217cec"
        );
        assert_eq!(digest(Ok), format!("blake3:{}", blake3::hash(b"gotk tree 1\n").to_hex()));
    }

    #[test]
    fn whatever_changes_the_meaning_changes_the_digest() {
        let variants = [
            digest(Ok),
            digest(|tree| tree.directory("a")),
            digest(|tree| tree.directory("a/b")),
            digest(|tree| tree.directory("a")?.directory("b")),
            digest(|tree| tree.file("a", "")),
            digest(|tree| tree.executable("a", "")),
            digest(|tree| tree.link("a", "")),
            digest(|tree| tree.file("a", "b")),
            digest(|tree| tree.link("a", "b")),
            digest(|tree| tree.file("b", "a")),
            digest(|tree| tree.file("a/b", "")),
            digest(|tree| tree.file("ab", "")),
            digest(|tree| tree.file("A", "")),
            digest(|tree| tree.file(b"\xff", "")),
        ];
        for (index, one) in variants.iter().enumerate() {
            assert!(!variants[..index].contains(one), "variant {index} equals an earlier one");
        }
    }
}
