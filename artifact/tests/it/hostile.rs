//! Archives that somebody made to do harm, and what becomes of them.
//!
//! HOSTILE.md in this crate tells what GNU tar and Flux's SDK do with the same archives.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use gotk_artifact::{Digest, Error, Links, Tree, UnpackOptions, unpack, unpack_to_folder};
use tar::{EntryType, Header};

/// An archive, entry by entry, of any bytes.
#[derive(Default)]
struct Hostile(Vec<u8>);

impl Hostile {
    fn entry(mut self, kind: u8, name: &[u8], link: &[u8], contents: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::new(kind));
        header.set_mode(0o644);
        header.set_size(contents.len() as u64);
        header.set_mtime(0);
        let ustar = header.as_ustar_mut().unwrap();
        ustar.name[..name.len()].copy_from_slice(name);
        ustar.linkname[..link.len()].copy_from_slice(link);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.raw(contents)
    }

    fn file(self, name: &str, contents: &str) -> Self {
        self.entry(b'0', name.as_bytes(), b"", contents.as_bytes())
    }

    fn link(self, kind: u8, name: &str, target: &str) -> Self {
        self.entry(kind, name.as_bytes(), target.as_bytes(), b"")
    }

    /// Bytes, and zeros up to the next block.
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn gzip(&self) -> Vec<u8> {
        gzip(&[&self.0[..], &[0; 1024]].concat())
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(9));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What came of it in memory; a folder on disk must come to the same.
fn outcome(archive: &[u8], options: &UnpackOptions) -> Result<Vec<String>, Error> {
    let digest = Digest::sha256(archive);
    let parent = tempfile::tempdir().unwrap();
    let target = parent.path().join("target");
    let on_disk = unpack_to_folder(archive, &digest, &target, options);
    let in_memory = unpack(archive, &digest, options);
    let left: Vec<_> =
        fs::read_dir(parent.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    match (&on_disk, &in_memory) {
        (Ok(on_disk), Ok(in_memory)) => {
            assert_eq!(on_disk.digest().unwrap(), in_memory.digest().unwrap());
            assert_eq!(left, ["target"]);
        }
        (Err(on_disk), Err(in_memory)) => {
            assert_eq!(on_disk.to_string(), in_memory.to_string());
            assert!(left.is_empty(), "nothing is left: {left:?}");
        }
        other => panic!("disk and memory differ: {other:?}"),
    }
    in_memory.map(|tree| names(&tree))
}

fn names(tree: &Tree) -> Vec<String> {
    tree.walk().skip(1).map(|walked| walked.unwrap().path.to_string()).collect()
}

/// A record of an extended header.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let length = (1..).find(|length: &usize| length.to_string().len() + rest == *length).unwrap();
    format!("{length} {key}={value}\n")
}

