//! A tree that has not changed is neither read nor packed again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gotk_artifact::{
    Algorithm, Digest, Entry, Error, File, IgnoreRules, Kind, Metadata, PackMemo, PackOptions,
    Packed, Tree, TreePath, TreeSource,
};

/// One file, and how often somebody looked for or into it.
#[derive(Debug)]
struct Counted {
    contents: &'static str,
    identity: Option<Digest>,
    looks: Arc<AtomicUsize>,
}

impl Counted {
    fn look(&self) {
        self.looks.fetch_add(1, Ordering::Relaxed);
    }
}

impl TreeSource for Counted {
    fn metadata(&self, path: &TreePath) -> Result<Option<Metadata>, Error> {
        self.look();
        let file = Metadata::file(self.contents.len() as u64, false);
        Ok(Some(if path.is_root() { Metadata::of(Kind::Directory) } else { file }))
    }

    fn list(&self, _: &TreePath) -> Result<Vec<Entry>, Error> {
        self.look();
        Ok(vec![Entry::new(TreePath::new("file")?, Kind::File)])
    }

    fn open(&self, path: &TreePath) -> Result<File, Error> {
        self.look();
        Ok(File::from_bytes(path.clone(), self.contents.into(), false))
    }

    fn link(&self, _: &TreePath) -> Result<Vec<u8>, Error> {
        panic!("there are no links")
    }

    fn identity(&self, _: &TreePath) -> Option<Digest> {
        self.identity
    }
}

#[derive(Default)]
struct Bench {
    looks: Arc<AtomicUsize>,
    archives: AtomicUsize,
}

impl Bench {
    fn tree(&self, contents: &'static str, identity: Option<Digest>) -> Tree {
        Tree::new(Counted { contents, identity, looks: Arc::clone(&self.looks) })
    }

    /// A tree that knows what it is, as a commit does.
    fn commit(&self, contents: &'static str) -> Tree {
        self.tree(contents, Some(Digest::sha256(contents.as_bytes())))
    }

    fn pack(&self, memo: &PackMemo, tree: &Tree, options: &PackOptions) -> Packed {
        let open = || {
            self.archives.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        };
        memo.pack(tree, options, open).unwrap()
    }

    /// How often the source was looked at and an archive was begun since the last time.
    fn spent(&self) -> (usize, usize) {
        (self.looks.swap(0, Ordering::Relaxed), self.archives.swap(0, Ordering::Relaxed))
    }
}

#[test]
fn an_unchanged_commit_costs_nothing() {
    let (bench, memo, options) = (Bench::default(), PackMemo::new(10), PackOptions::default());
    let first = bench.pack(&memo, &bench.commit("a"), &options);
    let (looks, archives) = bench.spent();
    assert!(looks > 0 && archives == 1);
    assert_eq!(bench.pack(&memo, &bench.commit("a"), &options), first);
    assert_eq!(bench.spent(), (0, 0));
    assert_ne!(bench.pack(&memo, &bench.commit("b"), &options), first);
    assert_eq!(bench.spent(), (looks, 1));
}

#[test]
fn a_tree_whose_digest_is_known_costs_nothing() {
    let (bench, memo, options) = (Bench::default(), PackMemo::new(10), PackOptions::default());
    let tree = bench.tree("a", None);
    let first = bench.pack(&memo, &tree, &options);
    bench.spent();
    assert_eq!(bench.pack(&memo, &tree, &options), first);
    assert_eq!(bench.spent(), (0, 0));
    // Another handle has to be read, once, but nothing is packed.
    assert_eq!(bench.pack(&memo, &bench.tree("a", None), &options), first);
    let (looks, archives) = bench.spent();
    assert!(looks > 0 && archives == 0);
}

#[test]
fn other_rules_and_other_algorithms_make_other_archives() {
    let (bench, memo, options) = (Bench::default(), PackMemo::new(10), PackOptions::default());
    let tree = bench.commit("a");
    let all = bench.pack(&memo, &tree, &options);
    let rules = IgnoreRules::none().and("file", &TreePath::root()).unwrap();
    let none = bench.pack(&memo, &tree, &options.clone().ignore(rules));
    let blake3 = bench.pack(&memo, &tree, &options.clone().algorithm(Algorithm::Blake3));
    assert_eq!(bench.spent().1, 3);
    assert!(all.digest != none.digest && all.digest != blake3.digest && all.size == blake3.size);
    // How many threads there are is not in the bytes.
    assert_eq!(bench.pack(&memo, &tree, &options.threads(1)), all);
    assert_eq!(bench.spent(), (0, 0));
}

#[test]
fn what_is_forgotten_is_packed_again() {
    let (bench, memo, options) = (Bench::default(), PackMemo::new(2), PackOptions::default());
    let packs = |contents| {
        bench.spent();
        let packed = bench.pack(&memo, &bench.commit(contents), &options);
        (packed.digest, bench.spent().1)
    };
    let (first, _) = packs("a");
    memo.forget(&first);
    assert_eq!(packs("a").1, 1);
    packs("b");
    assert_eq!(packs("a").1, 0);
    packs("c");
    assert_eq!((packs("a").1, packs("b").1), (0, 1), "b was asked for longest ago");
}

#[test]
fn what_went_wrong_is_not_remembered() {
    let (bench, memo, options) = (Bench::default(), PackMemo::new(2), PackOptions::default());
    let tree = bench.commit("a");
    let full = || -> Result<Vec<u8>, Error> { Err(Error::CacheFull { limit: 0 }) };
    memo.pack(&tree, &options, full).unwrap_err();
    bench.pack(&memo, &tree, &options);
    assert_eq!(bench.spent().1, 1);
}
