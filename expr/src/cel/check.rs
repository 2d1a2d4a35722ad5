//! Finds the type of an expression before it is evaluated.

mod literals;

use crate::cel::ast::{Access, Expr, Fold, FoldKind, Literal, Node};
use crate::cel::environment::{Dialect, Environment};
use crate::cel::fault::Fault;
use crate::cel::plan::qualified;
use crate::cel::signature::Overload;
use crate::cel::types::Type;
use crate::cel::unify::{Substitution, general, rename};

/// The type of an expression. An environment without declared variables checks nothing: the
/// answer is [`Type::Dyn`].
pub(crate) fn check(expr: &Expr, environment: &Environment) -> Result<Type, Fault> {
    if environment.variables.is_none() {
        return Ok(Type::Dyn);
    }
    let mut checker = Checker {
        environment,
        locals: Vec::new(),
        substitution: Substitution::default(),
        params: 0,
        formatted: 0,
        elements: Vec::new(),
        literals: Vec::new(),
    };
    let found = checker.check(expr)?;
    checker.check_literals()?;
    Ok(without_params(&checker.resolved(&found)?))
}

/// What is still unknown at the end could be anything.
fn without_params(kind: &Type) -> Type {
    match kind {
        Type::Param(_) => Type::Dyn,
        Type::List(inner) => Type::list(without_params(inner)),
        Type::Map(key, value) => Type::map(without_params(key), without_params(value)),
        Type::Optional(inner) => Type::optional(without_params(inner)),
        Type::Type(inner) => Type::Type(without_params(inner).into()),
        plain => plain.clone(),
    }
}

struct Checker<'e> {
    environment: &'e Environment,
    locals: Vec<(&'e str, Type)>,
    substitution: Substitution,
    params: u32,
    /// How many calls of `format` are around, where a literal may hold anything.
    formatted: usize,
    /// The types of the elements of the list that was checked last.
    elements: Vec<Type>,
    /// The literals whose elements have to be of one type, element by element.
    literals: Vec<Vec<(u32, Type)>>,
}

impl<'e> Checker<'e> {
    fn check(&mut self, expr: &'e Expr) -> Result<Type, Fault> {
        self.of_node(expr).map_err(|fault| fault.or_at(expr.at))
    }

    fn of_node(&mut self, expr: &'e Expr) -> Result<Type, Fault> {
        match &expr.node {
            Node::And(operands) | Node::Or(operands) => {
                for operand in operands {
                    self.check_bool(operand)?;
                }
                Ok(Type::Bool)
            }
            Node::Binary(operator, left, right) => self.operator(operator.name(), &[left, right]),
            Node::Call { target, function, arguments } => {
                self.call(target.as_deref(), function, arguments)
            }
            Node::Conditional(branches) => {
                let [condition, yes, no] = &**branches;
                self.operator("_?_:_", &[condition, yes, no])
            }
            Node::Fold(fold) => self.fold(fold),
            Node::Ident(name) => self.name(name),
            Node::Index { operand, index, optional } => {
                self.operator(if *optional { "_[?_]" } else { "_[_]" }, &[operand, index])
            }
            Node::List(elements) => {
                let elements = elements.iter().map(|element| (&element.value, element.optional));
                self.joined(elements).map(Type::list)
            }
            Node::Literal(literal) => Ok(of_literal(literal)),
            Node::Map(entries) => {
                let key = self.joined(entries.iter().map(|entry| (&entry.key, false)))?;
                let values = entries.iter().map(|entry| (&entry.value, entry.optional));
                Ok(Type::map(key, self.joined(values)?))
            }
            Node::Message(name) => Err(undeclared(name)),
            Node::Negate(operand) => self.operator("-_", &[operand]),
            Node::Not(operand) => self.operator("!_", &[operand]),
            Node::OptionalMap { operand, variable, body, flat } => {
                self.optional_map(operand, variable, body, *flat)
            }
            Node::Select { operand, field, access } => {
                self.select(&expr.node, operand, field, *access)
            }
            Node::SortBy { operand, variable, key } => self.sort_by(operand, variable, key),
        }
    }