/// A case, its archive, and what is there afterwards or a part of the message.
type Row = (&'static str, Hostile, Result<&'static [&'static str], &'static str>);

#[test]
fn every_hostile_archive_is_refused_or_harmless() {
    let new = Hostile::default;
    let pax = |records: String| new().entry(b'x', b"x", b"", records.as_bytes());
    let deep = "d/".repeat(45);
    let mut checksum = new().file("a", "1");
    checksum.0[0] = b'b';
    let mut size = new().file("a", "1");
    size.0[124..135].copy_from_slice(b"77777777777");
    let rows: Vec<Row> = vec![
        ("a name that steps out", new().file("../evil", "1"), Err("steps out of its folder")),
        ("a name that steps out later", new().file("a/../../evil", "1"), Err("steps out")),
        ("a name that steps back in", new().file("a/../b", "1"), Err("steps out")),
        ("the folder above", new().entry(b'5', b"..", b"", b""), Err("steps out")),
        ("a file that is stepped out of", new().file("x/..", "1"), Err("steps out")),
        ("an absolute name", new().file("/etc/evil", "1"), Err("is absolute")),
        ("a name of Windows", new().file("..\\evil", "1"), Err("has a backslash")),
        ("no name", new().file("", "1"), Err("has no name")),
        ("the root as a file", new().file(".", "1"), Err("would replace the folder")),
        ("a name that only looks like a step", new().file("a../b", "1"), Ok(&["a..", "a../b"])),
        ("dots and slashes", new().file("./a//b", "1"), Ok(&["a", "a/b"])),
        (
            "a link to an absolute path",
            new().link(b'2', "a", "/etc/passwd"),
            Err("leaves the archive"),
        ),
        ("a link that steps out", new().link(b'2', "d/a", "../../x"), Err("leaves the archive")),
        (
            "a link that steps out by another",
            new().link(b'2', "a", "b/../.."),
            Err("leaves the archive"),
        ),
        ("a link inside", new().file("a", "1").link(b'2', "b", "a"), Ok(&["a"])),
        ("a file through a link", new().link(b'2', "a", "b").file("a/c", "1"), Ok(&["a", "a/c"])),
        ("a link without a target", new().link(b'2', "a", ""), Err("links to nothing")),
        (
            "a hard link to an earlier file",
            new().file("a", "1").link(b'1', "b", "a"),
            Ok(&["a", "b"]),
        ),
        (
            "a hard link to a later file",
            new().link(b'1', "b", "a").file("a", "1"),
            Err("no earlier file"),
        ),
        ("a hard link out", new().link(b'1', "b", "../a"), Err("steps out")),
        ("a hard link to a system file", new().link(b'1', "b", "/etc/passwd"), Err("is absolute")),
        (
            "a hard link to a folder",
            new().entry(b'5', b"a", b"", b"").link(b'1', "b", "a"),
            Err("no earlier file"),
        ),
        ("a character device", new().link(b'3', "a", ""), Err("is a device")),
        ("a block device", new().link(b'4', "a", ""), Err("is a device")),
        ("a named pipe", new().link(b'6', "a", ""), Err("is a named pipe")),
        ("a type nobody knows", new().link(b'Z', "a", ""), Err("is of an unknown type")),
        (
            "a second file of one name",
            new().file("a", "1").file("a", "2"),
            Err("\"a\" would be there twice"),
        ),
        (
            "a second spelling of one name",
            new().file("a", "1").file("./a", "2"),
            Err("would be there twice"),
        ),
        (
            "a folder where a file is",
            new().file("a", "1").entry(b'5', b"a", b"", b""),
            Err("would be there twice"),
        ),
        (
            "a file where a folder is",
            new().file("a/b", "1").file("a", "1"),
            Err("would be there twice"),
        ),
        ("a file below a file", new().file("a", "1").file("a/b", "1"), Err("would be there twice")),
        (
            "a folder twice",
            new().entry(b'5', b"a", b"", b"").entry(b'5', b"a/", b"", b""),
            Ok(&["a"]),
        ),
        (
            "a hundred folders",
            new().file(&format!("{deep}f"), "1"),
            Err("than the limit of 40 names"),
        ),
        ("an old folder, by its slash", new().entry(0, b"a/", b"", b""), Ok(&["a"])),
        ("a file with a slash at its end", new().file("a/", "1"), Err("folder with contents")),
        (
            "the header of git archive",
            new()
                .entry(b'g', b"pax_global_header", b"", record("comment", "x").as_bytes())
                .file("a", "1"),
            Ok(&["a"]),
        ),
        (
            "a long name that steps out",
            pax(record("path", "../evil")).file("a", "1"),
            Err("steps out"),
        ),
        (
            "two names in one extended header",
            pax(record("path", "a") + &record("path", "b")).file("c", "1"),
            Err("same thing twice"),
        ),
        (
            "a broken extended header",
            pax("99 path=a\n".to_owned()).file("c", "1"),
            Err("broken extended header"),
        ),
        (
            "a sparse file of POSIX",
            pax(record("GNU.sparse.major", "1")).file("a", "1"),
            Err("sparse"),
        ),
        (
            "a long name of GNU that steps out",
            new().entry(b'L', b"././@LongLink", b"", b"../evil\0").file("a", "1"),
            Err("steps out"),
        ),
        ("a header whose sum is wrong", checksum, Err("not a valid tar archive")),
        ("a file that is not all there", size, Err("not a valid tar archive")),
        ("bytes that are no header", new().raw(&[b'x'; 700]), Err("not a valid tar archive")),
        ("an extended header of nothing", pax(record("path", "a")), Err("not a valid tar archive")),
        ("nothing", new(), Ok(&[])),
    ];
    let options = UnpackOptions::default().limit_depth(40).durable(false);
    for (case, hostile, expected) in rows {
        match (outcome(&hostile.gzip(), &options), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{case}"),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{case}: {error}"),
            (found, _) => panic!("{case}: {found:?}"),
        }
    }
}

