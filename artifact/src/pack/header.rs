//! The headers of a tar archive, as Go's `archive/tar` writes them for Flux.
//!
//! Go takes the oldest format that can hold an entry: USTAR, a long name split at a slash if that
//! helps, or else PAX with a record for what does not fit. The `tar` crate writes GNU's long names
//! instead, which are other bytes; so names and sizes are placed here.

use std::io::Write;

use tar::{EntryType, Header};

use crate::TreePath;

pub(super) const BLOCK: usize = 512;

const FOLDER_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;

/// Where the check sum stands.
const SUM: usize = 148;
/// The longest name and prefix of USTAR, and the first size that its eleven octal digits miss.
const NAME: usize = 100;
const PREFIX: usize = 155;
const OCTAL_LIMIT: u64 = 1 << 33;

/// The zeros that follow a file of this size.
pub(super) fn padding(size: u64) -> &'static [u8] {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    let over = (size % BLOCK as u64) as usize;
    if over == 0 { &[] } else { &ZEROS[over..] }
}

/// Writes headers into one buffer that is used again and again.
#[derive(Default)]
pub(super) struct Headers {
    buffer: Vec<u8>,
}

impl Headers {
    pub(super) fn folder(&mut self, path: &TreePath) -> &[u8] {
        let name = if path.is_root() { b"." } else { path.as_bytes() };
        self.entry(EntryType::Directory, name, 0, FOLDER_MODE)
    }

    pub(super) fn file(&mut self, path: &TreePath, size: u64, executable: bool) -> &[u8] {
        let mode = if executable { EXECUTABLE_MODE } else { FILE_MODE };
        self.entry(EntryType::Regular, path.as_bytes(), size, mode)
    }

    fn entry(&mut self, kind: EntryType, name: &[u8], size: u64, mode: u32) -> &[u8] {
        self.buffer.clear();
        let short = name.len() <= NAME && name.is_ascii();
        match if short { Some((&b""[..], name)) } else { split(name) } {
            Some((prefix, name)) if size < OCTAL_LIMIT => {
                self.header(kind, prefix, name, size, mode);
            }
            // Go asks for USTAR as a whole: for a huge file it does not split the name either.
            splittable => {
                let path = if short || splittable.is_some() { None } else { Some(name) };
                self.extended(name, &records(path, size));
                self.header(kind, b"", &ascii(name), size, mode);
            }
        }
        &self.buffer
    }

    /// The entry before the entry, which holds what the header cannot.
    fn extended(&mut self, name: &[u8], records: &[u8]) {
        let slash = name.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
        let (folder, last) = name.split_at(slash);
        let mut own = ascii(&[folder, b"PaxHeaders.0/", last].concat());
        own.truncate(NAME);
        let own = without_slashes_at_the_end(&own);
        self.header(EntryType::XHeader, b"", own, records.len() as u64, 0);
        self.buffer.extend_from_slice(records);
        self.buffer.extend_from_slice(padding(records.len() as u64));
    }

    fn header(&mut self, kind: EntryType, prefix: &[u8], name: &[u8], size: u64, mode: u32) {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        // What eleven digits cannot hold is in a record, and zero here.
        header.set_size(if size < OCTAL_LIMIT { size } else { 0 });
        if let Some(ustar) = header.as_ustar_mut() {
            put(&mut ustar.name, name);
            put(&mut ustar.prefix, prefix);
        }
        if kind != EntryType::XHeader {
            // These can fail for a number that needs more than seven digits only.
            let _ = header.set_device_major(0);
            let _ = header.set_device_minor(0);
        }
        header.set_cksum();
        let start = self.buffer.len();
        self.buffer.extend_from_slice(header.as_bytes());
        // Go leaves the first of seven digits out, as it is always zero, and ends with a space.
        let sum = &mut self.buffer[start + SUM..start + SUM + 8];
        sum.rotate_left(1);
        sum[7] = b' ';
    }
}

/// Cuts a name to its field. One that would end with a slash there ends before it: old readers take
/// a slash at the end for a folder.
fn put(field: &mut [u8], name: &[u8]) {
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name[..length]);
    if name.len() > length && field.ends_with(b"/") {
        let end = without_slashes_at_the_end(&field[..length]).len();
        field[end] = 0;
    }
}

fn without_slashes_at_the_end(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at + 1);
    &name[..end]
}

/// The records of what does not fit, sorted by their keys.
fn records(path: Option<&[u8]>, size: u64) -> Vec<u8> {
    let mut records = Vec::new();
    if let Some(path) = path {
        record(&mut records, "path", path);
    }
    if size >= OCTAL_LIMIT {
        record(&mut records, "size", size.to_string().as_bytes());
    }
    records
}

/// `<length> <key>=<value>\n`, where the length counts its own digits.
fn record(records: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let guess = rest + rest.to_string().len();
    let length = rest + guess.to_string().len();
    // Writing into memory does not fail.
    let _ = write!(records, "{length} {key}=");
    records.extend_from_slice(value);
    records.push(b'\n');
}

/// Splits a long name at the last slash that leaves both halves short enough.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if !name.is_ascii() {
        return None;
    }
    let reach = name.len().min(PREFIX + 1);
    let slash = name[..reach].iter().rposition(|&byte| byte == b'/')?;
    let (prefix, rest) = (&name[..slash], &name[slash + 1..]);
    (1..=NAME).contains(&rest.len()).then_some((prefix, rest))
}

fn ascii(name: &[u8]) -> Vec<u8> {
    name.iter().copied().filter(u8::is_ascii).collect()
}
