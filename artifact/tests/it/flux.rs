//! Archives are those of Flux, byte by byte, before they are compressed.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use gotk_artifact::{
    Digest, IgnoreRules, PackOptions, Tree, TreeBuilder, UnpackOptions, pack, unpack,
};

pub(crate) fn packed(tree: &Tree, options: &PackOptions) -> (Digest, Vec<u8>) {
    let mut archive = Vec::new();
    let packed = pack(tree, &mut archive, options).unwrap();
    assert_eq!(packed.digest, Digest::sha256(&archive));
    assert_eq!(packed.size, archive.len() as u64);
    (packed.digest, archive)
}

fn inside(archive: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(archive).read_to_end(&mut tar).unwrap();
    tar
}

fn tree_of(paths: &[Vec<u8>]) -> Tree {
    let add = |tree: TreeBuilder, path: &Vec<u8>| match path.strip_suffix(b"*") {
        Some(script) => tree.executable(script, "#!/bin/sh\n").unwrap(),
        None => tree.file(path, "hello\n").unwrap(),
    };
    paths.iter().fold(TreeBuilder::new(), add).build()
}

/// Trees, and length and SHA-256 of the tar that `storage.Archive` of fluxcd/pkg/artifact 0.4.0 makes
/// of each. Every file holds "hello\n", one with a star is a script.
#[test]
fn headers_are_those_of_the_original() {
    let text = |text: &str| text.as_bytes().to_vec();
    let many = |parts: &[(&str, usize)]| {
        parts.iter().map(|(part, times)| part.repeat(*times)).collect::<String>().into_bytes()
    };
    let rows: [(&str, Vec<Vec<u8>>, usize, &str); 7] = [
        (
            "the smoke test of the reference",
            vec![text("a.yaml"), text("b/run.sh*")],
            4096,
            "5a838b60b95d0e48f91742f05633f89d5389e375c468550a08439192f4a62367",
        ),
        (
            "names too long for one field, or for both",
            vec![
                many(&[("d", 99), ("/", 1), ("f", 100)]),
                many(&[("a/", 60), ("f", 1)]),
                many(&[("x", 101)]),
                many(&[("p", 155), ("/", 1), ("q", 100)]),
                many(&[("p", 156), ("/q", 1)]),
                many(&[("y", 255), ("/", 1), ("z", 255)]),
            ],
            47104,
            "43d8b930f26c0b3116aaa66d3ad8063d21152e3c099ac47718944f984b22f6e6",
        ),
        (
            "names that are not ASCII",
            vec![
                text("é.yaml"),
                text("dir-ü/ok.yaml"),
                many(&[("é", 60), ("/", 1), ("é", 60)]),
                many(&[("n", 98), ("é/m", 1)]),
            ],
            14336,
            "110ddcb403bb85ccca054af7f07abd23a5eb80461fe17d8ce2396590856f1578",
        ),
        (
            "names that are not UTF-8",
            vec![b"caf\xe9.yaml".to_vec(), b"\xff\xfe/x".to_vec()],
            7168,
            "19213a2263ce87203072f510ab771e42af3bab32af3d55f0352c8069f99f8b5b",
        ),
        (
            "names of a hundred bytes",
            vec![
                many(&[("a", 100)]),
                many(&[("b", 99), ("/c", 1)]),
                many(&[("c", 100), ("/d", 1)]),
                many(&[("e/", 50), ("f", 1)]),
            ],
            32256,
            "aff57ce9cc5e45c2e50f50de755070991f03886bda628742f25af01c702d812d",
        ),
        (
            "the order of a walk",
            ["a/z", "a.b/y", "a-b", "A", "Z/q"].map(text).to_vec(),
            8192,
            "aa18e005f802e4065a386f4fc9593670cd857938bd710056e2f5c8249c4776dd",
        ),
        (
            "extended headers whose own names are cut",
            vec![many(&[("h", 90), ("/", 1), ("é", 70)]), many(&[("k", 87), ("/é", 1), ("k", 30)])],
            6656,
            "50e6fa4e4f1706b6683c34b42a56c5871e2f7bb8334e4e441a8afb0f9d5bd8a1",
        ),
    ];
    for (name, paths, length, sha256) in rows {
        let tree = tree_of(&paths);
        let (digest, archive) = packed(&tree, &PackOptions::default());
        let tar = inside(&archive);
        assert_eq!((tar.len(), Digest::sha256(&tar).hex().as_str()), (length, sha256), "{name}");
        assert_eq!(archive[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], "{name}");
        let again = unpack(&archive[..], &digest, &UnpackOptions::default().limit_depth(200));
        assert_eq!(again.unwrap().digest().unwrap(), tree.digest().unwrap(), "{name}");
    }
}

#[test]
fn an_excluded_folder_has_no_entry_but_what_is_brought_back_has() {
    let tree = tree_of(
        &["charts/a/crds/x.yaml", "charts/a/values.yaml", "docs/x", ".git/config", "web.yaml"]
            .map(|path| path.as_bytes().to_vec()),
    );
    let names = |spec: &str| {
        let rules = IgnoreRules::of_tree(&tree, Some(spec)).unwrap();
        let (_, archive) = packed(&tree, &PackOptions::default().ignore(rules));
        let mut archive = tar::Archive::new(MultiGzDecoder::new(&archive[..]));
        let path = |entry: std::io::Result<tar::Entry<'_, _>>| {
            String::from_utf8(entry.unwrap().path_bytes().into_owned()).unwrap()
        };
        archive.entries().unwrap().map(path).collect::<Vec<_>>()
    };
    assert_eq!(names("/*\n!/charts/a/crds"), [".", "charts/a/crds", "charts/a/crds/x.yaml"]);
    assert_eq!(names("/docs\n/charts"), [".", "web.yaml"]);
}

#[test]
fn links_stay_out() {
    let tree = tree_of(&[b"a".to_vec()]);
    let linked = TreeBuilder::new()
        .file("a", "hello\n")
        .and_then(|tree| tree.link("b", "a"))
        .unwrap()
        .build();
    assert_eq!(packed(&tree, &PackOptions::default()), packed(&linked, &PackOptions::default()));
}

#[test]
fn equal_trees_on_disk_and_in_memory_are_one_archive() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["b/run.sh", "a.yaml", "b/c/d.yaml"] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "hello\n").unwrap();
    }
    let on_disk = Tree::directory(folder.path()).unwrap();
    let in_memory = tree_of(&[b"b/c/d.yaml".to_vec(), b"a.yaml".to_vec(), b"b/run.sh".to_vec()]);
    assert_eq!(on_disk.digest().unwrap(), in_memory.digest().unwrap());
    let options = PackOptions::default();
    assert_eq!(packed(&on_disk, &options), packed(&in_memory, &options));
}