    /// The type with all that was learned; types that grow without bound are refused.
    fn resolved(&mut self, kind: &Type) -> Result<Type, Fault> {
        let resolved = self.substitution.resolve(kind);
        if self.substitution.is_exhausted() {
            return Err(Fault::limit("types of the expression are too large to be checked"));
        }
        Ok(resolved)
    }

    fn param(&mut self) -> Type {
        self.params += 1;
        Type::Param(self.params - 1)
    }

    fn check_bool(&mut self, expr: &'e Expr) -> Result<(), Fault> {
        let found = self.check(expr)?;
        if self.substitution.fit(&found, &Type::Bool) {
            return Ok(());
        }
        let found = self.resolved(&found)?;
        Err(unexpected(&Type::Bool, &found).or_at(expr.at))
    }

    fn name(&self, name: &str) -> Result<Type, Fault> {
        if !name.starts_with('.')
            && let Some((_, local)) = self.locals.iter().rev().find(|(local, _)| *local == name)
        {
            return Ok(local.clone());
        }
        let name = name.trim_start_matches('.');
        let declared = self.environment.variables.as_ref().and_then(|all| all.get(name)).cloned();
        let named = || Type::named(name).map(|named| Type::Type(named.into()));
        declared.or_else(named).ok_or_else(|| undeclared(name))
    }

    fn select(
        &mut self,
        node: &Node,
        operand: &'e Expr,
        field: &str,
        access: Access,
    ) -> Result<Type, Fault> {
        let named = qualified(node).and_then(|name| Type::named(&name));
        if let (Access::Value, Some(named)) = (access, named) {
            return Ok(Type::Type(named.into()));
        }
        let found = self.check(operand)?;
        let found = self.resolved(&found)?;
        let (inner, optional) = match found {
            Type::Optional(inner) => ((*inner).clone(), true),
            plain => (plain, access == Access::Optional),
        };
        let field = match &inner {
            Type::Map(_, value) => (**value).clone(),
            Type::Dyn => Type::Dyn,
            Type::Param(_) => {
                self.substitution.fit(&Type::Dyn, &inner);
                Type::Dyn
            }
            Type::Opaque(name) if name.starts_with("kubernetes.") => {
                return Err(Fault::new(format!("undefined field '{field}'")));
            }
            other => {
                let why = format!("type '{other}' does not support field selection");
                return Err(Fault::new(why));
            }
        };
        Ok(match access {
            Access::Has => Type::Bool,
            _ if optional => Type::optional(field),
            _ => field,
        })
    }

