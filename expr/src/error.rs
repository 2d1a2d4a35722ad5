//! Why a version, a constraint or an expression was refused.

use std::fmt;

/// Why a version or a constraint cannot be read, or an expression cannot be compiled or evaluated.
///
/// The texts about versions and constraints are those of Masterminds/semver.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A part of the expression fails whatever it is evaluated over, such as `int('x')`.
    Constant {
        /// What is wrong.
        message: String,
        /// Where.
        position: Position,
    },

    /// The text is no version constraint.
    Constraint {
        /// What is wrong.
        message: String,
    },

    /// The expression does not evaluate over this input.
    ///
    /// Nothing is wrong with the expression itself: over another input it may well evaluate.
    Evaluation {
        /// What is wrong.
        message: String,
        /// Where.
        position: Position,
    },

    /// The expression is too large, or its evaluation takes too much.
    Limit {
        /// Which limit, and where it stands.
        message: String,
        /// Where.
        position: Position,
    },

    /// The expression evaluates to something that is neither true nor false.
    NotBool {
        /// The type it evaluates to.
        found: &'static str,
    },

    /// The text is no expression.
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        position: Position,
    },

    /// The expression can never be evaluated, because its types do not fit or a name is unknown.
    Types {
        /// What is wrong.
        message: String,
        /// Where.
        position: Position,
    },

    /// The text is no version.
    Version {
        /// What is wrong.
        message: String,
    },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed by a person.
    ///
    /// An evaluation may: the object it looks at changes. All else needs another expression,
    /// version or constraint, and is a reason to stall.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Evaluation { .. })
    }

    /// Where in the expression, for the errors that have a place.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Constant { position, .. }
            | Self::Evaluation { position, .. }
            | Self::Limit { position, .. }
            | Self::Syntax { position, .. }
            | Self::Types { position, .. } => Some(position),
            Self::Constraint { .. } | Self::NotBool { .. } | Self::Version { .. } => None,
        }
    }
}

/// The message; [`Error::position`] says where.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant { message, .. }
            | Self::Constraint { message }
            | Self::Evaluation { message, .. }
            | Self::Limit { message, .. }
            | Self::Version { message } => f.write_str(message),
            Self::NotBool { found } => write!(f, "expression is not a boolean but a {found}"),
            Self::Syntax { message, position } | Self::Types { message, position } => {
                write!(f, "{position}: {message}")
            }
        }
    }
}

impl std::error::Error for Error {}

/// A place in an expression.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// The text of the line.
    pub text: String,
}

#[cfg(any(feature = "cel", test))] // only expressions have places
impl Position {
    /// The place of a byte offset, which may lie behind the end or within a character.
    pub(crate) fn new(source: &str, offset: usize) -> Self {
        let mut offset = offset.min(source.len());
        while !source.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &source[..offset];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = source[offset..].find('\n').map_or(source.len(), |newline| offset + newline);
        Self {
            line: before.matches('\n').count() + 1,
            column: source[start..offset].chars().count() + 1,
            text: source[start..end].to_owned(),
        }
    }
}

impl Position {
    /// Two lines for a terminal: the line of the source, and a caret below the place.
    ///
    /// ```
    /// # #[cfg(feature = "cel")] {
    /// use gotk_expr::cel::{Environment, Program};
    ///
    /// let error = Program::compile("status.phase = 'Done'", &Environment::flux()).unwrap_err();
    /// let shown = error.position().map(|position| position.pointing()).unwrap();
    /// assert_eq!(shown, "status.phase = 'Done'\n             ^");
    /// # }
    /// ```
    pub fn pointing(&self) -> String {
        format!("{}\n{:>width$}", self.text, '^', width = self.column)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_and_lines() {
        let position = Position::new("a &&\nü + b", 8);
        assert_eq!((position.line, position.column), (2, 3));
        assert_eq!(position.pointing(), "ü + b\n  ^");
        assert_eq!(Position::new("", 7).to_string(), "1:1");
    }
}
