//! Streams of documents, cut as Kubernetes cuts them.

mod gojson;

use std::borrow::Cow;
use std::iter::FusedIterator;

use memchr::{memchr, memchr_iter, memmem};
use serde_json::Value;

use self::gojson::Found;
use crate::error::{Error, Origin};
use crate::json;
use crate::options::{Dialect, Options};
use crate::problem::{Layer, Problem};
use crate::read::{self, Start};
use crate::steps;
use crate::token::Mark;

/// Reads all documents of a text, as `kubectl` and every Kubernetes decoder do.
///
/// Lines that begin with `---` are cut at before anything is parsed, even within quotes and block
/// scalars. Documents without content are null: the caller decides what to do about them. A text
/// that begins with `{` may also be JSON values one after another. Nothing follows an error.
///
/// ```
/// let stream = "kind: A\n---\n# nothing\n---\nkind: B\n";
/// let kinds: Vec<_> = gotk_yaml::documents(stream)
///     .filter(|document| !matches!(document, Ok(value) if value.is_null()))
///     .map(|document| Ok(document?["kind"].clone()))
///     .collect::<Result<_, gotk_yaml::Error>>()?;
/// assert_eq!(kinds, ["A", "B"]);
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
#[doc(alias = "NewYAMLOrJSONDecoder")]
pub fn documents(text: &str) -> Documents<'_> {
    documents_from_slice(text.as_bytes(), Options::default())
}

/// Reads all documents of bytes.
pub fn documents_from_slice(bytes: &[u8], options: Options) -> Documents<'_> {
    // White space is Unicode's here, though not where the JSON is then read.
    let mut beginning = bytes[..bytes.len().min(GUESS_FROM)].utf8_chunks();
    let begins_json =
        beginning.next().is_some_and(|chunk| chunk.valid().trim_start().starts_with('{'));
    let json = begins_json.then_some(Json { from: 0, read: 0 });
    Documents { bytes, split: split(bytes), json, options, done: false }
}

/// How far Kubernetes looks for the brace with which JSON begins.
const GUESS_FROM: usize = 2048;

/// The documents of a stream: an iterator.
#[derive(Debug)]
#[must_use = "documents are read one by one"]
pub struct Documents<'a> {
    bytes: &'a [u8],
    split: Split<'a>,
    json: Option<Json>,
    options: Options,
    done: bool,
}

/// How far a stream of JSON values has been read.
#[derive(Clone, Copy, Debug)]
struct Json {
    from: usize,
    read: usize,
}

impl Iterator for Documents<'_> {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = match self.json {
            Some(json) => self.next_json(json),
            None => self.next_yaml(),
        };
        self.done = !matches!(next, Some(Ok(_)));
        next
    }
}

impl FusedIterator for Documents<'_> {}

impl<'a> Documents<'a> {
    fn next_json(&mut self, at: Json) -> Option<Result<Value, Error>> {
        let rest = &self.bytes[at.from..];
        let (length, fault) = match gojson::find(rest) {
            Found::Nothing => return None,
            Found::Value(length) => (length, String::new()),
            Found::Unfinished => (0, "unexpected EOF".to_owned()),
            // Two values make it sure that this is JSON.
            Found::Invalid(_, what) if at.read > 1 => (0, what),
            Found::Invalid(offset, what) => {
                (0, format!("json: offset {}: {what}", at.from + offset))
            }
        };
        if let Ok(value) = serde_json::from_slice::<Value>(&rest[..length]) {
            self.json = Some(Json { from: at.from + length, read: at.read + 1 });
            return Some(Ok(json::as_go_reads(value)));
        }
        if at.read > 1 || too_short_for_yaml(rest) {
            return Some(Err(json_error(self.bytes, at, &fault)));
        }
        self.json = None;
        self.split = split(after_first_break(rest));
        self.split.line = line_of(self.bytes, self.split.rest);
        self.split.count = at.read;
        // If it is no YAML either, the fault of the JSON is the one to know.
        let read = self.next_yaml()?;
        Some(read.map_err(|error| if fault.is_empty() { error } else { error.reworded(|_| fault) }))
    }

    fn next_yaml(&mut self) -> Option<Result<Value, Error>> {
        let part = match self.split.next()? {
            Ok(part) => part,
            Err(error) => return Some(Err(error)),
        };
        if part.index >= self.options.max_documents {
            let limit = self.options.max_documents;
            return Some(Err(Error::too_large(format!("stream of more than {limit} documents"))));
        }
        let start = Start { document: part.index, line: part.line };
        let value = read::value(&part.bytes, &self.options, start);
        Some(value.map_err(|error| {
            error.reworded(|message| format!("error converting YAML to JSON: {message}"))
        }))
    }
}

/// Cuts a stream into its documents without reading them.
///
/// Line ends become `\n`, and the last line gets one, as in the original. A separator that opens
/// the stream stays part of the first document.
#[doc(alias = "YAMLReader")]
pub fn split(bytes: &[u8]) -> Split<'_> {
    Split { rest: bytes, line: 0, count: 0 }
}

/// The parts of a stream: an iterator.
#[derive(Clone, Debug)]
#[must_use = "parts are found one by one"]
pub struct Split<'a> {
    rest: &'a [u8],
    line: usize,
    count: usize,
}

