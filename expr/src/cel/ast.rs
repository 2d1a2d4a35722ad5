//! What an expression is made of, before anything is known about names and types.

use std::sync::Arc;

use crate::cel::fault::Fault;
use crate::cel::limits::Limits;

/// A node and where it is reported: a byte offset into the source.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) node: Node,
    pub(crate) at: u32,
    /// How many nodes are on the longest way down, this one counted.
    pub(crate) depth: u32,
    /// How many comprehensions are on one way down.
    pub(crate) folds: u32,
}

impl Expr {
    /// Builds a node over finished ones, and refuses what is nested too deep to walk.
    pub(crate) fn new(node: Node, at: u32, limits: &Limits) -> Result<Self, Fault> {
        let mut depth = 0;
        let mut folds = 0;
        node.each_child(&mut |child| {
            depth = depth.max(child.depth);
            folds = folds.max(child.folds);
        });
        // What a comprehension walks over is evaluated once, and nested in nothing.
        if let Some((range, loops)) = node.loops() {
            let inner = loops.into_iter().flatten().map(|body| body.folds).max();
            folds = range.folds.max(inner.unwrap_or_default() + 1);
        }
        Self { node, at, depth: depth + 1, folds }.checked(limits)
    }

    /// Adds an operand to a chain of `&&` or `||`.
    pub(crate) fn push(mut self, operand: Self, limits: &Limits) -> Result<Self, Fault> {
        self.depth = self.depth.max(operand.depth + 1);
        self.folds = self.folds.max(operand.folds);
        if let Node::And(operands) | Node::Or(operands) = &mut self.node {
            operands.push(operand);
        }
        self.checked(limits)
    }

    fn checked(self, limits: &Limits) -> Result<Self, Fault> {
        if self.depth as usize > limits.depth {
            return Err(Limits::too_deep(limits.depth).or_at(self.at));
        }
        if self.folds as usize > limits.comprehensions {
            let limit = limits.comprehensions;
            let why = format!("comprehensions are nested deeper than the limit of {limit}");
            return Err(Fault::limit(why).or_at(self.at));
        }
        Ok(self)
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// `a && b && c`: flat, because a chain of a thousand is no deeper than one of two.
    And(Vec<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Call {
        target: Option<Box<Expr>>,
        function: String,
        arguments: Vec<Expr>,
    },
    Conditional(Box<[Expr; 3]>),
    Fold(Box<Fold>),
    /// A name; with a leading dot it never means a variable of a comprehension.
    Ident(String),
    Index {
        operand: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    List(Vec<Element>),
    Literal(Literal),
    Map(Vec<Entry>),
    /// `google.protobuf.Duration{…}`; no type of ours can be built this way.
    Message(String),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// `operand.optMap(variable, body)`; `flat` for `optFlatMap`, whose body is an optional itself.
    OptionalMap {
        operand: Box<Expr>,
        variable: String,
        body: Box<Expr>,
        flat: bool,
    },
    Or(Vec<Expr>),
    Select {
        operand: Box<Expr>,
        field: String,
        access: Access,
    },
    /// `operand.sortBy(variable, key)`.
    SortBy {
        operand: Box<Expr>,
        variable: String,
        key: Box<Expr>,
    },
}

impl Node {
    /// What a comprehension walks over, and what it evaluates for each element.
    pub(crate) fn loops(&self) -> Option<(&Expr, [Option<&Expr>; 2])> {
        match self {
            Self::Fold(fold) => Some((&fold.range, [fold.filter.as_ref(), fold.body.as_ref()])),
            Self::SortBy { operand, key, .. } => Some((operand, [Some(key), None])),
            _ => None,
        }
    }

    pub(crate) fn each_child(&self, visit: &mut dyn FnMut(&Expr)) {
        match self {
            Self::And(operands) | Self::Or(operands) => operands.iter().for_each(visit),
            Self::Binary(_, left, right) => [&**left, &**right].into_iter().for_each(visit),
            Self::Call { target, arguments, .. } => {
                target.as_deref().into_iter().chain(arguments).for_each(visit);
            }
            Self::Conditional(branches) => branches.iter().for_each(visit),
            Self::Fold(fold) => {
                visit(&fold.range);
                fold.filter.iter().chain(&fold.body).for_each(visit);
            }
            Self::Ident(_) | Self::Literal(_) | Self::Message(_) => {}
            Self::Index { operand, index, .. } => {
                [&**operand, &**index].into_iter().for_each(visit);
            }
            Self::List(elements) => elements.iter().map(|item| &item.value).for_each(visit),
            Self::Map(entries) => {
                entries.iter().flat_map(|entry| [&entry.key, &entry.value]).for_each(visit);
            }
            Self::Negate(operand) | Self::Not(operand) | Self::Select { operand, .. } => {
                visit(operand);
            }
            Self::OptionalMap { operand, body, .. } => {
                [&**operand, &**body].into_iter().for_each(visit);
            }
            Self::SortBy { operand, key, .. } => {
                [&**operand, &**key].into_iter().for_each(visit);
            }
        }
    }
}

/// How a field is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    /// `has(a.b)`
    Has,
    /// `a.?b`
    Optional,
    /// `a.b`
    Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) value: Expr,
    pub(crate) optional: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Expr,
    pub(crate) value: Expr,
    pub(crate) optional: bool,
}

/// A walk over a list or a map: what `all`, `map` and the other macros mean.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) range: Expr,
    /// One name, or two for (index, value) and (key, value).
    pub(crate) variables: Vec<String>,
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Option<Expr>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    /// Builds a list: `map`, `filter`, `transformList`.
    List,
    /// Builds a map with the keys of the range: `transformMap`.
    Map,
    /// Builds a map of the entries that the body gives: `transformMapEntry`.
    MapEntries,
}

#[derive(Clone, Debug)]
pub(crate) enum Literal {
    Bool(bool),
    Bytes(Arc<[u8]>),
    Double(f64),
    Int(i64),
    Null,
    String(Arc<str>),
    Uint(u64),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operator {
    Add,
    Divide,
    Equal,
    Greater,
    GreaterOrEqual,
    In,
    Less,
    LessOrEqual,
    Multiply,
    NotEqual,
    Remainder,
    Subtract,
}

impl Operator {
    /// The name under which CEL declares and reports the operator.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Add => "_+_",
            Self::Divide => "_/_",
            Self::Equal => "_==_",
            Self::Greater => "_>_",
            Self::GreaterOrEqual => "_>=_",
            Self::In => "@in",
            Self::Less => "_<_",
            Self::LessOrEqual => "_<=_",
            Self::Multiply => "_*_",
            Self::NotEqual => "_!=_",
            Self::Remainder => "_%_",
            Self::Subtract => "_-_",
        }
    }
}
