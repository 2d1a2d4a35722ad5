//! The operators, as functions: what the check of types has to know about them.

use crate::cel::ast::Operator;
use crate::cel::eval::Outcome;
use crate::cel::fault::Fault;
use crate::cel::functions::mismatch;
use crate::cel::meter::Meter;
use crate::cel::operators;
use crate::cel::optional;
use crate::cel::signature::{Declaration, Run, function};
use crate::cel::value::Value;

/// The overloads of an operator between two operands.
macro_rules! binary {
    ($operator:ident: $($signature:literal),+) => {
        &[$(function(Operator::$operator.name(), $signature, |meter, given| {
            let [left, right] = given else { return Err(mismatch()) };
            operators::binary(meter, Operator::$operator, left, right)
        })),+]
    };
}

/// What has an order.
macro_rules! ordered {
    ($operator:ident) => {
        binary!($operator:
            "(bool, bool) bool", "(bytes, bytes) bool", "(double, double) bool",
            "(double, int) bool", "(double, uint) bool", "(duration, duration) bool",
            "(int, double) bool", "(int, int) bool", "(int, uint) bool",
            "(string, string) bool", "(timestamp, timestamp) bool",
            "(uint, double) bool", "(uint, int) bool", "(uint, uint) bool")
    };
}

pub(crate) const TABLES: [&[Declaration]; 13] = [
    binary!(Add:
        "(bytes, bytes) bytes", "(double, double) double", "(duration, duration) duration",
        "(duration, timestamp) timestamp", "(timestamp, duration) timestamp", "(int, int) int",
        "(list(A), list(A)) list(A)", "(string, string) string", "(uint, uint) uint"),
    binary!(Subtract:
        "(double, double) double", "(duration, duration) duration", "(int, int) int",
        "(timestamp, duration) timestamp", "(timestamp, timestamp) duration",
        "(uint, uint) uint"),
    binary!(Multiply: "(double, double) double", "(int, int) int", "(uint, uint) uint"),
    binary!(Divide: "(double, double) double", "(int, int) int", "(uint, uint) uint"),
    binary!(Remainder: "(int, int) int", "(uint, uint) uint"),
    binary!(Equal: "(A, A) bool"),
    binary!(NotEqual: "(A, A) bool"),
    binary!(In: "(A, list(A)) bool", "(A, map(A, B)) bool"),
    ordered!(Less),
    ordered!(LessOrEqual),
    ordered!(Greater),
    ordered!(GreaterOrEqual),
    OTHERS,
];

const OTHERS: &[Declaration] = &[
    function("-_", "(double) double", negate),
    function("-_", "(int) int", negate),
    function("!_", "(bool) bool", not),
    function("_?_:_", "(bool, A, A) A", choose),
    function("_[_]", "(list(A), int) A", INDEX),
    function("_[_]", "(map(A, B), A) B", INDEX),
    function("_[_]", "(optional(list(V)), int) optional(V)", INDEX),
    function("_[_]", "(optional(map(K, V)), K) optional(V)", INDEX),
    function("_[?_]", "(list(V), int) optional(V)", OPTIONAL_INDEX),
    function("_[?_]", "(optional(list(V)), int) optional(V)", OPTIONAL_INDEX),
    function("_[?_]", "(map(K, V), K) optional(V)", OPTIONAL_INDEX),
    function("_[?_]", "(optional(map(K, V)), K) optional(V)", OPTIONAL_INDEX),
];

const INDEX: Run = |_, given| index(given, false);
const OPTIONAL_INDEX: Run = |_, given| index(given, true);

fn index<'a>(arguments: &[Value<'a>], optional: bool) -> Outcome<'a> {
    let [operand, index] = arguments else { return Err(mismatch()) };
    optional::qualify(operand, index, optional)
}

fn negate<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    operators::negate(arguments.first().ok_or_else(mismatch)?)
}

fn not<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Bool(value)] => Ok(Value::Bool(!value)),
        _ => Err(Fault::overload("!_")),
    }
}

fn choose<'a>(_: &mut Meter<'_>, arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Bool(true), value, _] | [Value::Bool(false), _, value] => Ok(value.clone()),
        _ => Err(mismatch()),
    }
}
