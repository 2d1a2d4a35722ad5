//! A pack on disk, read in pieces: what is mapped into memory counts as ours.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use gix::objs::Kind;
use gix::zlib::{Decompress, FlushDecompress, Status};
use gix_pack::data::Entry;
use gix_pack::data::entry::Header;

use super::{delta, words};

/// A pack that is read at offsets.
pub(crate) struct PackFile<'a> {
    file: &'a File,
    kind: gix::hash::Kind,
    /// Bytes one object may inflate to.
    limit: u64,
}

/// An entry of a pack: what it is, and the bytes of it that were read on the way.
pub(crate) struct Found {
    pub(crate) header: Header,
    /// What it inflates to: an object, or a delta.
    pub(crate) size: u64,
    offset: u64,
    /// The first bytes of its data.
    ahead: Vec<u8>,
}

impl Found {
    /// What it is, unless it is a delta.
    pub(crate) fn whole(&self) -> Option<Kind> {
        self.header.as_kind()
    }
}

impl<'a> PackFile<'a> {
    pub(crate) fn new(file: &'a File, kind: gix::hash::Kind, limit: u64) -> Self {
        Self { file, kind, limit }
    }

    /// What is at an offset.
    pub(crate) fn find(&self, offset: u64) -> io::Result<Found> {
        let mut ahead = vec![0; AHEAD];
        let count = self.file.read_at(&mut ahead, offset)?;
        ahead.truncate(count);
        let entry = Entry::from_bytes(&ahead, offset, self.kind);
        let entry = entry.map_err(|error| invalid(words(&error)))?;
        if entry.decompressed_size > self.limit {
            return Err(invalid("is larger than allowed"));
        }
        ahead.drain(..(entry.data_offset - offset) as usize);
        let (header, size) = (entry.header, entry.decompressed_size);
        Ok(Found { header, size, offset: entry.data_offset, ahead })
    }

    /// All an entry inflates to.
    pub(crate) fn inflate(&self, found: &Found) -> io::Result<Vec<u8>> {
        let mut out = vec![0; found.size as usize];
        match self.inflate_to(found, &mut out)? {
            true => Ok(out),
            false => Err(invalid("is shorter or longer than it says")),
        }
    }

    /// The size of the object an entry stands for, its delta applied.
    pub(crate) fn object_size(&self, found: &Found) -> io::Result<u64> {
        if found.whole().is_some() {
            return Ok(found.size);
        }
        let mut start = vec![0; delta::LONGEST_SIZES.min(found.size as usize)];
        self.inflate_to(found, &mut start)?;
        let sizes = delta::sizes(&start).ok_or_else(|| invalid("is a delta without a size"))?;
        Ok(sizes.1)
    }

    /// Fills `out`, and returns whether the data ends with it.
    fn inflate_to(&self, found: &Found, out: &mut [u8]) -> io::Result<bool> {
        let mut state = Decompress::new();
        let (mut at, mut filled) = (found.offset + found.ahead.len() as u64, 0);
        let (mut buffer, mut input) = (Vec::new(), found.ahead.as_slice());
        loop {
            let (before, taken) = (state.total_out(), state.total_in());
            let status = state.decompress(input, &mut out[filled..], FlushDecompress::None);
            let status = status.map_err(|error| invalid(error.to_string()))?;
            filled += (state.total_out() - before) as usize;
            input = &input[(state.total_in() - taken) as usize..];
            if status == Status::StreamEnd {
                return Ok(filled == out.len());
            }
            if !input.is_empty() {
                // More comes out than there is room for.
                return Ok(false);
            }
            buffer.resize(super::BUFFER, 0);
            let count = self.file.read_at(&mut buffer, at)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += count as u64;
            input = &buffer[..count];
        }
    }
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.into())
}

/// Most entries are shorter: one read brings all of them.
const AHEAD: usize = 4096;
