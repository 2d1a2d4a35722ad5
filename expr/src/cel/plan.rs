//! A tree with its names resolved, ready to be evaluated many times.

use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;

use crate::cel::ast::{Access, Element, Entry, Expr, Fold, FoldKind, Literal, Node, Operator};
use crate::cel::environment::Environment;
use crate::cel::fault::Fault;
use crate::cel::map::{Key, Map};
use crate::cel::meter::Meter;
use crate::cel::optional;
use crate::cel::pattern;
use crate::cel::signature::Overload;
use crate::cel::types::Type;
use crate::cel::value::{Text, Value};

/// What to do at one place of the source.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) at: u32,
}

#[derive(Debug)]
pub(crate) enum Action {
    And(Vec<Step>),
    Binary(Operator, Box<[Step; 2]>),
    Call {
        name: String,
        overloads: Option<Arc<[Overload]>>,
        arguments: Vec<Step>,
    },
    Conditional(Box<[Step; 3]>),
    Constant(Value<'static>),
    Fold(Box<Walk>),
    Index {
        operands: Box<[Step; 2]>,
        optional: bool,
    },
    List(Vec<(Step, bool)>),
    /// A variable of a comprehension, by its place on the stack.
    Local(usize),
    Map(Vec<(Step, Step, bool)>),
    Negate(Box<Step>),
    Not(Box<Step>),
    OptionalMap {
        operands: Box<[Step; 2]>,
        flat: bool,
    },
    /// `a.or(b)` and `a.orValue(b)` leave `b` alone when `a` holds something.
    OptionalOr {
        operands: Box<[Step; 2]>,
        unwrap: bool,
    },
    Or(Vec<Step>),
    Select {
        operand: Box<Step>,
        field: String,
        access: Access,
    },
    SortBy(Box<[Step; 2]>),
    Variable(String),
}

#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) kind: FoldKind,
    pub(crate) range: Step,
    pub(crate) two_variables: bool,
    pub(crate) filter: Option<Step>,
    pub(crate) body: Option<Step>,
}

pub(crate) type Patterns = HashMap<String, Regex>;

/// Plans the evaluation of a tree. An error here is one that no input could avoid.
pub(crate) fn plan(expr: &Expr, environment: &Environment) -> Result<(Step, Patterns), Fault> {
    let mut planner = Planner { environment, locals: Vec::new(), patterns: HashMap::new() };
    let step = planner.plan(expr)?;
    Ok((step, planner.patterns))
}

struct Planner<'e> {
    environment: &'e Environment,
    locals: Vec<&'e str>,
    patterns: Patterns,
}

impl<'e> Planner<'e> {
    fn plan(&mut self, expr: &'e Expr) -> Result<Step, Fault> {
        let action = self.action(&expr.node).map_err(|fault| fault.or_at(expr.at))?;
        Ok(Step { action, at: expr.at })
    }

    fn boxed(&mut self, expr: &'e Expr) -> Result<Box<Step>, Fault> {
        self.plan(expr).map(Box::new)
    }

    fn pair(&mut self, a: &'e Expr, b: &'e Expr) -> Result<Box<[Step; 2]>, Fault> {
        Ok(Box::new([self.plan(a)?, self.plan(b)?]))
    }

    fn all(&mut self, exprs: &'e [Expr]) -> Result<Vec<Step>, Fault> {
        exprs.iter().map(|expr| self.plan(expr)).collect()
    }

    /// One function a form, so that the stack holds no more than the one that is being planned.
    fn action(&mut self, node: &'e Node) -> Result<Action, Fault> {
        match node {
            Node::And(operands) => self.all(operands).map(Action::And),
            Node::Binary(operator, left, right) => self.binary(*operator, left, right),
            Node::Call { target, function, arguments } => {
                self.call(target.as_deref(), function, arguments)
            }
            Node::Conditional(branches) => self.conditional(branches),
            Node::Fold(fold) => self.fold(fold),
            Node::Ident(name) => Ok(self.name(name)),
            Node::Index { operand, index, optional } => self.index(operand, index, *optional),
            Node::List(elements) => self.list(elements),
            Node::Literal(literal) => Ok(Action::Constant(constant(literal))),
            Node::Map(entries) => self.map(entries),
            Node::Message(name) => Err(Fault::new(format!("unknown type: {name}"))),
            Node::Negate(operand) => self.boxed(operand).map(Action::Negate),
            Node::Not(operand) => self.boxed(operand).map(Action::Not),
            Node::OptionalMap { operand, variable, body, flat } => {
                let operands = self.with_local(operand, variable, body)?;
                Ok(Action::OptionalMap { operands, flat: *flat })
            }
            Node::Or(operands) => self.all(operands).map(Action::Or),
            Node::Select { operand, field, access } => self.select(node, operand, field, *access),
            Node::SortBy { operand, variable, key } => {
                self.with_local(operand, variable, key).map(Action::SortBy)
            }
        }
    }

