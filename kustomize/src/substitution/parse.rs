//! Reads a template into text and expressions.
//!
//! ```text
//! template   = { text | expression }
//! expression = "${#" name "}"
//!            | "${" name [ "^" | "^^" | "," | ",," ] "}"
//!            | "${" name ":" argument [ ":" argument ] "}"
//!            | "${" name ( "#" | "##" | "%" | "%%" ) argument "}"
//!            | "${" name ( "/" | "//" | "/#" | "/%" ) argument "/" [ argument ] "}"
//!            | "${" name ( ":-" | ":=" | "=" | ":+" | ":?" ) { argument } "}"
//! argument   = expression | text up to its delimiter
//! ```

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::operator::{End, Operator};
use super::{Expression, Node};
use crate::Error;
use crate::error::{Position, Syntax};

const DEPTH_LIMIT: usize = 100;

pub(super) fn template(text: &str) -> Result<Vec<Node<'_>>, Error> {
    let mut parser = Parser { text, at: 0 };
    let mut nodes = Vec::new();
    while parser.peek().is_some() {
        nodes.push(if parser.at_expression() {
            Node::Expression(parser.expression(1)?)
        } else {
            Node::Text(parser.run(Escapes::Dollar, b""))
        });
    }
    Ok(nodes)
}

/// What a backslash and a second dollar sign do in a text.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Escapes {
    /// Nothing.
    None,
    /// `$$` is a dollar sign.
    Dollar,
    /// That, and `\/` is a slash and `\\` a backslash.
    All,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next character; a NUL ends the text.
    fn peek(&self) -> Option<char> {
        self.rest().chars().next().filter(|&next| next != '\0')
    }

    fn at_expression(&self) -> bool {
        self.rest().starts_with("${")
    }

    /// Takes text up to one of the signs in `until`, the next expression or the end.
    fn run(&mut self, escapes: Escapes, until: &[u8]) -> Cow<'a, str> {
        let mut copied = String::new();
        let mut start = self.at;
        loop {
            self.at += plain(self.rest().as_bytes(), until);
            match self.rest().as_bytes() {
                [] | [0, ..] | [b'$', b'{', ..] => break,
                _ if self.escaped(escapes) => {
                    copied.push_str(&self.text[start..self.at]);
                    start = self.at + 1;
                    self.at += 2;
                }
                [sign, ..] if until.contains(sign) => break,
                _ => self.at += 1,
            }
        }
        match copied.as_str() {
            "" => Cow::Borrowed(&self.text[start..self.at]),
            _ => Cow::Owned(copied + &self.text[start..self.at]),
        }
    }

    /// Whether the next two characters stand for the second one.
    fn escaped(&self, escapes: Escapes) -> bool {
        match self.rest().as_bytes() {
            [b'$', b'$', ..] => escapes != Escapes::None,
            [b'\\', b'/' | b'\\', ..] => escapes == Escapes::All,
            _ => false,
        }
    }

    fn expression(&mut self, depth: usize) -> Result<Expression<'a>, Error> {
        let offset = self.at;
        if depth > DEPTH_LIMIT {
            return Err(Error::TooDeep { limit: DEPTH_LIMIT, at: self.position(offset) });
        }
        self.at += "${".len();
        self.inside(offset, depth).map_err(|error| match error {
            Failure::Here(problem) => Error::Substitution { problem, at: self.position(offset) },
            Failure::Within(error) => error,
        })
    }

    fn position(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }

    /// Everything of an expression after its `${`.
    fn inside(&mut self, offset: usize, depth: usize) -> Result<Expression<'a>, Failure> {
        if self.take("#") {
            let name = self.name().ok_or(Syntax::BadSubstitution)?;
            self.close()?;
            return Ok(Expression { offset, name, operator: Operator::Length, arguments: vec![] });
        }
        let name = self.name().ok_or(Syntax::Name)?;
        let (operator, arguments) = match self.peek() {
            Some(':' | '=') => self.default_or_substring(depth)?,
            Some(',' | '^') => (self.case()?, Vec::new()),
            Some('/') => self.replace(depth)?,
            Some('#' | '%') => self.remove(depth)?,
            Some('}') => {
                self.at += 1;
                (Operator::Plain, Vec::new())
            }
            _ => return Err(Syntax::MissingClosingBrace.into()),
        };
        Ok(Expression { offset, name, operator, arguments })
    }

    fn default_or_substring(&mut self, depth: usize) -> Result<Parsed<'a>, Failure> {
        for sign in [":-", ":=", ":+", ":?", "="] {
            if self.take(sign) {
                return Ok((Operator::Default, self.defaults(depth)?));
            }
        }
        self.at += ":".len();
        // Upstream steps back by the size of the character after the colon, so that only a
        // character of one byte brings it back to the colon.
        if !self.rest().starts_with(|next: char| next.is_ascii()) {
            return Err(Syntax::BadSubstitution.into());
        }
        let offset = self.argument(depth, Escapes::None, b":}")?;
        if self.take("}") {
            return Ok((Operator::Substring, vec![offset]));
        }
        self.separator(':')?;
        let length = self.argument(depth, Escapes::None, b"}")?;
        self.close()?;
        Ok((Operator::Substring, vec![offset, length]))
    }

    /// A default is any number of texts and expressions.
    fn defaults(&mut self, depth: usize) -> Result<Vec<Node<'a>>, Failure> {
        let mut arguments = Vec::new();
        while !self.take("}") {
            arguments.push(self.argument(depth, Escapes::None, b"}")?);
        }
        Ok(arguments)
    }

    fn case(&mut self) -> Result<Operator, Failure> {
        let signs: String =
            self.rest().chars().take(2).take_while(|c| matches!(c, ',' | '^')).collect();
        self.at += signs.len();
        self.close()?;
        Ok(match signs.as_str() {
            "^" => Operator::Case { upper: true, all: false },
            "^^" => Operator::Case { upper: true, all: true },
            "," => Operator::Case { upper: false, all: false },
            ",," => Operator::Case { upper: false, all: true },
            _ => Operator::Plain,
        })
    }

    fn remove(&mut self, depth: usize) -> Result<Parsed<'a>, Failure> {
        let (end, sign) = match self.peek() {
            Some('#') => (End::Start, "#"),
            _ => (End::Stop, "%"),
        };
        self.at += sign.len();
        let longest = self.take(sign);
        let pattern = self.argument(depth, Escapes::None, b"}")?;
        self.close()?;
        Ok((Operator::Remove { end, longest }, vec![pattern]))
    }

    fn replace(&mut self, depth: usize) -> Result<Parsed<'a>, Failure> {
        self.at += "/".len();
        let operator = match self.rest().as_bytes().first() {
            Some(b'/') => Operator::ReplaceAll,
            Some(b'#') => Operator::ReplaceAt(End::Start),
            Some(b'%') => Operator::ReplaceAt(End::Stop),
            _ => Operator::ReplaceFirst,
        };
        if operator != Operator::ReplaceFirst {
            self.at += 1;
        }
        let mut arguments = vec![self.argument(depth, Escapes::All, b"/")?];
        self.separator('/')?;
        if self.peek() != Some('}') {
            arguments.push(self.argument(depth, Escapes::All, b"}")?);
        }
        self.close()?;
        Ok((operator, arguments))
    }

    /// An expression, or a text that is not empty.
    fn argument(
        &mut self,
        depth: usize,
        escapes: Escapes,
        until: &[u8],
    ) -> Result<Node<'a>, Failure> {
        if self.at_expression() {
            return Ok(Node::Expression(self.expression(depth + 1)?));
        }
        let start = self.at;
        let text = self.run(escapes, until);
        if self.at == start { Err(Syntax::Argument.into()) } else { Ok(Node::Text(text)) }
    }

    /// Letters, digits and `_`, at least one.
    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let size = rest.find(|next| !is_name(next)).unwrap_or(rest.len());
        self.at += size;
        (size > 0).then(|| &rest[..size])
    }

    /// One or more of `sign`: upstream takes `::` for `:`.
    fn separator(&mut self, sign: char) -> Result<(), Failure> {
        let rest = self.rest().trim_start_matches(sign);
        let taken = self.rest().len() - rest.len();
        self.at += taken;
        if taken == 0 { Err(Syntax::BadSubstitution.into()) } else { Ok(()) }
    }

    fn close(&mut self) -> Result<(), Failure> {
        if self.take("}") { Ok(()) } else { Err(Syntax::BadSubstitution.into()) }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }
}

type Parsed<'a> = (Operator, Vec<Node<'a>>);

/// An error of this expression, or of one within it that already knows its place.
enum Failure {
    Here(Syntax),
    Within(Error),
}

impl From<Syntax> for Failure {
    fn from(problem: Syntax) -> Self {
        Self::Here(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Within(error)
    }
}

/// How many bytes come before the next one that may mean something.
fn plain(text: &[u8], until: &[u8]) -> usize {
    let found = match until {
        [] => memchr::memchr2(b'$', 0, text),
        until => {
            text.iter().position(|byte| matches!(byte, 0 | b'$' | b'\\') || until.contains(byte))
        }
    };
    found.unwrap_or(text.len())
}

fn is_name(next: char) -> bool {
    next == '_' || next.is_ascii_alphanumeric() || (!next.is_ascii() && is_foreign_name(next))
}

fn is_foreign_name(next: char) -> bool {
    next.general_category_group() == GeneralCategoryGroup::Letter
        || next.general_category() == GeneralCategory::DecimalNumber
}
