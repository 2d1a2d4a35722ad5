//! Reading one document.

use serde_json::Value;

use crate::compose::{Composer, Tree};
use crate::decode::{Build, Decoder, Stop};
use crate::error::{Error, Origin};
use crate::event::What;
use crate::input::Input;
use crate::json::{self, BuildJson};
use crate::options::{Dialect, Options};
use crate::parse::Parser;
use crate::problem::Problem;
use crate::token::Mark;
use crate::typed::{BuildTyped, Typed};
use crate::{direct, document};

/// Reads the first document of a text, as `sigs.k8s.io/yaml` does.
///
/// A text without a document is `null`. Further documents are ignored, as Kubernetes ignores them
/// once it has split a stream; see [`documents`](crate::documents) for all of them.
///
/// ```
/// let value = gotk_yaml::from_str("mode: 0644\nenabled: yes\n")?;
/// assert_eq!(value, serde_json::json!({ "mode": 420, "enabled": true }));
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
///
/// # Errors
///
/// When the text is no YAML, or says something that JSON cannot hold.
#[doc(alias = "Unmarshal")]
#[doc(alias = "YAMLToJSON")]
pub fn from_str(text: &str) -> Result<Value, Error> {
    from_slice(text.as_bytes(), &Options::default())
}

/// Reads the first document of a text, and refuses keys that are set twice.
///
/// ```
/// let error = gotk_yaml::from_str_strict("a: 1\nb: 2\na: 3\n").unwrap_err();
/// assert_eq!(error.to_string(), "document 1, line 3, column 4: key \"a\" already set in map");
/// ```
///
/// # Errors
///
/// Beside those of [`from_str`], [`Error::DuplicateKey`].
#[doc(alias = "UnmarshalStrict")]
#[doc(alias = "YAMLToJSONStrict")]
pub fn from_str_strict(text: &str) -> Result<Value, Error> {
    from_slice(text.as_bytes(), &Options::default().strict())
}

/// Reads the first document of bytes: UTF-8, or UTF-16 with a byte order mark.
///
/// # Errors
///
/// As [`from_str`], and when the bytes are no such text.
pub fn from_slice(bytes: &[u8], options: &Options) -> Result<Value, Error> {
    value(bytes, options, Start::default())
}

/// The first document of bytes, without a tree where that is enough.
pub(crate) fn value(bytes: &[u8], options: &Options, start: Start) -> Result<Value, Error> {
    check_size(bytes.len(), options)?;
    let input = Input::new(bytes);
    match direct::value(&input, options) {
        Some(value) => Ok(value),
        None => Document::read(bytes, options, start, |reading| reading.value()),
    }
}

/// Reads the first document of bytes into Go's types.
///
/// # Errors
///
/// As [`from_slice`], but for what only JSON cannot hold.
pub fn typed_from_slice(bytes: &[u8], options: &Options) -> Result<Typed, Error> {
    Document::read(bytes, options, Start::default(), |reading| {
        Ok(reading.decode(BuildTyped, false)?.0)
    })
}

/// How many events the parser has to tell about a text: all of the reader that is not values.
///
/// # Errors
///
/// When the text is no YAML.
#[doc(hidden)]
pub fn count_events(text: &str) -> Result<usize, Error> {
    let input = Input::new(text.as_bytes());
    let origin = Origin::new(input.text(), Dialect::Sigs);
    let mut parser = Parser::new(&input, Options::default().max_depth, false);
    let mut events = 0;
    loop {
        let event = parser.next().map_err(|problem| origin.error(&problem))?;
        if matches!(event.what, What::StreamEnd) {
            return Ok(events);
        }
        events += 1;
    }
}

/// Which part of a stream a text is: its document and line, from 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start {
    pub(crate) document: usize,
    pub(crate) line: usize,
}

/// A document that has been read and not yet decoded.
pub(crate) struct Document<'t, 'a> {
    pub(crate) tree: Option<&'t mut Tree<'a>>,
    pub(crate) origin: Origin<'a>,
    pub(crate) options: &'t Options,
    /// Bytes before the text that are not part of it.
    pub(crate) skipped: usize,
}

