//! Why a text could not be read, written or changed.

use std::fmt;

use crate::decode::Issue;
use crate::options::Dialect;
use crate::problem::{Layer, Problem};
use crate::token::Mark;

/// Why a text could not be read, written or changed.
///
/// One line says what and where. [`report`](Self::report) also shows the line and points at the
/// place; [`original`](Self::original) is the message of the Go original, for who compares.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not YAML.
    #[error("{0}")]
    Syntax(Box<Fault>),

    /// The text is YAML, but says something that has no value: an alias without an anchor, a tag
    /// that does not fit, a key that JSON does not have, an infinite number.
    #[error("{0}")]
    Meaning(Box<Fault>),

    /// A key is set more than once, and the options or the dialect forbid it.
    #[error("{0}")]
    DuplicateKey(Box<Fault>),

    /// The text asks for more than the options allow.
    #[error("{0}")]
    Limit(Box<Fault>),

    /// There is no such path in the document, or what is there cannot be replaced in place.
    #[error("{0}")]
    Edit(Box<Fault>),
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What is wrong, without the place.
    pub message: String,
    /// Where, if it is at one place.
    pub place: Option<Place>,
    original: String,
    excerpt: String,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The document in the stream, from 1; 1 where a single document was read.
    pub document: usize,
    /// The line in the whole text, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Error {
    /// What is wrong, and where.
    pub fn fault(&self) -> &Fault {
        match self {
            Self::Syntax(fault)
            | Self::Meaning(fault)
            | Self::DuplicateKey(fault)
            | Self::Limit(fault)
            | Self::Edit(fault) => fault,
        }
    }

    /// Where it is wrong, if at one place.
    pub fn place(&self) -> Option<Place> {
        self.fault().place
    }

    /// What the Go original says about the same input, to the letter.
    ///
    /// Its lines are not always those a person counts.
    pub fn original(&self) -> &str {
        &self.fault().original
    }

    /// The message with the line and a mark under the place.
    ///
    /// ```
    /// let error = gotk_yaml::from_str("image:\n  tag: 1.2: 3\n").unwrap_err();
    /// assert_eq!(
    ///     error.report().to_string(),
    ///     "mapping values are not allowed in this context\n\
    ///      \x20--> document 1, line 2, column 11\n\
    ///      \x20 |\n\
    ///      2 |   tag: 1.2: 3\n\
    ///      \x20 |           ^\n",
    /// );
    /// ```
    pub fn report(&self) -> impl fmt::Display + '_ {
        Report(self.fault())
    }

    /// Whether the same call may succeed later with nothing changed by a person: never.
    pub fn is_transient(&self) -> bool {
        false
    }

    /// A fault that is at no place of a text.
    pub(crate) fn meaning(message: impl Into<String>) -> Self {
        let message = message.into();
        let original = message.clone();
        Self::Meaning(Box::new(Fault { original, message, place: None, excerpt: String::new() }))
    }

    pub(crate) fn edit(message: impl Into<String>) -> Self {
        let message = message.into();
        let original = message.clone();
        Self::Edit(Box::new(Fault { original, message, place: None, excerpt: String::new() }))
    }

    pub(crate) fn too_large(message: String) -> Self {
        let original = message.clone();
        Self::Limit(Box::new(Fault { original, message, place: None, excerpt: String::new() }))
    }

    /// The same fault with other words for the original's message.
    pub(crate) fn reworded(mut self, reword: impl FnOnce(&str) -> String) -> Self {
        let (Self::Syntax(fault)
        | Self::Meaning(fault)
        | Self::DuplicateKey(fault)
        | Self::Limit(fault)
        | Self::Edit(fault)) = &mut self;
        fault.original = reword(&fault.original);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {}, line {}, column {}", self.document, self.line, self.column)
    }
}

