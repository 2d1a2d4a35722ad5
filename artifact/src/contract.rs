//! What every implementation of a trait in this crate must do, as tests to call from your own.

use crate::{Error, Kind, Tree};

/// Something that a tree is to be made of.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Given<'a> {
    /// A file: path and contents.
    File(&'a str, &'a str),
    /// A file that may be executed.
    Executable(&'a str, &'a str),
    /// A link: path and target.
    Link(&'a str, &'a str),
}

impl<'a> Given<'a> {
    /// Where it is to stand.
    pub fn path(&self) -> &'a str {
        match self {
            Self::File(path, _) | Self::Executable(path, _) | Self::Link(path, _) => path,
        }
    }
}

/// Checks a [`TreeSource`](crate::TreeSource) by what a [`Tree`] over it answers.
///
/// `make` returns a tree of exactly what it is given, in no particular order of its own.
///
/// # Panics
///
/// At the first rule that does not hold.
pub fn tree_source(mut make: impl FnMut(&[Given<'_>]) -> Tree) {
    reads_what_it_was_given(&make(FILES));
    follows_links_inside_only(&make(LINKS));
    names_its_contents(&mut make);
}

const FILES: &[Given<'_>] = &[
    Given::File("b.yaml", "kind: B\n"),
    Given::File("apps/web/a.yaml", "kind: A\n"),
    Given::Executable("apps/run.sh", "#!/bin/sh\n"),
    Given::File("apps-old/empty", ""),
    Given::File("Apps/case", "upper\n"),
    Given::File("é/ü b", "names are bytes\n"),
];

const LINKS: &[Given<'_>] = &[
    Given::File("base/x.yaml", "kind: X\n"),
    Given::Link("latest", "base"),
    Given::Link("base/self.yaml", "x.yaml"),
    Given::Link("out", "../secret"),
    Given::Link("absolute", "/etc/passwd"),
    Given::Link("dangling", "nowhere"),
    Given::Link("circle", "circle"),
];

fn reads_what_it_was_given(tree: &Tree) {
    for given in FILES {
        let (Given::File(path, contents) | Given::Executable(path, contents)) = given else {
            continue;
        };
        assert_eq!(reads(tree, path), *contents, "{path} holds what it was given");
        let metadata = tree.metadata(path).expect("what was given has metadata");
        assert_eq!(metadata.kind, Kind::File, "{path} is a file");
        assert_eq!(metadata.size, contents.len() as u64, "{path} says how long it is");
        let executable = matches!(given, Given::Executable(..));
        assert_eq!(metadata.executable, executable, "{path} says whether it may be executed");
        let opened = tree.open(path).expect("what was given opens");
        assert_eq!((opened.size(), opened.executable()), (metadata.size, executable), "{path}");
    }
    let names = ["", "Apps", "Apps/case", "apps", "apps/run.sh", "apps/web", "apps/web/a.yaml"];
    let names = names.iter().chain(&["apps-old", "apps-old/empty", "b.yaml", "é", "é/ü b"]);
    let walked = tree.walk().map(|walked| walked.expect("walks").path.to_string());
    assert!(walked.eq(names.copied()), "a walk finds everything, in order");
    for absent in ["c", "apps/c", "b.yaml/c", "APPS"] {
        assert!(!tree.exists(absent).expect("absence is no error"), "{absent} is not there");
    }
    let kind = tree.metadata("apps").expect("a folder has metadata").kind;
    assert_eq!(kind, Kind::Directory, "folders on the way are folders");
}

fn follows_links_inside_only(tree: &Tree) {
    assert_eq!(reads(tree, "latest/self.yaml"), "kind: X\n", "links inside are followed");
    assert_eq!(tree.link("latest").expect("a link has a target"), b"base");
    for path in ["out", "absolute", "latest/../out"] {
        let refused = matches!(tree.read(path), Err(Error::UnsafePath { .. }));
        assert!(refused, "{path} leads out and is refused");
    }
    assert!(matches!(tree.read("dangling"), Err(Error::NotFound { .. })), "nothing is there");
    assert!(matches!(tree.read("circle"), Err(Error::LinkLoop { .. })), "a circle ends");
    let entries = tree.list("").expect("a folder lists");
    let links = entries.iter().filter(|entry| entry.kind == Kind::Link).count();
    assert_eq!(links, 5, "a listing does not follow links");
}

fn names_its_contents(make: &mut impl FnMut(&[Given<'_>]) -> Tree) {
    let digest = |tree: &Tree| tree.digest().expect("a tree has a digest");
    let backwards: Vec<Given<'_>> = FILES.iter().rev().copied().collect();
    assert_eq!(digest(&make(FILES)), digest(&make(&backwards)), "the order given is not in it");
    assert_ne!(digest(&make(FILES)), digest(&make(&FILES[1..])), "the contents are");
    let known = digest(&make(&[Given::File("a/b", "c"), Given::Executable("d", "e")]));
    assert_eq!(known.to_string(), KNOWN, "all implementations give one tree one digest");
    let identity = |tree: &Tree| tree.identity().expect("a tree has an identity");
    assert_eq!(identity(&make(FILES)), identity(&make(&backwards)), "nor is it in the identity");
    for other in [
        &FILES[1..],
        &[&FILES[1..], &[Given::File("b.yaml", "kind: C\n")]].concat(),
        &[&FILES[1..], &[Given::Executable("b.yaml", "kind: B\n")]].concat(),
        &[&FILES[1..], &[Given::File("c.yaml", "kind: B\n")]].concat(),
    ] {
        assert_ne!(identity(&make(FILES)), identity(&make(other)), "the contents are");
    }
}

const KNOWN: &str = "blake3:b0ba47ec373f9e8031acdfaeb800b11e7d11c4af9676bacfc142302c8eb2f886";

fn reads(tree: &Tree, path: &str) -> String {
    let bytes = tree.read(path).expect("what was given can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
