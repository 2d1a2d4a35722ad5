//! Variable substitution in text: what `postBuild` does to the emitted manifests.

mod budget;
mod case;
mod glob;
mod operator;
mod parse;

use std::borrow::Cow;

use self::budget::{Budget, Spent};
use self::operator::Operator;
use crate::Error;
use crate::error::Position;

/// A text with expressions, read once and expanded as often as wanted.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    text: &'a str,
    nodes: Vec<Node<'a>>,
}

/// What a variable that is not set stands for, where no default is given.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing between taking it and refusing it")]
pub enum Missing {
    /// The empty text: what Flux does unless told otherwise.
    #[default]
    Empty,
    /// An error that names it: Flux's strict mode.
    Refuse,
}

/// A piece of a template.
#[derive(Clone, Debug)]
enum Node<'a> {
    /// Text as it will be printed: escapes are already resolved.
    Text(Cow<'a, str>),
    Expression(Expression<'a>),
}

/// `${name operator arguments}`.
#[derive(Clone, Debug)]
struct Expression<'a> {
    /// Byte offset of its `${` in the template.
    offset: usize,
    name: &'a str,
    operator: Operator,
    arguments: Vec<Node<'a>>,
}

impl<'a> Template<'a> {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// [`Error::Substitution`] when an expression is malformed, [`Error::TooDeep`] when expressions
    /// are nested more than a hundred deep.
    pub fn parse(text: &'a str) -> Result<Self, Error> {
        Ok(Self { text, nodes: parse::template(text)? })
    }

    /// Replaces every expression by its value.
    ///
    /// # Errors
    ///
    /// [`Error::VariableNotSet`] when `missing` refuses and `variable` has nothing for a name that
    /// has no default; [`Error::TooCostly`] when more than 64 MiB would be produced and compared;
    /// [`Error::NotText`] when an offset cuts a character in two.
    pub fn expand<V: AsRef<str>>(
        &self,
        variable: impl Fn(&str) -> Option<V>,
        missing: Missing,
    ) -> Result<String, Error> {
        String::from_utf8(self.expand_bytes(variable, missing)?).map_err(|_| Error::NotText)
    }

    /// Like [`expand`](Self::expand), for callers who take half a character too, as the original
    /// does.
    ///
    /// # Errors
    ///
    /// Those of [`expand`](Self::expand) but [`Error::NotText`].
    pub fn expand_bytes<V: AsRef<str>>(
        &self,
        variable: impl Fn(&str) -> Option<V>,
        missing: Missing,
    ) -> Result<Vec<u8>, Error> {
        let budget = Budget::default();
        let mut expansion = Expansion { text: self.text, variable: &variable, missing, budget };
        let mut out = Vec::with_capacity(self.text.len());
        expansion.all(&self.nodes, &mut out)?;
        Ok(out)
    }
}

/// One run over a template.
struct Expansion<'a, F> {
    text: &'a str,
    variable: &'a F,
    missing: Missing,
    budget: Budget,
}

impl<F, V> Expansion<'_, F>
where
    F: Fn(&str) -> Option<V>,
    V: AsRef<str>,
{
    fn all(&mut self, nodes: &[Node<'_>], out: &mut Vec<u8>) -> Result<(), Error> {
        for node in nodes {
            match node {
                Node::Text(text) => out.extend_from_slice(text.as_bytes()),
                Node::Expression(expression) => self.expression(expression, out)?,
            }
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expression<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        // Arguments come first: an unset variable in a default that is not needed is refused too.
        let arguments = expression.arguments.iter().map(|argument| self.argument(argument));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let value = (self.variable)(expression.name);
        let value = match &value {
            Some(value) => value.as_ref(),
            None if self.missing == Missing::Empty => "",
            None if expression.operator.tolerates_unset() => "",
            None => return Err(self.not_set(expression)),
        };
        let before = out.len();
        let result = expression.operator.apply(value, &arguments, &mut self.budget, out);
        result
            .and_then(|()| self.budget.spend(out.len() - before))
            .map_err(|Spent { limit }| Error::TooCostly { limit, at: self.position(expression) })
    }

    fn argument<'n>(&mut self, node: &'n Node<'_>) -> Result<Cow<'n, [u8]>, Error> {
        let expression = match node {
            Node::Text(text) => return Ok(Cow::Borrowed(text.as_bytes())),
            Node::Expression(expression) => expression,
        };
        let mut value = Vec::new();
        self.expression(expression, &mut value)?;
        Ok(Cow::Owned(value))
    }

    fn not_set(&self, expression: &Expression<'_>) -> Error {
        Error::VariableNotSet { name: expression.name.to_owned(), at: self.position(expression) }
    }

    fn position(&self, expression: &Expression<'_>) -> Position {
        Position::of(self.text, expression.offset)
    }
}
