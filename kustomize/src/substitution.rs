//! Variable substitution in text: what `postBuild` does to the emitted manifests.

mod budget;
mod case;
mod glob;
mod operator;
mod parse;

use std::borrow::Cow;

use self::budget::Budget;
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
        let variable = |name: &str| variable(name).map(|value| value.as_ref().to_owned());
        let mut expansion =
            Expansion { text: self.text, variable: &variable, missing, budget: Budget::default() };
        let mut out = Vec::with_capacity(self.text.len());
        expansion.all(&self.nodes, &mut out)?;
        Ok(out)
    }
}

/// One run over a template.
struct Expansion<'a> {
    text: &'a str,
    variable: &'a dyn Fn(&str) -> Option<String>,
    missing: Missing,
    budget: Budget,
}

impl Expansion<'_> {
    fn all(&mut self, nodes: &[Node<'_>], out: &mut Vec<u8>) -> Result<(), Error> {
        nodes.iter().try_for_each(|node| self.one(node, out))
    }

    fn one(&mut self, node: &Node<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        match node {
            Node::Text(text) => out.extend_from_slice(text.as_bytes()),
            Node::Expression(expression) => self.expression(expression, out)?,
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expression<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        // Arguments come first: an unset variable in a default that is not needed is refused too.
        let mut arguments = Vec::with_capacity(expression.arguments.len());
        for argument in &expression.arguments {
            let mut value = Vec::new();
            self.one(argument, &mut value)?;
            arguments.push(value);
        }
        let value = match (self.variable)(expression.name) {
            Some(value) => value,
            None if self.missing == Missing::Empty || expression.operator.tolerates_unset() => {
                String::new()
            }
            None => return Err(self.not_set(expression)),
        };
        let result = expression.operator.apply(value, &arguments, &mut self.budget);
        let result = result.and_then(|bytes| self.budget.spend(bytes.len()).map(|()| bytes));
        match result {
            Ok(bytes) => out.extend_from_slice(&bytes),
            Err(budget::Spent { limit }) => {
                return Err(Error::TooCostly { limit, at: self.position(expression) });
            }
        }
        Ok(())
    }

    fn not_set(&self, expression: &Expression<'_>) -> Error {
        Error::VariableNotSet { name: expression.name.to_owned(), at: self.position(expression) }
    }

    fn position(&self, expression: &Expression<'_>) -> Position {
        Position::of(self.text, expression.offset)
    }
}