impl<'t, 'a> Document<'t, 'a> {
    /// Reads the first document and hands it to `then`.
    pub(crate) fn read<T>(
        bytes: &[u8],
        options: &Options,
        start: Start,
        then: impl FnOnce(&mut Document<'_, '_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        check_size(bytes.len(), options)?;
        let input = Input::new(bytes);
        let mut origin = Origin::new(input.text(), options.dialect);
        (origin.document, origin.line) = (start.document, start.line);
        let with_comments = options.dialect == Dialect::Kyaml;
        let parser = Parser::new(&input, options.max_depth, with_comments);
        let mut tree = Tree::default();
        let mut composer = Composer::new(parser, options.max_depth);
        let found = composer.next(&mut tree).map_err(|problem| origin.error(&problem))?;
        let tree = found.then_some(&mut tree);
        then(&mut Document { tree, origin, options, skipped: input.skipped })
    }

    /// The document as JSON has it; a text without one is null.
    pub(crate) fn value(&self) -> Result<Value, Error> {
        if self.tree.is_none() {
            return Ok(Value::Null);
        }
        let (value, build) = self.decode(BuildJson::new(self.options.dialect), true)?;
        let Some(at) = build.doubt() else { return Ok(value) };
        let (typed, _) = self.decode(BuildTyped, true)?;
        match json::unsupported(&typed, self.options.dialect) {
            None => Ok(value),
            Some(what) => Err(self.origin.meaning(what, at)),
        }
    }

    fn decode<B: Build>(&self, build: B, text_keys: bool) -> Result<(B::Value, B), Error> {
        let empty = Tree::empty();
        let tree: &Tree<'_> = self.tree.as_deref().unwrap_or(&empty);
        let mut decoder = Decoder::new(tree, self.options, build);
        if text_keys && self.options.dialect == Dialect::Kyaml {
            decoder = decoder.with_text_keys();
        }
        match decoder.document() {
            Ok(value) => Ok((value, decoder.build)),
            Err(Stop::Problem(problem)) => Err(self.origin.error(&problem)),
            Err(Stop::Issues(issues)) => Err(self.origin.issues(&issues)),
        }
    }
}

/// All documents of a text as YAML sees them, with spans that count from its beginning.
pub(crate) fn all_documents(text: &str) -> Result<Vec<document::Document>, Error> {
    let mut documents = Vec::new();
    each_document(text, Dialect::Kyaml, |reading| {
        if let Some(tree) = reading.tree.as_deref_mut() {
            let before = document::Before { bytes: reading.skipped, lines: 0 };
            documents.push(document::build(tree, before));
        }
        Ok(())
    })?;
    Ok(documents)
}

/// All documents of a text as YAML sees them, as Kubernetes reads them.
pub(crate) fn all_values(text: &str) -> Result<Vec<Value>, Error> {
    let mut values = Vec::new();
    each_document(text, Dialect::Sigs, |reading| {
        values.push(reading.value()?);
        Ok(())
    })?;
    Ok(values)
}

fn each_document(
    text: &str,
    dialect: Dialect,
    mut then: impl FnMut(&mut Document<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let options = Options { dialect, ..Options::default() };
    check_size(text.len(), &options)?;
    let input = Input::new(text.as_bytes());
    let parser = Parser::new(&input, options.max_depth, dialect == Dialect::Kyaml);
    let mut composer = Composer::new(parser, options.max_depth);
    let mut origin = Origin::new(input.text(), dialect);
    let mut tree = Tree::default();
    while composer.next(&mut tree).map_err(|problem| origin.error(&problem))? {
        if origin.document >= options.max_documents {
            let limit = options.max_documents;
            return Err(Error::too_large(format!("stream of more than {limit} documents")));
        }
        let (tree, options) = (Some(&mut tree), &options);
        then(&mut Document { tree, origin, options, skipped: input.skipped })?;
        origin.document += 1;
    }
    Ok(())
}

fn check_size(length: usize, options: &Options) -> Result<(), Error> {
    if length <= options.max_bytes as usize {
        return Ok(());
    }
    let what = format!("text of {length} bytes is larger than the limit of {}", options.max_bytes);
    let problem = Problem::limit(what, Mark::default());
    Err(Origin::new("", options.dialect).error(&problem))
}
