//! An expression that was read, checked and planned.

use std::sync::Arc;

use crate::Error;
use crate::cel::bindings::Bindings;
use crate::cel::check;
use crate::cel::environment::Environment;
use crate::cel::eval::Evaluation;
use crate::cel::fault::Fault;
use crate::cel::limits::Limits;
use crate::cel::meter::Meter;
use crate::cel::parser;
use crate::cel::plan::{self, Patterns, Step};
use crate::cel::types::Type;
use crate::cel::value::Value;
use crate::error::Position;

/// A compiled expression. It is immutable, `Send` and `Sync`, and cheap to clone and share.
#[derive(Clone, Debug)]
pub struct Program(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: String,
    step: Step,
    patterns: Patterns,
    limits: Limits,
    output: Type,
}

impl Program {
    /// Reads an expression, checks its types if the environment declares variables, and plans its
    /// evaluation.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`] and [`Error::Types`] when the expression is wrong in itself,
    /// [`Error::Constant`] when a part of it fails whatever the input is (`int('x')`),
    /// [`Error::Limit`] when it is too long or nested too deep.
    pub fn compile(source: &str, environment: &Environment) -> Result<Self, Error> {
        let limits = environment.limits.clone();
        let place =
            |kind: fn(String, Position) -> Error| move |fault: Fault| error(source, kind, fault);
        let expr = parser::parse(source, environment.library.macros, &limits)
            .map_err(place(|message, position| Error::Syntax { message, position }))?;
        let output = check::check(&expr, environment)
            .map_err(place(|message, position| Error::Types { message, position }))?;
        let (step, patterns) = plan::plan(&expr, environment)
            .map_err(place(|message, position| Error::Constant { message, position }))?;
        let source = source.to_owned();
        Ok(Self(Arc::new(Inner { source, step, patterns, limits, output })))
    }

    /// The expression as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// What the expression evaluates to, as far as the check of types knows: [`Type::Dyn`] when
    /// there was none.
    ///
    /// Flux refuses a readiness expression whose output type is not [`Type::Bool`].
    pub fn output_type(&self) -> &Type {
        &self.0.output
    }

    /// Evaluates the expression. The value borrows from the program and from what is bound.
    ///
    /// # Errors
    ///
    /// [`Error::Evaluation`] when a field is missing, types do not fit, a number overflows …;
    /// what that means is the caller's choice (see [`cel`](crate::cel)). [`Error::Limit`] when the
    /// evaluation takes too many steps or produces too many bytes.
    pub fn evaluate<'v>(&'v self, bindings: impl Into<Bindings<'v>>) -> Result<Value<'v>, Error> {
        self.run(bindings.into()).0
    }

    /// Evaluates an expression that has to be true or false.
    ///
    /// # Errors
    ///
    /// Those of [`evaluate`](Self::evaluate), and [`Error::NotBool`] for any other value.
    pub fn evaluate_bool<'v>(&'v self, bindings: impl Into<Bindings<'v>>) -> Result<bool, Error> {
        let value = self.evaluate(bindings)?;
        value.as_bool().ok_or_else(|| Error::NotBool { found: value.type_name() })
    }

    /// Evaluates the expression and counts the steps it took, whatever came of it.
    pub fn evaluate_counting<'v>(
        &'v self,
        bindings: impl Into<Bindings<'v>>,
    ) -> (Result<Value<'v>, Error>, u64) {
        self.run(bindings.into())
    }

    fn run<'v>(&'v self, bindings: Bindings<'v>) -> (Result<Value<'v>, Error>, u64) {
        let meter = Meter::new(&self.0.limits, &self.0.patterns);
        let mut evaluation = Evaluation::new(bindings, meter);
        let outcome = evaluation.run(&self.0.step);
        let kind = |message, position| Error::Evaluation { message, position };
        let outcome = outcome.map_err(|fault| error(&self.0.source, kind, fault));
        (outcome, evaluation.meter.used())
    }
}

fn error(source: &str, kind: fn(String, Position) -> Error, fault: Fault) -> Error {
    let position = Position::new(source, fault.offset());
    let limit = fault.is_limit();
    let message = fault.into_message().into_owned();
    if limit { Error::Limit { message, position } } else { kind(message, position) }
}