    fn operator(&mut self, name: &'static str, operands: &[&'e Expr]) -> Result<Type, Fault> {
        let mut given = Vec::with_capacity(operands.len());
        for operand in operands {
            given.push(self.check(operand)?);
        }
        self.apply(name, &given, false)
    }

    fn call(
        &mut self,
        target: Option<&'e Expr>,
        function: &str,
        arguments: &'e [Expr],
    ) -> Result<Type, Fault> {
        self.formatted += usize::from(function == "format");
        let mut given = Vec::with_capacity(arguments.len() + 1);
        for argument in arguments {
            given.push(self.check(argument)?);
        }
        let elements = std::mem::take(&mut self.elements);
        self.formatted -= usize::from(function == "format");
        let library = &self.environment.library;
        let Some(target) = target else {
            let name = function.trim_start_matches('.');
            self.validate(name, arguments)?;
            return self.apply(name, &given, false);
        };
        let spaced = qualified(&target.node).map(|space| format!("{space}.{function}"));
        if let Some(name) = spaced.filter(|name| library.function(name).is_some()) {
            return self.apply(&name, &given, false);
        }
        given.insert(0, self.check(target)?);
        self.elements = elements;
        self.validate_member(target, function, arguments)?;
        self.apply(function, &given, true)
    }

    /// The result of the overloads that take what is given: the one type they agree on.
    fn apply(&mut self, name: &str, given: &[Type], member: bool) -> Result<Type, Fault> {
        let library = &self.environment.library;
        let overloads = library.function(name).cloned().ok_or_else(|| undeclared(name))?;
        let mut result: Option<Type> = None;
        for overload in overloads.iter().filter(|overload| overload.member == member) {
            let Some(found) = self.apply_overload(overload, given)? else { continue };
            result = Some(match result {
                Some(known) if known != Type::Dyn && known != found => Type::Dyn,
                Some(known) => known,
                None => found,
            });
        }
        match result {
            Some(result) => Ok(result),
            None => Err(self.no_overload(name, given, member)?),
        }
    }

    fn apply_overload(
        &mut self,
        overload: &Overload,
        given: &[Type],
    ) -> Result<Option<Type>, Fault> {
        let first = self.params;
        self.params += overload.generics;
        let renamed = |kind| rename(kind, first);
        let wanted: Vec<Type> = overload.parameters.iter().map(renamed).collect();
        if !self.substitution.fit_all(given, &wanted) {
            return Ok(None);
        }
        self.resolved(&rename(&overload.result, first)).map(Some)
    }

    fn no_overload(&mut self, name: &str, given: &[Type], member: bool) -> Result<Fault, Fault> {
        let mut types = Vec::with_capacity(given.len());
        for kind in given {
            types.push(without_params(&self.resolved(kind)?).to_string());
        }
        let applied = if member && !types.is_empty() {
            let target = types.remove(0);
            format!("{target}.({})", types.join(", "))
        } else {
            format!("({})", types.join(", "))
        };
        Ok(Fault::new(format!("found no matching overload for '{name}' applied to '{applied}'")))
    }

    /// The one type of all elements of a literal.
    fn joined(&mut self, elements: impl Iterator<Item = (&'e Expr, bool)>) -> Result<Type, Fault> {
        let mut joined: Option<Type> = None;
        let mut types = Vec::new();
        for (element, optional) in elements {
            let found = self.element(element, optional).map_err(|fault| fault.or_at(element.at))?;
            types.push((element.at, found.clone()));
            joined = Some(match joined {
                None => found,
                Some(known) => self.join(known, found)?,
            });
        }
        self.elements = types.iter().map(|(_, kind)| kind.clone()).collect();
        if self.environment.library.dialect == Dialect::Kubernetes && self.formatted == 0 {
            self.literals.push(types);
        }
        Ok(joined.unwrap_or_else(|| self.param()))
    }

    fn element(&mut self, element: &'e Expr, optional: bool) -> Result<Type, Fault> {
        let found = self.check(element)?;
        if !optional {
            return Ok(found);
        }
        match self.resolved(&found)? {
            Type::Optional(inner) => Ok((*inner).clone()),
            Type::Dyn => Ok(Type::Dyn),
            other => Err(unexpected(&Type::optional(other.clone()), &other)),
        }
    }

    fn join(&mut self, known: Type, found: Type) -> Result<Type, Fault> {
        if !self.substitution.fit(&known, &found) {
            return Ok(Type::Dyn);
        }
        let (known, found) = (self.resolved(&known)?, self.resolved(&found)?);
        Ok(general(&known, &found))
    }

    /// Kubernetes wants the elements of a literal to be of exactly one type.
    fn check_literals(&mut self) -> Result<(), Fault> {
        for types in std::mem::take(&mut self.literals) {
            let mut first = None;
            for (at, kind) in types {
                let kind = without_params(&self.resolved(&kind)?);
                let wanted = first.get_or_insert_with(|| kind.clone());
                if *wanted != kind {
                    return Err(unexpected(wanted, &kind).or_at(at));
                }
            }
        }
        Ok(())
    }

    fn fold(&mut self, fold: &'e Fold) -> Result<Type, Fault> {
        let range = self.check(&fold.range)?;
        let range = self.resolved(&range)?;
        let (key, value) = self.walked(&range, fold).map_err(|why| why.or_at(fold.range.at))?;
        let outside = self.locals.len();
        let variables = fold.variables.iter().map(String::as_str);
        self.locals.extend(variables.zip([key.clone(), value]));
        if let Some(filter) = &fold.filter {
            let given = [self.check(filter)?, Type::Dyn, Type::Dyn];
            self.apply("_?_:_", &given, false).map_err(|fault| fault.or_at(filter.at))?;
        }
        let result = self.folded(fold, key)?;
        self.locals.truncate(outside);
        Ok(result)
    }

    fn folded(&mut self, fold: &'e Fold, item: Type) -> Result<Type, Fault> {
        let Some(body) = &fold.body else { return Ok(Type::list(item)) };
        Ok(match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => {
                self.check_bool(body)?;
                Type::Bool
            }
            FoldKind::List => Type::list(self.check(body)?),
            FoldKind::Map => Type::map(item, self.check(body)?),
            FoldKind::MapEntries => {
                let entry = self.check(body)?;
                match self.resolved(&entry)? {
                    map @ Type::Map(..) => map,
                    Type::Dyn | Type::Param(_) => Type::map(Type::Dyn, Type::Dyn),
                    other => return Err(unexpected(&Type::object(), &other).or_at(body.at)),
                }
            }
        })
    }

    /// The types of the variables of a comprehension.
    fn walked(&mut self, range: &Type, fold: &Fold) -> Result<(Type, Type), Fault> {
        let two = fold.variables.len() == 2;
        Ok(match range {
            Type::List(element) if two => (Type::Int, (**element).clone()),
            Type::List(element) => ((**element).clone(), Type::Dyn),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn => (Type::Dyn, Type::Dyn),
            Type::Param(_) => {
                self.substitution.fit(&Type::Dyn, range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                return Err(Fault::new(format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                )));
            }
        })
    }

    fn with_local(&mut self, variable: &'e str, kind: Type, body: &'e Expr) -> Result<Type, Fault> {
        self.locals.push((variable, kind));
        let found = self.check(body);
        self.locals.pop();
        found
    }

    fn optional_map(
        &mut self,
        operand: &'e Expr,
        variable: &'e str,
        body: &'e Expr,
        flat: bool,
    ) -> Result<Type, Fault> {
        let operand = self.check(operand)?;
        let value = self.apply("value", &[operand], true)?;
        let found = self.with_local(variable, value, body)?;
        if !flat {
            return Ok(Type::optional(found));
        }
        let none = Type::optional(self.param());
        self.apply("_?_:_", &[Type::Bool, found, none], false)
    }

    fn sort_by(
        &mut self,
        operand: &'e Expr,
        variable: &'e str,
        key: &'e Expr,
    ) -> Result<Type, Fault> {
        let list = self.check(operand)?;
        let list = self.resolved(&list)?;
        let element = match &list {
            Type::List(element) => (**element).clone(),
            Type::Dyn | Type::Param(_) => Type::Dyn,
            other => {
                return Err(Fault::new(format!(
                    "expression of type '{other}' cannot be range of a comprehension"
                )));
            }
        };
        let key = self.with_local(variable, element.clone(), key)?;
        self.apply("sort", &[Type::list(key)], true)?;
        Ok(Type::list(element))
    }
}

fn of_literal(literal: &Literal) -> Type {
    match literal {
        Literal::Bool(_) => Type::Bool,
        Literal::Bytes(_) => Type::Bytes,
        Literal::Double(_) => Type::Double,
        Literal::Int(_) => Type::Int,
        Literal::Null => Type::Null,
        Literal::String(_) => Type::String,
        Literal::Uint(_) => Type::Uint,
    }
}

fn undeclared(name: &str) -> Fault {
    Fault::new(format!("undeclared reference to '{name}' (in container '')"))
}

fn unexpected(wanted: &Type, found: &Type) -> Fault {
    Fault::new(format!("expected type '{wanted}' but found '{found}'"))
}