    fn binary(&mut self, operator: Operator, a: &'e Expr, b: &'e Expr) -> Result<Action, Fault> {
        Ok(Action::Binary(operator, self.pair(a, b)?))
    }

    fn conditional(&mut self, branches: &'e [Expr; 3]) -> Result<Action, Fault> {
        let [condition, yes, no] = branches;
        let steps = [self.plan(condition)?, self.plan(yes)?, self.plan(no)?];
        Ok(Action::Conditional(Box::new(steps)))
    }

    fn index(
        &mut self,
        operand: &'e Expr,
        index: &'e Expr,
        optional: bool,
    ) -> Result<Action, Fault> {
        let operands = self.pair(operand, index)?;
        if let Action::Constant(index) = &operands[1].action {
            optional::usable(index)?;
        }
        Ok(Action::Index { operands, optional })
    }

    fn list(&mut self, elements: &'e [Element]) -> Result<Action, Fault> {
        let mut steps = Vec::with_capacity(elements.len());
        for element in elements {
            steps.push((self.plan(&element.value)?, element.optional));
        }
        Ok(constant_list(steps))
    }

    fn map(&mut self, entries: &'e [Entry]) -> Result<Action, Fault> {
        let mut steps = Vec::with_capacity(entries.len());
        for entry in entries {
            steps.push((self.plan(&entry.key)?, self.plan(&entry.value)?, entry.optional));
        }
        Ok(constant_map(steps))
    }

    fn with_local(
        &mut self,
        operand: &'e Expr,
        variable: &'e str,
        body: &'e Expr,
    ) -> Result<Box<[Step; 2]>, Fault> {
        let operand = self.plan(operand)?;
        self.locals.push(variable);
        let body = self.plan(body);
        self.locals.pop();
        Ok(Box::new([operand, body?]))
    }

    fn fold(&mut self, fold: &'e Fold) -> Result<Action, Fault> {
        let range = self.plan(&fold.range)?;
        let outside = self.locals.len();
        self.locals.extend(fold.variables.iter().map(String::as_str));
        let filter = fold.filter.as_ref().map(|filter| self.plan(filter)).transpose();
        let body = fold.body.as_ref().map(|body| self.plan(body)).transpose();
        self.locals.truncate(outside);
        Ok(Action::Fold(Box::new(Walk {
            kind: fold.kind,
            range,
            two_variables: fold.variables.len() == 2,
            filter: filter?,
            body: body?,
        })))
    }

    fn name(&self, name: &str) -> Action {
        let Some(global) = name.strip_prefix('.') else {
            let local = self.locals.iter().rposition(|&local| local == name);
            return local.map_or_else(|| Action::Variable(name.to_owned()), Action::Local);
        };
        Action::Variable(global.to_owned())
    }

    fn select(
        &mut self,
        node: &Node,
        operand: &'e Expr,
        field: &str,
        access: Access,
    ) -> Result<Action, Fault> {
        let named = self.qualified(node).and_then(|name| Type::named(&name));
        if let (Access::Value, Some(named)) = (access, named) {
            return Ok(Action::Constant(Value::Type(named)));
        }
        Ok(Action::Select { operand: self.boxed(operand)?, field: field.to_owned(), access })
    }

    /// The dotted name that a chain of fields spells, unless it starts at a local variable.
    fn qualified(&self, node: &Node) -> Option<String> {
        qualified(node).filter(|name| {
            let root = name.split('.').next().unwrap_or_default();
            !self.locals.contains(&root)
        })
    }

    fn call(
        &mut self,
        target: Option<&'e Expr>,
        function: &str,
        arguments: &'e [Expr],
    ) -> Result<Action, Fault> {
        let library = &self.environment.library;
        let space = target.and_then(|target| self.qualified(&target.node));
        let spaced = space.map(|space| format!("{space}.{function}"));
        if let Some((name, overloads)) =
            spaced.and_then(|name| library.function(&name).cloned().map(|all| (name, all)))
        {
            if !callable(&name, Some(&overloads), arguments.len()) {
                return Err(Fault::overload(&format!("{name}({} arguments)", arguments.len())));
            }
            let arguments = self.all(arguments)?;
            return Ok(Action::Call { name, overloads: Some(overloads), arguments });
        }
        if let (Some(target), "or" | "orValue", [other]) = (target, function, arguments) {
            let operands = self.pair(target, other)?;
            return Ok(Action::OptionalOr { operands, unwrap: function == "orValue" });
        }
        let name = function.trim_start_matches('.').to_owned();
        let overloads = library.function(&name).cloned();
        let given = usize::from(target.is_some()) + arguments.len();
        if !callable(&name, overloads.as_deref(), given) {
            return Err(Fault::overload(&format!("{name}({given} arguments)")));
        }
        let mut steps = Vec::with_capacity(arguments.len() + 1);
        for argument in target.into_iter().chain(arguments) {
            steps.push(self.plan(argument)?);
        }
        self.keep_pattern(&name, &steps)?;
        converted(Action::Call { name, overloads, arguments: steps })
    }

