//! What looks like a call and is more: `has`, `all`, `map` and their kin.

use crate::cel::ast::{Access, Expr, Fold, FoldKind, Node};
use crate::cel::fault::Fault;

/// Which macros an environment has beyond CEL's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Macros {
    /// `all(i, v, …)`, `transformList`, `transformMap`, `transformMapEntry`.
    pub(crate) two_variables: bool,
    pub(crate) sort_by: bool,
}

/// The node that a call stands for. A call that no macro claims stays a call.
pub(crate) fn expand(
    macros: Macros,
    target: Option<Expr>,
    function: String,
    arguments: Vec<Expr>,
) -> Result<Node, Fault> {
    let Some(target) = target else {
        return global(function, arguments);
    };
    let count = arguments.len();
    match (function.as_str(), count) {
        ("optMap" | "optFlatMap", 2) => optional_map(target, arguments, function == "optFlatMap"),
        ("sortBy", 2) if macros.sort_by => sort_by(target, arguments),
        (name, count) => match shape(macros, name, count) {
            Some(shape) => fold(target, arguments, shape),
            None => Ok(Node::Call { target: Some(Box::new(target)), function, arguments }),
        },
    }
}

fn global(function: String, arguments: Vec<Expr>) -> Result<Node, Fault> {
    if function != "has" {
        return Ok(Node::Call { target: None, function, arguments });
    }
    match <[Expr; 1]>::try_from(arguments) {
        Ok([argument]) => has(argument),
        Err(arguments) => Ok(Node::Call { target: None, function, arguments }),
    }
}

/// How the arguments of a comprehension are laid out.
struct Shape {
    kind: FoldKind,
    variables: usize,
    filter: bool,
    body: bool,
}

fn shape(macros: Macros, name: &str, count: usize) -> Option<Shape> {
    let (kind, variables, filter, body) = match (name, count) {
        ("all", 2) => (FoldKind::All, 1, false, true),
        ("exists", 2) => (FoldKind::Exists, 1, false, true),
        ("exists_one", 2) => (FoldKind::ExistsOne, 1, false, true),
        ("map", 2) => (FoldKind::List, 1, false, true),
        ("map", 3) => (FoldKind::List, 1, true, true),
        ("filter", 2) => (FoldKind::List, 1, true, false),
        _ if !macros.two_variables => return None,
        ("all", 3) => (FoldKind::All, 2, false, true),
        ("exists", 3) => (FoldKind::Exists, 2, false, true),
        ("exists_one" | "existsOne", 3) => (FoldKind::ExistsOne, 2, false, true),
        ("transformList", 3 | 4) => (FoldKind::List, 2, count == 4, true),
        ("transformMap", 3 | 4) => (FoldKind::Map, 2, count == 4, true),
        ("transformMapEntry", 3 | 4) => (FoldKind::MapEntries, 2, count == 4, true),
        _ => return None,
    };
    Some(Shape { kind, variables, filter, body })
}

fn fold(range: Expr, arguments: Vec<Expr>, shape: Shape) -> Result<Node, Fault> {
    let mut arguments = arguments.into_iter();
    let mut variables: Vec<String> = Vec::new();
    for argument in arguments.by_ref().take(shape.variables) {
        let name = variable(&argument)?;
        if variables.contains(&name) {
            return Err(Fault::at(
                argument.at as usize,
                format!("duplicate variable name: {name}"),
            ));
        }
        variables.push(name);
    }
    let filter = if shape.filter { arguments.next() } else { None };
    let body = if shape.body { arguments.next() } else { None };
    Ok(Node::Fold(Box::new(Fold { kind: shape.kind, range, variables, filter, body })))
}

fn variable(argument: &Expr) -> Result<String, Fault> {
    match &argument.node {
        Node::Ident(name) if name == "__result__" => Err(Fault::at(
            argument.at as usize,
            "iteration variable overwrites accumulator variable",
        )),
        Node::Ident(name) => Ok(name.clone()),
        _ => Err(Fault::at(argument.at as usize, "argument must be a simple name")),
    }
}

fn has(argument: Expr) -> Result<Node, Fault> {
    match argument.node {
        Node::Select { operand, field, access: Access::Value | Access::Has } => {
            Ok(Node::Select { operand, field, access: Access::Has })
        }
        _ => Err(Fault::at(argument.at as usize, "invalid argument to has() macro")),
    }
}

fn optional_map(operand: Expr, arguments: Vec<Expr>, flat: bool) -> Result<Node, Fault> {
    let (variable, body) = variable_and_body(arguments)?;
    Ok(Node::OptionalMap { operand: Box::new(operand), variable, body: Box::new(body), flat })
}

fn sort_by(operand: Expr, arguments: Vec<Expr>) -> Result<Node, Fault> {
    let (variable, key) = variable_and_body(arguments)?;
    Ok(Node::SortBy { operand: Box::new(operand), variable, key: Box::new(key) })
}

fn variable_and_body(arguments: Vec<Expr>) -> Result<(String, Expr), Fault> {
    let mut arguments = arguments.into_iter();
    match (arguments.next(), arguments.next()) {
        (Some(name), Some(body)) => Ok((variable(&name)?, body)),
        _ => Err(Fault::new("a variable and an expression are needed")),
    }
}
