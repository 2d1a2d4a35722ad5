//! Why a tree could not be turned into objects.

use crate::fault::Fault;

/// Why a tree could not be turned into objects.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A folder could not be built.
    #[error("{0}")]
    Build(Box<Fault>),

    /// A `${` begins something that is not an expression.
    ///
    /// Only the words upstream prints are printed; say where with `at`.
    #[error("{problem}")]
    Substitution {
        /// What is wrong with it.
        problem: Syntax,
        /// Where its `${` stands.
        at: Position,
    },

    /// A variable without a default is not set, and the caller asked to be told.
    #[error("variable not set (strict mode): {name:?}")]
    VariableNotSet {
        /// The variable.
        name: String,
        /// Where its `${` stands.
        at: Position,
    },

    /// Expressions stand in expressions deeper than anybody writes by hand.
    #[error("expressions are nested more than {limit} deep")]
    TooDeep {
        /// How deep they may be.
        limit: usize,
        /// Where the first one too deep stands.
        at: Position,
    },

    /// The text would become larger, or its patterns costlier, than is allowed.
    #[error("substitution takes more than {limit} steps")]
    TooCostly {
        /// The most bytes that may be produced and compared.
        limit: u64,
        /// Where the expression that went over it stands.
        at: Position,
    },

    /// A substring begins or ends in the middle of a character, so the result is no text.
    #[error("result is not UTF-8: an expression cuts a character in two")]
    NotText,

    /// The variables of an object could not be replaced; the source says which, and why.
    #[error("{object}: variables could not be replaced in {place}")]
    PostBuild {
        /// The object: `apps/v1 Deployment shop/web`.
        object: String,
        /// Where in it: a field and where that was read, or a line of its printed text.
        place: String,
        /// What is wrong there.
        source: Box<Self>,
    },
}

/// What is wrong with an expression, in the words of `fluxcd/pkg/envsubst`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Syntax {
    /// An operator, a separator or the closing brace is not where it has to be.
    #[error("bad substitution")]
    BadSubstitution,
    /// The name is followed by something that is neither an operator nor `}`.
    #[error("missing closing brace")]
    MissingClosingBrace,
    /// No name follows `${`.
    #[error("unable to parse variable name")]
    Name,
    /// An operator lacks its argument.
    #[error("unable to parse substitution within function")]
    Argument,
}

/// A place in a template.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a line and a column is all a place can be")]
pub struct Position {
    /// Counted from 1.
    pub line: usize,
    /// Counted in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The place of the byte at `offset` in `text`.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
            column: before[start..].chars().count() + 1,
        }
    }
}
