//! Every reader of foreign bytes, on bytes that nobody meant.

use std::env;

use gotk_artifact::{
    Digest, IgnoreRules, Kind, PackOptions, Revision, TreeBuilder, TreePath, UnpackOptions, unpack,
};

use crate::flux::packed;

/// Flips, cuts and repeats pieces of the seeds; the same ones in every run.
fn mutated(seeds: &[Vec<u8>], mut fuzz: impl FnMut(&[u8])) {
    let cases = env::var("GOTK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for case in 0..cases {
        let mut bytes = seeds[case % seeds.len()].clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(5) {
                0 if !bytes.is_empty() => bytes[at] = random(256) as u8,
                1 if !bytes.is_empty() => bytes[at] ^= 1 << random(8),
                2 => bytes.truncate(at),
                3 => {
                    let piece = bytes[at..(at + random(64)).min(bytes.len())].to_vec();
                    let to = random(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => {
                    let other = &seeds[random(seeds.len())];
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[random(other.len())..]);
                }
            }
        }
        fuzz(&bytes);
    }
}

#[test]
fn archives() {
    let tree = TreeBuilder::new()
        .file("a/b.yaml", "kind: ConfigMap\n")
        .and_then(|tree| tree.file("é".repeat(70), "x".repeat(2000)))
        .and_then(|tree| tree.executable("run.sh", "#!/bin/sh\n"))
        .unwrap()
        .build();
    let (_, archive) = packed(&tree, &PackOptions::default());
    let mut tar = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&archive[..]), &mut tar).unwrap();
    let options = UnpackOptions::default().limit_bytes(1 << 20);
    mutated(std::slice::from_ref(&archive), |bytes| {
        let _ = unpack(bytes, &Digest::sha256(bytes), &options);
    });
    mutated(&[tar], |bytes| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        let archive = encoder.finish().unwrap();
        if let Ok(tree) = unpack(&archive[..], &Digest::sha256(&archive), &options) {
            // Whatever is let in can be read, named and packed.
            let (digest, again) = packed(&tree, &PackOptions::default().threads(1));
            let again = unpack(&again[..], &digest, &options).unwrap();
            assert_eq!(again.digest().unwrap(), tree.digest().unwrap());
        }
    });
}

#[test]
fn ignore_rules() {
    let seeds =
        ["/*\n!/a/**/[^b-d]\\*?\n# no\n**/x/", "a[!b]**c/\n\n!*.yaml  \n\\ ", "[]a-z]\n[\n\\"];
    let seeds: Vec<_> = seeds.map(|seed| seed.as_bytes().to_vec()).into();
    mutated(&seeds, |bytes| {
        let rules = IgnoreRules::defaults().and(bytes, &TreePath::root()).unwrap();
        for path in [&b"a"[..], b"a/b/c.yaml", b"x/\xff\xfe/y", "é/ü".as_bytes()] {
            rules.excludes(&TreePath::new(path).unwrap(), Kind::File);
            rules.excludes(&TreePath::new(path).unwrap(), Kind::Directory);
        }
    });
}

#[test]
fn revisions_digests_and_paths() {
    let commit = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
    let seeds =
        [format!("main@sha1:{commit}"), format!("a/b/{commit}"), "1.2.3+x@é/..//a\0".to_owned()];
    let seeds: Vec<_> = seeds.map(String::into_bytes).into();
    mutated(&seeds, |bytes| {
        if let Ok(path) = TreePath::new(bytes) {
            assert_eq!(TreePath::new(path.as_bytes()).unwrap(), path);
        }
        let text = String::from_utf8_lossy(bytes);
        if let Ok(revision) = text.parse::<Revision>() {
            assert_eq!(revision.to_string().parse::<Revision>().unwrap(), revision, "{text:?}");
        }
        if let Ok(digest) = text.parse::<Digest>() {
            assert_eq!(digest.to_string(), text);
        }
    });
}
