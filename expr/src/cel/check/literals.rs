//! What Kubernetes finds wrong with literals that a function will have to read.

use crate::cel::ast::{Expr, Literal, Node};
use crate::cel::check::Checker;
use crate::cel::duration::Duration;
use crate::cel::environment::Dialect;
use crate::cel::fault::Fault;
use crate::cel::functions;
use crate::cel::pattern;
use crate::cel::time::Timestamp;
use crate::cel::types::Type;

impl Checker<'_> {
    /// Kubernetes looks into literals that will have to be read as something else.
    pub(super) fn validate(&self, function: &str, arguments: &[Expr]) -> Result<(), Fault> {
        let [argument] = arguments else {
            return match arguments {
                [_, pattern] if function == "matches" => self.validate_pattern(pattern),
                _ => Ok(()),
            };
        };
        let Node::Literal(literal) = &argument.node else { return Ok(()) };
        if self.environment.library.dialect != Dialect::Kubernetes {
            return Ok(());
        }
        let fine = match (function, literal) {
            ("duration", Literal::String(text)) => Duration::parse(text).is_some(),
            ("timestamp", Literal::String(text)) => Timestamp::parse(text).is_some(),
            ("timestamp", Literal::Int(seconds)) => Timestamp::from_unix(*seconds, 0).is_some(),
            ("duration" | "timestamp", _) => false,
            _ => true,
        };
        let refuse = || Fault::new(format!("invalid {function} argument")).or_at(argument.at);
        if fine { Ok(()) } else { Err(refuse()) }
    }

    pub(super) fn validate_member(
        &mut self,
        target: &Expr,
        function: &str,
        arguments: &[Expr],
    ) -> Result<(), Fault> {
        match (function, arguments) {
            ("matches", [pattern]) => self.validate_pattern(pattern),
            ("format", [values]) => {
                let types = std::mem::take(&mut self.elements);
                self.validate_format(target, values, &types)
            }
            _ => Ok(()),
        }
    }

    fn validate_pattern(&self, pattern: &Expr) -> Result<(), Fault> {
        let Some(text) = self.literal(pattern) else { return Ok(()) };
        let compiled = pattern::compile(text);
        compiled.map(drop).map_err(|_| Fault::new("invalid matches argument").or_at(pattern.at))
    }

    /// A pattern and its values that are both literals have to fit.
    fn validate_format(
        &mut self,
        pattern: &Expr,
        values: &Expr,
        types: &[Type],
    ) -> Result<(), Fault> {
        let (Some(text), Node::List(elements)) = (self.literal(pattern), &values.node) else {
            return Ok(());
        };
        let mut rest = text;
        let mut used = 0;
        while let Some((_, tail)) = rest.split_once('%') {
            if let Some(tail) = tail.strip_prefix('%') {
                rest = tail;
                continue;
            }
            let element = elements.get(used);
            let element =
                element.ok_or_else(|| Fault::new(format!("index {used} out of range")))?;
            let (clause, tail) = functions::clause(tail)?;
            let kind = types.get(used).map_or(Ok(Type::Dyn), |kind| self.resolved(kind))?;
            let literal = match &element.value.node {
                Node::Literal(Literal::String(text)) => Some(&**text),
                _ => None,
            };
            if !formats(clause.letter, &kind, literal) {
                let why = format!("error during formatting: {kind} does not fit the clause");
                return Err(Fault::new(why).or_at(element.value.at));
            }
            (rest, used) = (tail, used + 1);
        }
        if used < elements.len() {
            return Err(Fault::new("too many arguments supplied to string.format"));
        }
        Ok(())
    }

    fn literal<'x>(&self, expr: &'x Expr) -> Option<&'x str> {
        match &expr.node {
            Node::Literal(Literal::String(text))
                if self.environment.library.dialect == Dialect::Kubernetes =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

/// Whether a clause of Kubernetes' `format` takes a type; a few texts stand for numbers.
fn formats(letter: char, kind: &Type, literal: Option<&str>) -> bool {
    match letter {
        _ if *kind == Type::Dyn || matches!(kind, Type::Param(_)) => true,
        'd' | 'o' => matches!(kind, Type::Int | Type::Uint),
        'b' => matches!(kind, Type::Int | Type::Uint | Type::Bool),
        'f' | 'e' => *kind == Type::Double || literal.is_some(),
        'x' | 'X' => matches!(kind, Type::Int | Type::Uint | Type::String | Type::Bytes),
        _ => !matches!(kind, Type::Opaque(_) | Type::Optional(_)),
    }
}
