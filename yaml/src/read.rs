//! Reading one document.

use serde_json::Value;

use crate::compose::{Composer, Tree};
use crate::decode::{Build, Decoder, Stop};
use crate::error::{Error, Origin};
use crate::input::Input;
use crate::json::{self, BuildJson};
use crate::options::{Dialect, Options};
use crate::parse::Parser;
use crate::problem::Problem;
use crate::token::Mark;
use crate::typed::{BuildTyped, Typed};

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
    Document::read(bytes, options, Start::default(), |reading| reading.value())
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

fn check_size(length: usize, options: &Options) -> Result<(), Error> {
    if length <= options.max_bytes as usize {
        return Ok(());
    }
    let what = format!("text of {length} bytes is larger than the limit of {}", options.max_bytes);
    let problem = Problem::limit(what, Mark::default());
    Err(Origin::new("", options.dialect).error(&problem))
}