#[test]
fn links_are_kept_or_refused_on_request() {
    let archive =
        Hostile::default().file("a/x", "1").link(b'2', "b", "a").link(b'2', "a/y", "../b/x");
    let options = UnpackOptions::default().durable(false);
    let kept = outcome(&archive.gzip(), &options.clone().links(Links::Keep)).unwrap();
    assert_eq!(kept, ["a", "a/x", "a/y", "b"]);
    let refused = outcome(&archive.gzip(), &options.clone().links(Links::Refuse)).unwrap_err();
    assert_eq!(refused.to_string(), r#"archive entry "b" is a link"#);
    // What was written through a link would land elsewhere than its name says.
    let through = Hostile::default().link(b'2', "b", "a").file("b/x", "1");
    let error = outcome(&through.gzip(), &options.links(Links::Keep)).unwrap_err();
    assert!(error.to_string().contains("would be there twice"), "{error}");
}

#[test]
fn bombs_are_cut_short() {
    let options = UnpackOptions::default().durable(false);
    let zeros = gzip(&Hostile::default().file("a", &"\0".repeat(30 << 20)).0);
    assert!(zeros.len() < 40_000);
    let message = |archive: &[u8], options: &UnpackOptions| {
        outcome(archive, options).unwrap_err().to_string()
    };
    assert!(message(&zeros, &options).contains("limit of 200 times its packed size"));
    let small = options.clone().limit_bytes(1 << 20);
    assert!(message(&zeros, &small).contains("limit of 1048576 bytes"));
    assert!(outcome(&zeros, &options.clone().limit_ratio(2000)).is_ok());

    let many = (0..20).fold(Hostile::default(), |tar, index| tar.file(&index.to_string(), ""));
    assert!(message(&many.gzip(), &options.clone().limit_entries(19)).contains("19 entries"));
    assert!(outcome(&many.gzip(), &options.clone().limit_entries(20)).is_ok());

    // Members that hold nothing: no byte ever comes out of them.
    let nothing = gzip(b"").repeat(100_000);
    assert!(message(&nothing, &small).contains("limit of 1048576 bytes"));

    // A name that is as long as the archive may be.
    let name = Hostile::default().entry(b'L', b"x", b"", &vec![b'a'; 5 << 20]).file("a", "");
    assert!(outcome(&name.gzip(), &options).is_err());

    // One file, again and again: nothing in memory, and as much on disk as it says.
    let contents = "0123456789".repeat(10_000);
    let copies = (0..100).fold(Hostile::default().file("a", &contents), |tar, index| {
        tar.link(b'1', &format!("b{index}"), "a")
    });
    let digest = Digest::sha256(&copies.gzip());
    let target = tempfile::tempdir().unwrap();
    let error = unpack_to_folder(&copies.gzip()[..], &digest, target.path(), &small).unwrap_err();
    assert!(error.to_string().contains("what hard links repeat"), "{error}");
}

#[test]
fn other_bytes_are_reported_as_other_bytes() {
    let archive = Hostile::default().file("a", "1").gzip();
    let digest = Digest::sha256(&archive);
    let options = UnpackOptions::default();
    let flip = |at: usize| {
        let mut other = archive.clone();
        other[at] ^= 0x55;
        other
    };
    let others = [
        flip(0),
        flip(20),
        flip(archive.len() - 5),
        archive[..archive.len() / 2].to_vec(),
        [&archive[..], b"trailing"].concat(),
        Vec::new(),
        b"<html>not found</html>".to_vec(),
    ];
    for other in others {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("target");
        for result in [
            unpack(&other[..], &digest, &options),
            unpack_to_folder(&other[..], &digest, &target, &options),
        ] {
            let Err(Error::DigestMismatch { expected, actual }) = result else {
                panic!("{result:?} of {} bytes", other.len())
            };
            assert_eq!((*expected, *actual), (digest, Digest::sha256(&other)));
        }
        assert!(!target.exists());
    }
}

#[test]
fn a_stream_that_breaks_may_be_tried_again() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::ConnectionReset.into())
        }
    }
    let error = unpack(Broken, &Digest::sha256(b""), &UnpackOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Stream { .. }) && error.is_transient(), "{error}");
}

#[test]
fn a_folder_that_is_occupied_stays_as_it_is() {
    let archive = Hostile::default().file("a", "1").gzip();
    let digest = Digest::sha256(&archive);
    let parent = tempfile::tempdir().unwrap();
    let options = UnpackOptions::default().durable(false);
    let occupied = parent.path().join("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::write(occupied.join("mine"), "1").unwrap();
    assert!(matches!(
        unpack_to_folder(&archive[..], &digest, &occupied, &options),
        Err(Error::Storage { .. })
    ));
    assert!(occupied.join("mine").exists() && !occupied.join("a").exists());

    let empty = parent.path().join("empty");
    fs::create_dir(&empty).unwrap();
    unpack_to_folder(&archive[..], &digest, &empty, &UnpackOptions::default()).unwrap();
    assert!(empty.join("a").exists());
}