/// The text of one document of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'a> {
    /// The text.
    pub bytes: Cow<'a, [u8]>,
    /// Which document it is, from 0.
    pub index: usize,
    /// The line of the stream on which it begins, from 0.
    pub line: usize,
}

impl<'a> Iterator for Split<'a> {
    type Item = Result<Part<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (whole, first_line) = (self.rest, self.line);
        if whole.is_empty() {
            return None;
        }
        // A separator that opens a document is a part of it.
        let mut foreign = if whole.starts_with(b"---") { self.foreign_text(whole) } else { None };
        let (document, after) = match memmem::find(whole, b"\n---") {
            Some(at) if foreign.is_none() => whole.split_at(at + 1),
            _ => (whole, &[][..]),
        };
        steps::count(document.len());
        self.line += memchr_iter(b'\n', document).count();
        if !after.is_empty() {
            foreign = self.foreign_text(after);
            self.line += 1;
        }
        if let Some(error) = foreign {
            self.rest = &[];
            return Some(Err(error));
        }
        self.rest = cut_line(after).1;
        let index = self.count;
        self.count += 1;
        Some(Ok(Part { bytes: with_line_feeds(document), index, line: first_line }))
    }
}

impl FusedIterator for Split<'_> {}

impl Split<'_> {
    /// Only comments may follow a separator on its line, with which `bytes` begin.
    fn foreign_text(&self, bytes: &[u8]) -> Option<Error> {
        let text = String::from_utf8_lossy(cut_line(bytes).0);
        let foreign = text[3..].trim();
        if foreign.is_empty() || foreign.starts_with('#') {
            return None;
        }
        let what = format!("invalid Yaml document separator: {foreign}");
        let at = Mark { column: 3, offset: 3, line: 0 };
        let mut origin = Origin::new(&text, Dialect::Sigs);
        (origin.document, origin.line) = (self.count, self.line);
        let problem = Problem::new(Layer::Parser, what.clone(), at, at);
        Some(origin.error(&problem).reworded(|_| what))
    }
}

/// The first line without its end, and what follows it.
fn cut_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr(b'\n', bytes) {
        Some(end) => {
            let line = &bytes[..end];
            (line.strip_suffix(b"\r").unwrap_or(line), &bytes[end + 1..])
        }
        None => (bytes, &[]),
    }
}

fn with_line_feeds(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.ends_with(b"\n") && memchr(b'\r', bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut unix = Vec::with_capacity(bytes.len() + 1);
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, after) = cut_line(rest);
        unix.extend_from_slice(line);
        unix.push(b'\n');
        rest = after;
    }
    Cow::Owned(unix)
}

/// What is left after white space up to the first line break.
fn after_first_break(bytes: &[u8]) -> &[u8] {
    let text = String::from_utf8_lossy(bytes);
    let white: usize = text
        .chars()
        .take_while(|char| char.is_whitespace())
        .scan(false, |over, char| {
            let was_over = std::mem::replace(over, *over || char == '\n');
            (!was_over).then_some(char.len_utf8())
        })
        .sum();
    &bytes[white.min(bytes.len())..]
}

/// The original reads four bytes at a time in search of the first line, and gives up at fewer.
fn too_short_for_yaml(rest: &[u8]) -> bool {
    let stop = rest.iter().position(|byte| *byte == b'\n' || !byte.is_ascii_whitespace());
    rest.len() - stop.unwrap_or(rest.len()) < 4
}

fn line_of(bytes: &[u8], rest: &[u8]) -> usize {
    bytes[..bytes.len() - rest.len()].iter().filter(|byte| **byte == b'\n').count()
}

fn json_error(stream: &[u8], at: Json, fault: &str) -> Error {
    let text = String::from_utf8_lossy(&stream[at.from..]);
    let mut origin = Origin::new(&text, Dialect::Sigs);
    (origin.document, origin.line) = (at.read, line_of(stream, &stream[at.from..]));
    let what = if fault.is_empty() { "value is too large or too deep" } else { fault };
    origin.meaning(what.to_owned(), Mark::default())
}

/// Cuts a text as kustomize does: at lines of `---` between others, which only comments may share.
/// Each part comes with the line on which it begins, from 0.
pub(crate) fn kustomize_parts(text: &str) -> Result<Vec<(usize, &str)>, Error> {
    let mut parts = Vec::new();
    if text.is_empty() {
        return Ok(parts);
    }
    let (mut from, mut line, mut first_line) = (0, 0, 0);
    let mut at = 0;
    // A line can only be a separator if it ends, and if the line break before it is not the end
    // of another separator.
    let mut may_separate = false;
    while let Some(length) = text[at..].find('\n') {
        let here = &text[at..at + length];
        line += 1;
        if may_separate && let Some(rest) = here.strip_prefix("---") {
            let foreign = rest.trim();
            if !foreign.is_empty() && !foreign.starts_with('#') {
                let what = format!("invalid document separator: {}", here.trim());
                let at = Mark { column: 3, offset: 3, line: 0 };
                let mut origin = Origin::new(here, Dialect::Kyaml);
                (origin.document, origin.line) = (parts.len(), line - 1);
                return Err(origin.meaning(what, at));
            }
            // All but the last part keep the line break that the separator took.
            parts.push((first_line, &text[from..at]));
            (from, first_line, may_separate) = (at + length + 1, line, false);
        } else {
            may_separate = true;
        }
        at += length + 1;
    }
    parts.push((first_line, &text[from..]));
    Ok(parts)
}
