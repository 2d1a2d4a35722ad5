use gix::hash::Kind;
use gix::zlib::{Compression, stream::deflate};
use gix_pack::data::entry::Header;

use super::*;

/// A pack made by hand.
struct Made {
    bytes: Vec<u8>,
    objects: u32,
}

impl Made {
    fn new() -> Self {
        Self { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), objects: 0 }
    }

    /// Adds an entry that says it inflates to `size`, and returns where it begins.
    fn entry(&mut self, header: Header, size: u64, data: &[u8]) -> u64 {
        self.entry_at_level(9, header, size, data)
    }

    fn entry_at_level(&mut self, level: i32, header: Header, size: u64, data: &[u8]) -> u64 {
        let at = self.bytes.len() as u64;
        header.write_to(size, &mut self.bytes).unwrap();
        let level = Compression::new(level).unwrap();
        let mut deflate = deflate::Write::new(&mut self.bytes, level);
        deflate.write_all(data).unwrap();
        deflate.flush().unwrap();
        self.objects += 1;
        at
    }

    fn blob(&mut self, data: &[u8]) -> u64 {
        self.entry(Header::Blob, data.len() as u64, data)
    }

    /// A delta that replaces everything by `result`, which is shorter than 128 bytes.
    fn delta(&mut self, base: u64, base_size: u8, result: &[u8]) -> u64 {
        let length = result.len() as u8;
        let data = [&[base_size, length, length], result].concat();
        let base_distance = self.bytes.len() as u64 - base;
        self.entry(Header::OfsDelta { base_distance }, data.len() as u64, &data)
    }

    fn done(self) -> Vec<u8> {
        let objects = self.objects;
        self.claiming(objects)
    }

    fn claiming(mut self, objects: u32) -> Vec<u8> {
        self.bytes[8..12].copy_from_slice(&objects.to_be_bytes());
        let mut hasher = gix::hash::hasher(Kind::Sha1);
        hasher.update(&self.bytes);
        let trailer = hasher.try_finalize().unwrap();
        self.bytes.extend_from_slice(trailer.as_slice());
        self.bytes
    }
}

fn take(bytes: &[u8], limits: &Limits) -> Result<Vec<String>, Refused> {
    let directory = tempfile::tempdir().unwrap();
    let result = index(bytes, None, directory.path(), Kind::Sha1, limits, &AtomicBool::new(false));
    let names = std::fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().path().extension().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    assert!(result.is_ok() || names.is_empty(), "what is refused leaves nothing: {names:?}");
    result.map(|()| names)
}

fn small() -> Limits {
    Limits {
        pack_bytes: 200_000,
        objects: 100,
        object_bytes: 10_000,
        inflated_bytes: 50_000,
        delta_depth: 10,
        ..Limits::default()
    }
}

fn too_large(bytes: &[u8]) -> &'static str {
    match take(bytes, &small()) {
        Err(Refused::TooLarge(what, _)) => what,
        other => panic!("{other:?}"),
    }
}

