//! What holds for any tree.

use std::collections::BTreeMap;

use gotk_artifact::{
    PackOptions, Tree, TreeBuilder, TreePath, UnpackOptions, unpack, unpack_to_folder,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::flux::packed;

type Files = BTreeMap<String, (Vec<u8>, bool)>;

fn runner(cases: u32) -> TestRunner {
    let cases =
        std::env::var("GOTK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

fn files() -> impl Strategy<Value = Files> {
    let name = prop_oneof![
        4 => "[a-c]{1,2}",
        1 => "[ -~]{1,12}",
        1 => "\\PC{1,4}",
        1 => "[a-z]{90,120}",
    ];
    let path = prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"));
    let contents = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..600),
        1 => (any::<u8>(), 0_usize..700_000).prop_map(|(byte, size)| {
            (0..size).map(|index| byte.wrapping_add((index / 97) as u8)).collect()
        }),
    ];
    prop::collection::btree_map(path, (contents, any::<bool>()), 0..12)
}

/// As many of the files as can stand beside each other.
fn tree(files: impl Iterator<Item = (String, (Vec<u8>, bool))>) -> Tree {
    let mut tree = TreeBuilder::new();
    for (path, (contents, executable)) in files {
        let add = if executable { TreeBuilder::executable } else { TreeBuilder::file };
        if !path.contains('\\') {
            tree = add(tree.clone(), path, contents).unwrap_or(tree);
        }
    }
    tree.build()
}

#[test]
fn what_was_packed_comes_out_again() {
    runner(40)
        .run(&files(), |files| {
            let tree = tree(files.into_iter());
            let (digest, archive) = packed(&tree, &PackOptions::default().threads(1));
            for threads in [2, 3, 7] {
                let (other, _) = packed(&tree, &PackOptions::default().threads(threads));
                prop_assert_eq!(digest, other, "{} threads", threads);
            }
            let options = UnpackOptions::default().durable(false);
            let again = unpack(&archive[..], &digest, &options).unwrap();
            prop_assert_eq!(again.digest().unwrap(), tree.digest().unwrap());
            prop_assert_eq!(packed(&again, &PackOptions::default()).0, digest);

            let folder = tempfile::tempdir().unwrap();
            let on_disk = unpack_to_folder(&archive[..], &digest, folder.path(), &options).unwrap();
            prop_assert_eq!(on_disk.digest().unwrap(), tree.digest().unwrap());
            prop_assert_eq!(packed(&on_disk, &PackOptions::default()).0, digest);
            Ok(())
        })
        .unwrap();
}

/// A compressor that has worked before must not leave traces in what it does next.
#[test]
fn the_number_of_threads_is_not_in_the_bytes() {
    let file = |index: usize| {
        let line =
            |line: usize| format!("key-{}: value-{}\n", line * 7 % 131, (line * index) % 977);
        (0..6000).map(line).collect::<String>()
    };
    let add = |tree: TreeBuilder, index| tree.file(format!("{index}.yaml"), file(index)).unwrap();
    let tree = (0..40).fold(TreeBuilder::new(), add).build();
    let (expected, _) = packed(&tree, &PackOptions::default().threads(1));
    for round in 0..8 {
        let (digest, _) = packed(&tree, &PackOptions::default().threads(2 + round % 4));
        assert_eq!(digest, expected, "round {round}");
    }
}

#[test]
fn a_filter_and_an_overlay_make_a_tree_whole_again() {
    runner(60)
        .run(&(files(), any::<u64>()), |(files, choice)| {
            let tree = tree(files.into_iter());
            let chosen = |path: &TreePath| {
                path.as_bytes()
                    .iter()
                    .fold(choice, |hash, &byte| hash.rotate_left(5) ^ u64::from(byte))
                    % 2
                    == 0
            };
            let one = tree.filter(|path, _| chosen(path)).unwrap();
            let other = tree.filter(|path, _| !chosen(path)).unwrap();
            let whole = one.overlay("", &other).unwrap();
            prop_assert_eq!(whole.digest().unwrap(), tree.digest().unwrap());
            prop_assert_eq!(
                tree.overlay("", &one).unwrap().digest().unwrap(),
                tree.digest().unwrap()
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_path_never_leaves_its_tree() {
    let tree = TreeBuilder::new()
        .file("a/b/c", "1")
        .and_then(|tree| tree.link("l", "a/b"))
        .unwrap()
        .build();
    runner(500)
        .run(&"(a|b|c|l|\\.\\.|\\.|/){0,12}", |path| {
            let resolved = tree.at("a").unwrap().resolve(&path);
            if let Ok(resolved) = resolved {
                prop_assert!(tree.exists(&resolved).unwrap());
                prop_assert!(resolved.names().all(|name| name != b".." && name != b"."));
            }
            Ok(())
        })
        .unwrap();
}
