//! The index of a pack: where each object is, by its id.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use super::{Item, finished};

/// Writes an index of version 2.
pub(super) fn write(
    mut items: Vec<Item>,
    pack: gix::ObjectId,
    kind: gix::hash::Kind,
    to: &File,
) -> io::Result<()> {
    items.sort_unstable_by(|one, other| one.id.cmp(&other.id).then(one.offset.cmp(&other.offset)));
    let mut out = Hashing { to: BufWriter::new(to), hasher: gix::hash::hasher(kind) };
    out.write(b"\xfftOc\0\0\0\x02")?;
    let mut counts = [0_u32; 256];
    for item in &items {
        counts[usize::from(item.id.as_slice()[0])] += 1;
    }
    let mut below = 0;
    for count in counts {
        below += count;
        out.write(&below.to_be_bytes())?;
    }
    for item in &items {
        out.write(item.id.as_slice())?;
    }
    for item in &items {
        out.write(&item.crc.to_be_bytes())?;
    }
    // An offset that needs more than 31 bits stands in a second table.
    let mut large = Vec::new();
    for item in &items {
        let short = u32::try_from(item.offset).ok().filter(|offset| offset & FAR == 0);
        out.write(&short.unwrap_or(FAR | large.len() as u32).to_be_bytes())?;
        if short.is_none() {
            large.push(item.offset);
        }
    }
    for offset in large {
        out.write(&offset.to_be_bytes())?;
    }
    out.write(pack.as_slice())?;
    let hash = finished(out.hasher)?;
    out.to.write_all(hash.as_slice())?;
    out.to.flush()
}

struct Hashing<'a> {
    to: BufWriter<&'a File>,
    hasher: gix::hash::Hasher,
}

impl Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.to.write_all(bytes)
    }
}

const FAR: u32 = 1 << 31;
