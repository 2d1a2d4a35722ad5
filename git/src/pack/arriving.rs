//! A pack while it arrives: held to the limits, inflated, hashed and written down.

use std::fs::File;
use std::io::{self, BufRead, Read, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use gix::objs::Kind;
use gix::zlib::{Decompress, FlushDecompress, Status};
use gix_pack::data::Entry;
use gix_pack::data::entry::Header;

use super::{BUFFER, Item, ItemKind, Refused, damaged, delta, finished, words};
use crate::limits::Limits;

/// Reads a whole pack, and writes it to `to` but for the hash at its end where objects are missing.
/// Returns its objects in order, and that hash.
pub(super) fn receive(
    from: impl Read,
    to: &File,
    kind: gix::hash::Kind,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(Vec<Item>, gix::ObjectId), Refused> {
    let mut input = Input::new(from, to, kind, limits.pack_bytes);
    let result = read(&mut input, kind, limits, stop);
    match input.refused.take() {
        Some(refused) => Err(refused),
        None => result,
    }
}

fn read<R: Read>(
    input: &mut Input<'_, R>,
    kind: gix::hash::Kind,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<(Vec<Item>, gix::ObjectId), Refused> {
    let count = header(input).map_err(broken)?;
    if u64::from(count) > limits.objects {
        return Err(Refused::TooLarge("objects in a pack", limits.objects));
    }
    let mut reader =
        Reader { limits, kind, inflated: 0, state: Decompress::new(), out: vec![0; BUFFER] };
    // What a header says about itself is not worth an allocation.
    let mut items = Vec::with_capacity(count.min(1 << 16) as usize);
    for _ in 0..count {
        if stop.load(Ordering::Relaxed) {
            return Err(damaged("nobody waits for it any more"));
        }
        items.push(reader.item(input)?);
    }
    let hash = finished(input.pack.clone()).map_err(broken)?;
    let mut trailer = vec![0; kind.len_in_bytes()];
    input.read_exact(&mut trailer).map_err(broken)?;
    if trailer != hash.as_slice() {
        return Err(damaged("its hash is a mismatch"));
    }
    if !input.fill_buf().map_err(broken)?.is_empty() {
        return Err(damaged("it goes on after its end"));
    }
    Ok((items, hash))
}

/// `PACK`, a version, and how many objects follow.
fn header(input: &mut impl Read) -> io::Result<u32> {
    let mut header = [0; 12];
    input.read_exact(&mut header)?;
    match &header[..8] {
        b"PACK\0\0\0\x02" | b"PACK\0\0\0\x03" => {
            Ok(u32::from_be_bytes([header[8], header[9], header[10], header[11]]))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it does not begin like one")),
    }
}

struct Reader<'a> {
    limits: &'a Limits,
    kind: gix::hash::Kind,
    inflated: u64,
    state: Decompress,
    out: Vec<u8>,
}

impl Reader<'_> {
    fn item<R: Read>(&mut self, input: &mut Input<'_, R>) -> Result<Item, Refused> {
        input.begin();
        let offset = input.offset;
        let entry = Entry::from_read(input, offset, self.kind.len_in_bytes()).map_err(broken)?;
        let size = entry.decompressed_size;
        self.check("bytes in an object", size, self.limits.object_bytes)?;
        // Data that does not compress grows: by an eighth at most where a quick packer writes it with
        // the fixed codes, of which the longest for a byte has nine bits (RFC 1951, 3.2.6).
        input.most = input.offset + size + size / 8 + BUFFER as u64;
        let (kind, id) = match entry.header {
            Header::OfsDelta { base_distance } => {
                let base = offset.checked_sub(base_distance).filter(|base| *base < offset);
                let base = base.ok_or_else(|| damaged("a delta on nothing"))?;
                (ItemKind::OnOffset(base), self.delta(input, size)?)
            }
            Header::RefDelta { base_id } => (ItemKind::OnId(base_id), self.delta(input, size)?),
            Header::Commit => self.whole(input, Kind::Commit, size)?,
            Header::Tree => self.whole(input, Kind::Tree, size)?,
            Header::Blob => self.whole(input, Kind::Blob, size)?,
            Header::Tag => self.whole(input, Kind::Tag, size)?,
        };
        Ok(Item { offset, crc: input.crc.clone().finalize(), id, kind })
    }

    fn whole<R: Read>(
        &mut self,
        input: &mut Input<'_, R>,
        kind: Kind,
        size: u64,
    ) -> Result<(ItemKind, gix::ObjectId), Refused> {
        self.account(size)?;
        let mut hasher = gix::hash::hasher(self.kind);
        hasher.update(&gix::objs::encode::loose_header(kind, size));
        self.inflate(input, size, |bytes| hasher.update(bytes))?;
        Ok((ItemKind::Whole(kind), finished(hasher).map_err(broken)?))
    }

    /// A delta begins with two sizes: of what it applies to, and of what comes out.
    fn delta<R: Read>(
        &mut self,
        input: &mut Input<'_, R>,
        size: u64,
    ) -> Result<gix::ObjectId, Refused> {
        let mut start = Vec::with_capacity(delta::LONGEST_SIZES);
        self.inflate(input, size, |bytes| {
            let room = delta::LONGEST_SIZES - start.len();
            start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        })?;
        let (_, result, _) = delta::sizes(&start)
            .ok_or_else(|| damaged("a delta that says nothing about its size"))?;
        self.check("bytes in an object", result, self.limits.object_bytes)?;
        self.account(result.max(size))?;
        Ok(self.kind.null())
    }

    fn inflate<R: Read>(
        &mut self,
        input: &mut Input<'_, R>,
        size: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), Refused> {
        self.state.reset();
        loop {
            let bytes = input.fill_buf().map_err(broken)?;
            let flush =
                if bytes.is_empty() { FlushDecompress::Finish } else { FlushDecompress::None };
            let (before, consumed) = (self.state.total_out(), self.state.total_in());
            let at_end = bytes.is_empty();
            let status = self.state.decompress(bytes, &mut self.out, flush);
            let status =
                status.map_err(|error| damaged(format!("it cannot be inflated: {error}")))?;
            let written = (self.state.total_out() - before) as usize;
            let consumed = (self.state.total_in() - consumed) as usize;
            input.consume(consumed);
            take(&self.out[..written]);
            if self.state.total_out() > size {
                return Err(damaged("an object that is longer than it says"));
            }
            match status {
                Status::StreamEnd if self.state.total_out() == size => return Ok(()),
                Status::StreamEnd => return Err(damaged("an object that is shorter than it says")),
                _ if written == 0 && consumed == 0 && at_end => {
                    return Err(damaged("it is cut off"));
                }
                _ => {}
            }
        }
    }

    fn account(&mut self, size: u64) -> Result<(), Refused> {
        self.inflated = self.inflated.saturating_add(size);
        self.check("bytes in the objects of a pack", self.inflated, self.limits.inflated_bytes)
    }

    fn check(&self, what: &'static str, amount: u64, limit: u64) -> Result<(), Refused> {
        if amount <= limit { Ok(()) } else { Err(Refused::TooLarge(what, limit)) }
    }
}

/// What arrives: written down as it comes, hashed as it is taken.
struct Input<'a, R> {
    from: R,
    to: &'a File,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Of the next byte in the pack.
    offset: u64,
    /// Up to where the entry that is read may go.
    most: u64,
    limit: u64,
    received: u64,
    pack: gix::hash::Hasher,
    crc: crc32fast::Hasher,
    /// Why nothing more is taken, where it is none of the pack's fault or a limit.
    refused: Option<Refused>,
}

impl<'a, R: Read> Input<'a, R> {
    fn new(from: R, to: &'a File, kind: gix::hash::Kind, limit: u64) -> Self {
        Self {
            from,
            to,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            offset: 0,
            most: u64::MAX,
            limit,
            received: 0,
            pack: gix::hash::hasher(kind),
            crc: crc32fast::Hasher::new(),
            refused: None,
        }
    }

    /// An entry begins here.
    fn begin(&mut self) {
        self.crc = crc32fast::Hasher::new();
        self.most = u64::MAX;
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.offset > self.most {
            self.refused = Some(Refused::TooLarge("bytes in an object", self.most));
            return Err(io::ErrorKind::InvalidData.into());
        }
        let count = self.from.read(&mut self.buffer)?;
        self.received += count as u64;
        if self.received > self.limit {
            self.refused = Some(Refused::TooLarge("bytes in a pack", self.limit));
            return Err(io::ErrorKind::InvalidData.into());
        }
        if let Err(error) = self.to.write_all(&self.buffer[..count]) {
            self.refused = Some(Refused::Storage(error));
            return Err(io::ErrorKind::InvalidData.into());
        }
        (self.start, self.end) = (0, count);
        Ok(())
    }
}

impl<R: Read> BufRead for Input<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        let taken = &self.buffer[self.start..self.start + count];
        self.pack.update(taken);
        self.crc.update(taken);
        self.start += count;
        self.offset += count as u64;
    }
}

impl<R: Read> Read for Input<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.consume(count);
        Ok(count)
    }
}

fn broken(error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it is cut off"),
        _ => match error.get_ref().and_then(|inner| inner.downcast_ref::<gix::Error>()) {
            Some(error) => damaged(words(error)),
            None => damaged(error.to_string()),
        },
    }
}