fn damaged(bytes: &[u8]) -> String {
    match take(bytes, &small()) {
        Err(Refused::Damaged(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pack_is_taken_with_its_index_last() {
    let mut made = Made::new();
    let base = made.blob(b"one");
    let next = made.delta(base, 3, b"two");
    made.delta(next, 3, b"three");
    assert_eq!(take(&made.done(), &small()).unwrap(), ["idx", "pack"]);
    assert_eq!(take(&Made::new().done(), &small()).unwrap(), [""; 0], "an empty pack is nothing");
}

#[test]
fn more_of_anything_than_allowed_is_refused() {
    let claims = Made::new().claiming(u32::MAX);
    assert_eq!(too_large(&claims), "objects in a pack");

    let mut large = Made::new();
    large.blob(&[0; 10_001]);
    assert_eq!(too_large(&large.done()), "bytes in an object");

    let mut many = Made::new();
    for n in 0..6 {
        many.blob(&[n; 9_000]);
    }
    assert_eq!(too_large(&many.done()), "bytes in the objects of a pack");

    let mut deep = Made::new();
    let mut last = deep.blob(b"x");
    (0..11).for_each(|_| last = deep.delta(last, 1, b"x"));
    assert_eq!(too_large(&deep.done()), "deltas on top of each other");

    // A delta of four bytes that says it becomes 100,000.
    let mut bomb = Made::new();
    let base = bomb.blob(b"x");
    let base_distance = bomb.bytes.len() as u64 - base;
    bomb.entry(Header::OfsDelta { base_distance }, 5, &[1, 0xa0, 0x8d, 0x06, 0x90]);
    assert_eq!(too_large(&bomb.done()), "bytes in an object");

    let noise: Vec<u8> = random().take(300_000).map(|number| number as u8).collect();
    let mut long = Made::new();
    for chunk in noise.chunks(9_000) {
        long.blob(chunk);
    }
    let roomy = Limits { inflated_bytes: u64::MAX, ..small() };
    assert!(matches!(
        take(&long.done(), &roomy),
        Err(Refused::TooLarge("bytes in a pack", 200_000))
    ));

    // One object that goes on after the bytes it announced is read no further.
    let mut endless = Made::new();
    endless.entry(Header::Blob, 9, &noise);
    assert_eq!(damaged(&endless.done()), "an object that is longer than it says");
}

/// With the fixed codes of deflate, noise grows by a twentieth.
#[test]
fn noise_that_grows_when_it_is_packed_quickly_arrives() {
    let noise: Vec<u8> = random().take(4 << 20).map(|number| number as u8).collect();
    let mut quick = Made::new();
    quick.entry_at_level(1, Header::Blob, noise.len() as u64, &noise);
    let bytes = quick.done();
    assert!(bytes.len() > noise.len() + noise.len() / 32, "it did not grow: {}", bytes.len());
    assert_eq!(take(&bytes, &Limits::default()).unwrap(), ["idx", "pack"]);
}

#[test]
fn what_is_no_pack_is_refused() {
    for bytes in
        [b"".as_slice(), b"PACK", b"<html>not a pack at all</html>", b"PACK\0\0\0\x09\0\0\0\x01"]
    {
        damaged(bytes);
    }
    let mut good = Made::new();
    good.blob(b"x");
    let good = good.done();
    (0..good.len()).for_each(|end| drop(damaged(&good[..end])));

    let mut forged = good;
    *forged.last_mut().unwrap() ^= 1;
    assert!(damaged(&forged).contains("mismatch") || !damaged(&forged).is_empty());

    let mut nowhere = Made::new();
    nowhere.blob(b"x");
    nowhere.entry(Header::OfsDelta { base_distance: 5000 }, 4, &[1, 1, 1, b'x']);
    damaged(&nowhere.done());

    let mut missing = Made::new();
    missing.entry(Header::RefDelta { base_id: Kind::Sha1.null() }, 4, &[1, 1, 1, b'x']);
    damaged(&missing.done());

    let mut short = Made::new();
    let base = short.blob(b"xyz");
    // Copies ten bytes of three.
    let base_distance = short.bytes.len() as u64 - base;
    short.entry(Header::OfsDelta { base_distance }, 4, &[3, 10, 0x90, 10]);
    damaged(&short.done());
}

#[test]
fn a_pack_nobody_waits_for_is_not_read_on() {
    let mut made = Made::new();
    made.blob(b"x");
    let directory = tempfile::tempdir().unwrap();
    let stopped = AtomicBool::new(true);
    let result = index(&*made.done(), None, directory.path(), Kind::Sha1, &small(), &stopped);
    assert!(matches!(result, Err(Refused::Damaged(_))), "{result:?}");
}

/// Numbers without a pattern, the same ones every time.
fn random() -> impl Iterator<Item = u64> {
    let step = |state: &u64| {
        let state = state ^ (state << 13);
        let state = state ^ (state >> 7);
        Some(state ^ (state << 17))
    };
    std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), step).map(|state| state >> 11)
}

/// Whatever bytes arrive: an answer, no panic, and nothing left behind.
fn fuzz(bytes: &[u8]) {
    drop(take(bytes, &small()));
}

#[test]
fn no_bytes_make_it_panic() {
    let mut seed = Made::new();
    let base = seed.blob(b"a first file of some length, so that there is something to break");
    let next = seed.delta(base, 66, b"second");
    seed.delta(next, 6, b"third");
    let seed = seed.done();
    let cases =
        std::env::var("GOTK_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400);
    let mut random = random();
    for case in 0..cases {
        let mut bytes = seed.clone();
        for number in random.by_ref().take(1 + case % 3) {
            let at = (number >> 16) as usize % bytes.len();
            bytes[at] = number as u8;
        }
        // A trailer that fits lets the damage through to where entries are resolved.
        let end = bytes.len() - 20;
        let mut hasher = gix::hash::hasher(Kind::Sha1);
        hasher.update(&bytes[..end]);
        bytes[end..].copy_from_slice(hasher.try_finalize().unwrap().as_slice());
        fuzz(&bytes);
    }
}
