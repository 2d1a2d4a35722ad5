//! From bytes to text: byte order marks, UTF-16, and the characters YAML allows.

use std::borrow::Cow;

use crate::steps;

/// Text that the scanner may read, up to the first thing in it that is not allowed.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    text: Cow<'a, str>,
    broken: Option<Broken>,
    /// Bytes of the mark that was removed from the beginning.
    pub(crate) skipped: usize,
}

/// Something in the bytes that is no YAML text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken {
    pub(crate) problem: &'static str,
    /// The originals decode 512 bytes at a time, and fail when they reach such a block.
    pub(crate) noticed_from: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, rest @ ..] => Self::from_utf16(rest, u16::from_le_bytes),
            [0xFE, 0xFF, rest @ ..] => Self::from_utf16(rest, u16::from_be_bytes),
            [0xEF, 0xBB, 0xBF, rest @ ..] => Self::from_utf8(rest, 3),
            _ => Self::from_utf8(bytes, 0),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn broken(&self) -> Option<Broken> {
        self.broken
    }

    fn from_utf8(bytes: &'a [u8], skipped: usize) -> Self {
        let (valid, problem) = match std::str::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let valid = &bytes[..error.valid_up_to()];
                let problem = utf8_problem(&bytes[error.valid_up_to()..]);
                (std::str::from_utf8(valid).unwrap_or_default(), Some(problem))
            }
        };
        let (text, problem) = match first_forbidden(valid) {
            Some(at) => (&valid[..at], Some("control characters are not allowed")),
            None => (valid, problem),
        };
        let broken = problem.map(|problem| {
            let noticed_from = block_start(bytes, skipped, text.len());
            Broken { problem, noticed_from }
        });
        Self { text: Cow::Borrowed(text), broken, skipped }
    }

    fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Self {
        let mut text = String::new();
        let mut problem = None;
        let mut units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        while let Some(first) = units.next() {
            match utf16_char(first, &mut units) {
                Ok(char) if is_allowed(char) => text.push(char),
                Ok(_) => problem = Some("control characters are not allowed"),
                Err(why) => problem = Some(why),
            }
            if problem.is_some() {
                break;
            }
        }
        if problem.is_none() && bytes.len() % 2 == 1 {
            problem = Some("incomplete UTF-16 character");
        }
        let broken = problem.map(|problem| Broken { problem, noticed_from: 0 });
        Self { text: Cow::Owned(text), broken, skipped: 2 }
    }
}

fn utf16_char(first: u16, units: &mut impl Iterator<Item = u16>) -> Result<char, &'static str> {
    let code = match first {
        0xDC00..=0xDFFF => return Err("unexpected low surrogate area"),
        0xD800..=0xDBFF => match units.next() {
            Some(second @ 0xDC00..=0xDFFF) => {
                0x10000 + ((u32::from(first) & 0x3FF) << 10) + (u32::from(second) & 0x3FF)
            }
            Some(_) => return Err("expected low surrogate area"),
            None => return Err("incomplete UTF-16 surrogate pair"),
        },
        other => u32::from(other),
    };
    char::from_u32(code).ok_or("unexpected low surrogate area")
}

fn is_allowed(char: char) -> bool {
    matches!(char,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
        | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Where the first character stands that YAML does not allow.
fn first_forbidden(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    steps::count(bytes.len());
    let mut at = 0;
    while let Some(found) = suspicious(&bytes[at..]) {
        at += found;
        let char = text[at..].chars().next()?;
        if !is_allowed(char) {
            return Some(at);
        }
        at += char.len_utf8();
    }
    None
}

/// Where the first byte stands that begins a character which may be forbidden.
fn suspicious(bytes: &[u8]) -> Option<usize> {
    // Most blocks have none. Without a way out, one is looked at many bytes at a time.
    let is_clean =
        |block: &&[u8]| !block.iter().fold(false, |any, &byte| any | is_suspicious(byte));
    let clean = bytes.chunks(BLOCK).take_while(is_clean).count() * BLOCK;
    let rest = bytes.get(clean..)?;
    rest.iter().position(|&byte| is_suspicious(byte)).map(|at| clean + at)
}

const BLOCK: usize = 64;

const fn is_suspicious(byte: u8) -> bool {
    let is_control = byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    is_control | matches!(byte, 0x7F | 0xC2 | 0xEF)
}

/// How the original words what is wrong with these bytes.
fn utf8_problem(bytes: &[u8]) -> &'static str {
    let Some(&lead) = bytes.first() else { return "incomplete UTF-8 octet sequence" };
    let width = match lead {
        ..0x80 => return "control characters are not allowed",
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..0xF8 => 4,
        _ => return "invalid leading UTF-8 octet",
    };
    let Some(rest) = bytes.get(1..width) else { return "incomplete UTF-8 octet sequence" };
    if rest.iter().any(|byte| byte & 0xC0 != 0x80) {
        return "invalid trailing UTF-8 octet";
    }
    let lead_bits = u32::from(lead) & (0x7F >> width);
    let value = rest.iter().fold(lead_bits, |value, byte| value << 6 | u32::from(byte & 0x3F));
    let shortest = [0x80, 0x800, 0x10000][width - 2];
    if value < shortest {
        "invalid length of a UTF-8 sequence"
    } else {
        "invalid Unicode character"
    }
}

/// The beginning of the 512-byte block in which the original meets the byte at `broken`.
///
/// A character cut by the end of a block is moved into the next one.
fn block_start(bytes: &[u8], skipped: usize, broken: usize) -> usize {
    let mut start = 0;
    let mut end = 512 - skipped;
    while end <= broken {
        let cut = (1..4.min(end)).find(|&back| bytes[end - back] & 0xC0 != 0x80).unwrap_or(1);
        let lead = bytes[end - cut];
        let width = if lead < 0xC0 {
            1
        } else if lead < 0xE0 {
            2
        } else if lead < 0xF0 {
            3
        } else {
            4
        };
        start = if width > cut { end - cut } else { end };
        end = start + 512;
    }
    start
}
