//! Every kind of tree keeps the contract of its trait.

use std::fs;

use gotk_artifact::contract::{self, Given};
use gotk_artifact::{CacheOptions, PackOptions, Tree, TreeBuilder, TreeCache};

use crate::flux::packed;

fn in_memory(given: &[Given<'_>]) -> Tree {
    let add = |tree: TreeBuilder, given: &Given<'_>| match *given {
        Given::File(path, contents) => tree.file(path, contents.to_owned()).unwrap(),
        Given::Executable(path, contents) => tree.executable(path, contents.to_owned()).unwrap(),
        Given::Link(path, target) => tree.link(path, target).unwrap(),
        _ => panic!("{given:?} is new to this test"),
    };
    given.iter().fold(TreeBuilder::new(), add).build()
}

#[test]
fn memory() {
    contract::tree_source(in_memory);
}

#[test]
fn overlays_and_filters() {
    contract::tree_source(|given| {
        let (lower, upper) = given.split_at(given.len() / 2);
        in_memory(lower).overlay("", &in_memory(upper)).unwrap()
    });
    contract::tree_source(|given| {
        let more =
            in_memory(given).overlay("", &in_memory(&[Given::File("zz/hidden", "x")])).unwrap();
        more.filter(|path, _| !path.as_bytes().starts_with(b"zz")).unwrap()
    });
}

#[test]
fn a_tree_on_disk_in_one_file() {
    let cache = TreeCache::new(CacheOptions::default().memory_bytes(0));
    contract::tree_source(|given| {
        let is_link = |given: &Given<'_>| matches!(given, Given::Link(..));
        let files: Vec<_> = given.iter().copied().filter(|given| !is_link(given)).collect();
        let links: Vec<_> = given.iter().copied().filter(is_link).collect();
        let (digest, archive) = packed(&in_memory(&files), &PackOptions::default());
        let tree = cache.get(&digest, || Ok(&archive[..])).unwrap();
        tree.overlay("", &in_memory(&links)).unwrap()
    });
    assert_eq!(cache.usage().memory_bytes, 0);
}

#[cfg(unix)]
#[test]
fn folders() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("secret"), "outside").unwrap();
    let mut number = 0;
    contract::tree_source(|given| {
        number += 1;
        let root = parent.path().join(number.to_string());
        fs::create_dir(&root).unwrap();
        for given in given {
            let path = root.join(given.path());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match *given {
                Given::File(_, contents) => fs::write(&path, contents).unwrap(),
                Given::Executable(_, contents) => {
                    fs::write(&path, contents).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
                }
                Given::Link(_, target) => symlink(target, &path).unwrap(),
                _ => panic!("{given:?} is new to this test"),
            }
        }
        Tree::directory(&root).unwrap()
    });
}

/// Sockets and pipes are not there, and nobody waits for them.
#[cfg(unix)]
#[test]
fn what_is_no_file_folder_or_link_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let tree = Tree::directory(folder.path()).unwrap();
    assert!(!tree.exists("socket").unwrap());
    assert_eq!(tree.list("").unwrap().len(), 1);
    assert_eq!(tree.walk().count(), 2);
}

#[test]
fn a_tree_of_no_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(Tree::directory(&file).is_err());
    assert!(Tree::directory(folder.path().join("missing")).is_err());
}