    /// Compiles a pattern that is a literal, once and for all evaluations.
    fn keep_pattern(&mut self, function: &str, arguments: &[Step]) -> Result<(), Fault> {
        let known = self.environment.library.function(function).is_some();
        if !known || !matches!(function, "matches" | "find" | "findAll") {
            return Ok(());
        }
        let Some(Action::Constant(Value::String(text))) = arguments.get(1).map(|step| &step.action)
        else {
            return Ok(());
        };
        if !self.patterns.contains_key(&**text) {
            let regex = pattern::compile(text).map_err(Fault::new)?;
            self.patterns.insert(text.to_string(), regex);
        }
        Ok(())
    }
}

/// Whether a function could take so many arguments. Where `cel-go` knows that none can it refuses
/// the expression, and leaves the rest to the evaluation: so do we.
fn callable(name: &str, overloads: Option<&[Overload]>, given: usize) -> bool {
    let Some(overloads) = overloads else { return given > 0 };
    let one = matches!(name, "dyn" | "matches" | "size" | "type") || overloads.len() == 1;
    let class = |count: usize| count.min(3);
    match overloads.first() {
        Some(first) if one => class(first.parameters.len()) == class(given),
        _ => true,
    }
}

/// The dotted name that a chain of fields spells: `google.protobuf.Timestamp`.
pub(crate) fn qualified(mut node: &Node) -> Option<String> {
    let mut names = Vec::new();
    loop {
        match node {
            Node::Select { operand, field, access: Access::Value } => {
                names.push(field.as_str());
                node = &operand.node;
            }
            Node::Ident(name) => {
                names.push(name.trim_start_matches('.'));
                names.reverse();
                return Some(names.join("."));
            }
            _ => return None,
        }
    }
}

fn constant(literal: &Literal) -> Value<'static> {
    match literal {
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
        Literal::Double(value) => Value::Double(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Null => Value::Null,
        Literal::String(text) => Value::String(Text::Shared(Arc::clone(text))),
        Literal::Uint(value) => Value::Uint(*value),
    }
}

/// A list of constants is built once.
fn constant_list(elements: Vec<(Step, bool)>) -> Action {
    let mut values = Vec::with_capacity(elements.len());
    for (element, optional) in &elements {
        match &element.action {
            Action::Constant(value) if !optional => values.push(value.clone()),
            _ => return Action::List(elements),
        }
    }
    Action::Constant(Value::from(values))
}

/// So is a map of constants.
fn constant_map(entries: Vec<(Step, Step, bool)>) -> Action {
    let mut values = Vec::with_capacity(entries.len());
    for (key, value, optional) in &entries {
        let (Action::Constant(key), Action::Constant(value)) = (&key.action, &value.action) else {
            return Action::Map(entries);
        };
        if *optional {
            return Action::Map(entries);
        }
        values.push((Key::of(key), value.clone()));
    }
    Action::Constant(Value::Map(Map::built(values)))
}

/// A conversion of a constant is done once, and refused now if it cannot be done.
fn converted(call: Action) -> Result<Action, Fault> {
    let Action::Call { name, overloads, arguments } = &call else { return Ok(call) };
    let [Step { action: Action::Constant(value), .. }] = arguments.as_slice() else {
        return Ok(call);
    };
    const CONVERSIONS: [&str; 10] = [
        "bool",
        "bytes",
        "double",
        "duration",
        "dyn",
        "int",
        "string",
        "timestamp",
        "type",
        "uint",
    ];
    if !CONVERSIONS.contains(&name.as_str()) {
        return Ok(call);
    }
    let arguments = [value.clone()];
    let limits = crate::cel::limits::Limits::default();
    let patterns = HashMap::new();
    let mut meter = Meter::new(&limits, &patterns);
    let chosen = overloads.iter().flat_map(|all| all.iter()).find(|one| one.takes(&arguments));
    let run = chosen.ok_or_else(|| Fault::overload(&format!("{name}({})", value.type_name())))?.run;
    run(&mut meter, &arguments).map(Action::Constant)
}