struct Report<'a>(&'a Fault);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { message, place, excerpt, .. } = self.0;
        writeln!(f, "{message}")?;
        let Some(place) = place else { return Ok(()) };
        let gutter = place.line.to_string();
        let blank = " ".repeat(gutter.len());
        let shown = Excerpt::new(excerpt, place.column);
        writeln!(f, "{blank}--> {place}")?;
        writeln!(f, "{blank} |")?;
        writeln!(f, "{gutter} | {}", shown.text)?;
        writeln!(f, "{blank} | {}^", shown.before)
    }
}

/// A part of a line that fits on a screen, and the blanks up to the place.
struct Excerpt {
    text: String,
    before: String,
}

impl Excerpt {
    fn new(line: &str, column: usize) -> Self {
        let skipped = column.saturating_sub(60);
        let text: String = line.chars().skip(skipped).take(100).collect();
        let before = text
            .chars()
            .chain(std::iter::repeat(' '))
            .take(column - 1 - skipped)
            .map(|char| if char == '\t' { '\t' } else { ' ' })
            .collect();
        Self { text, before }
    }
}

/// The text an error is about, and which part of a stream it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) text: &'a str,
    pub(crate) dialect: Dialect,
    /// The document and the line of the stream at which the text begins, from 0.
    pub(crate) document: usize,
    pub(crate) line: usize,
}

impl<'a> Origin<'a> {
    pub(crate) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { text, dialect, document: 0, line: 0 }
    }

    pub(crate) fn error(&self, problem: &Problem) -> Error {
        let original = format!("yaml: {}", problem.as_original(self.dialect));
        let kind = match problem.layer {
            Layer::Reader | Layer::Scanner | Layer::Parser => Error::Syntax,
            Layer::Composer | Layer::Decoder => Error::Meaning,
            Layer::Limit => Error::Limit,
        };
        // The reader does not say where; its text ends there.
        let mark = match problem.layer {
            Layer::Reader => self.end(),
            _ => problem.at,
        };
        kind(Box::new(self.fault(problem.what.to_string(), original, mark)))
    }

    pub(crate) fn issues(&self, issues: &[Issue]) -> Error {
        let mut original = "yaml: unmarshal errors:".to_owned();
        for issue in issues {
            original.push_str("\n  ");
            original.push_str(&issue.original);
        }
        let first = issues.first();
        let at = first.map(|issue| issue.at).unwrap_or_default();
        let message = first.map(|issue| issue.message.clone()).unwrap_or_default();
        let fault = Box::new(self.fault(message, original, at));
        match issues.iter().all(|issue| issue.is_duplicate) {
            true => Error::DuplicateKey(fault),
            false => Error::Meaning(fault),
        }
    }

    /// A fault with the same words here as in the original.
    pub(crate) fn meaning(&self, message: String, at: Mark) -> Error {
        Error::Meaning(Box::new(self.fault(message.clone(), message, at)))
    }

    fn fault(&self, message: String, original: String, at: Mark) -> Fault {
        let place = Place {
            document: self.document + 1,
            line: self.line + at.line as usize + 1,
            column: at.column as usize + 1,
        };
        Fault { message, original, place: Some(place), excerpt: self.line_at(at).to_owned() }
    }

    fn line_at(&self, at: Mark) -> &'a str {
        let offset = (at.offset as usize).min(self.text.len());
        let is_break = |char| matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let before = self.text.get(..offset).unwrap_or_default();
        let from = before
            .rfind(is_break)
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        // A mark at the end of the text may stand on the line after the last.
        let line = &self.text[from..];
        let line = line.find(is_break).map_or(line, |to| &line[..to]);
        // An excerpt needs no more than a screen; a line may be the whole text.
        let limit = at.column as usize + 100;
        match line.char_indices().nth(limit) {
            Some((to, _)) => &line[..to],
            None => line,
        }
    }

    fn end(&self) -> Mark {
        let last = self.text.rfind('\n').map_or(0, |at| at + 1);
        Mark {
            offset: self.text.len() as u32,
            line: self.text.bytes().filter(|&byte| byte == b'\n').count() as u32,
            column: self.text[last..].chars().count() as u32,
        }
    }
}
