//! Walks a plan over an object.

use crate::cel::ast::{Access, FoldKind};
use crate::cel::bindings::Bindings;
use crate::cel::fault::Fault;
use crate::cel::map::{Key, Map};
use crate::cel::meter::Meter;
use crate::cel::operators;
use crate::cel::optional;
use crate::cel::plan::{Action, Step, Walk};
use crate::cel::signature::Overload;
use crate::cel::types::Type;
use crate::cel::value::{Text, Value};

pub(crate) type Outcome<'v> = Result<Value<'v>, Fault>;

/// One evaluation: what names stand for, and what has been used up.
pub(crate) struct Evaluation<'v> {
    bindings: Bindings<'v>,
    locals: Vec<Value<'v>>,
    pub(crate) meter: Meter<'v>,
}

impl<'v> Evaluation<'v> {
    pub(crate) fn new(bindings: Bindings<'v>, meter: Meter<'v>) -> Self {
        Self { bindings, locals: Vec::new(), meter }
    }

    pub(crate) fn run(&mut self, step: &'v Step) -> Outcome<'v> {
        self.meter.step(1)?;
        self.act(&step.action).map_err(|fault| fault.or_at(step.at))
    }

    fn act(&mut self, action: &'v Action) -> Outcome<'v> {
        match action {
            Action::And(operands) => self.logic(operands, false),
            Action::Binary(operator, operands) => {
                let (left, right) = self.pair(operands)?;
                operators::binary(&mut self.meter, *operator, &left, &right)
            }
            Action::Call { name, overloads, arguments } => {
                self.call(name, overloads.as_deref(), arguments)
            }
            Action::Conditional(branches) => self.conditional(branches),
            Action::Constant(value) => Ok(value.clone()),
            Action::Fold(walk) => self.fold(walk),
            Action::Index { operands, optional } => self.index(operands, *optional),
            Action::List(elements) => self.list(elements),
            Action::Local(place) => {
                self.locals.get(*place).cloned().ok_or_else(|| Fault::new("no such local variable"))
            }
            Action::Map(entries) => self.map(entries),
            Action::Negate(operand) => operators::negate(&self.run(operand)?),
            Action::Not(operand) => match self.run(operand)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                _ => Err(Fault::overload("!_")),
            },
            Action::OptionalMap { operands, flat } => self.optional_map(operands, *flat),
            Action::OptionalOr { operands, unwrap } => self.optional_or(operands, *unwrap),
            Action::Or(operands) => self.logic(operands, true),
            Action::Select { operand, field, access } => self.select(operand, field, *access),
            Action::SortBy(operands) => self.sort_by(operands),
            Action::Variable(name) => self.variable(name),
        }
    }

    fn pair(&mut self, operands: &'v [Step; 2]) -> Result<(Value<'v>, Value<'v>), Fault> {
        Ok((self.run(&operands[0])?, self.run(&operands[1])?))
    }

    fn variable(&self, name: &str) -> Outcome<'v> {
        let bound = self.bindings.get(name).or_else(|| Type::named(name).map(Value::Type));
        bound.ok_or_else(|| Fault::new(format!("no such attribute(s): {name}")))
    }

    /// `&&` and `||`: a value that decides outweighs every error, on either side of it.
    fn logic(&mut self, operands: &'v [Step], decisive: bool) -> Outcome<'v> {
        let mut failure = None;
        for operand in operands {
            match self.run(operand) {
                Ok(Value::Bool(value)) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    failure.get_or_insert_with(|| not_bool().or_at(operand.at));
                }
                Err(fault) if fault.is_limit() => return Err(fault),
                Err(fault) => {
                    failure.get_or_insert(fault);
                }
            }
        }
        failure.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn conditional(&mut self, branches: &'v [Step; 3]) -> Outcome<'v> {
        let [condition, yes, no] = branches;
        match self.run(condition)? {
            Value::Bool(true) => self.run(yes),
            Value::Bool(false) => self.run(no),
            _ => Err(not_bool().or_at(condition.at)),
        }
    }

    fn call(
        &mut self,
        name: &str,
        overloads: Option<&[Overload]>,
        arguments: &'v [Step],
    ) -> Outcome<'v> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.run(argument)?);
        }
        let chosen = overloads.into_iter().flatten().find(|overload| overload.takes(&values));
        match chosen {
            Some(overload) => (overload.run)(&mut self.meter, &values),
            None => {
                let types: Vec<_> = values.iter().map(Value::type_name).collect();
                Err(Fault::overload(&format!("{name}({})", types.join(", "))))
            }
        }
    }

    fn list(&mut self, elements: &'v [(Step, bool)]) -> Outcome<'v> {
        self.meter.produce(size_of_val(elements))?;
        let mut values = Vec::with_capacity(elements.len());
        for (element, optional) in elements {
            let value = self.run(element)?;
            values.extend(if *optional { optional::unwrap(value)? } else { Some(value) });
        }
        Ok(Value::from(values))
    }

    fn map(&mut self, entries: &'v [(Step, Step, bool)]) -> Outcome<'v> {
        self.meter.produce(size_of_val(entries))?;
        let mut built = Vec::with_capacity(entries.len());
        for (key, value, optional) in entries {
            let (key, value) = (self.run(key)?, self.run(value)?);
            let key = Key::of(&key);
            let value = if *optional { optional::unwrap(value)? } else { Some(value) };
            built.extend(value.map(|value| (key, value)));
        }
        Ok(Value::Map(Map::built(built)))
    }

    fn select(&mut self, operand: &'v Step, field: &'v str, access: Access) -> Outcome<'v> {
        let operand = self.run(operand)?;
        let key = Value::String(Text::Borrowed(field));
        match access {
            Access::Value => optional::qualify(&operand, &key, false),
            Access::Optional => optional::qualify(&operand, &key, true),
            Access::Has => Ok(Value::Bool(match operand {
                Value::Optional(None) => false,
                Value::Optional(Some(value)) => optional::find(&value, &key)?.is_some(),
                value => optional::find(&value, &key)?.is_some(),
            })),
        }
    }

    fn index(&mut self, operands: &'v [Step; 2], optional: bool) -> Outcome<'v> {
        let (operand, index) = self.pair(operands)?;
        optional::qualify(&operand, &index, optional)
    }

    fn optional_map(&mut self, operands: &'v [Step; 2], flat: bool) -> Outcome<'v> {
        let [operand, body] = operands;
        match self.run(operand)? {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                let mapped = self.with_local((*value).clone(), body)?;
                Ok(if flat { mapped } else { optional::of(mapped) })
            }
            _ => Err(Fault::overload("hasValue")),
        }
    }

    fn optional_or(&mut self, operands: &'v [Step; 2], unwrap: bool) -> Outcome<'v> {
        let [operand, other] = operands;
        match self.run(operand)? {
            Value::Optional(None) => self.run(other),
            Value::Optional(Some(value)) if unwrap => Ok((*value).clone()),
            some @ Value::Optional(Some(_)) => Ok(some),
            _ => Err(Fault::overload(if unwrap { "orValue" } else { "or" })),
        }
    }

    fn with_local(&mut self, value: Value<'v>, body: &'v Step) -> Outcome<'v> {
        self.locals.push(value);
        let outcome = self.run(body);
        self.locals.pop();
        outcome
    }

    fn sort_by(&mut self, operands: &'v [Step; 2]) -> Outcome<'v> {
        let [operand, key] = operands;
        let Value::List(list) = self.run(operand)? else {
            return Err(Fault::overload("sortBy"));
        };
        self.meter.produce(list.len() * size_of::<Value<'_>>())?;
        let mut keyed = Vec::with_capacity(list.len());
        for element in list.iter() {
            keyed.push((self.with_local(element.clone(), key)?, element));
        }
        crate::cel::functions::lists::sort(&mut self.meter, keyed)
    }

    fn fold(&mut self, walk: &'v Walk) -> Outcome<'v> {
        let range = self.run(&walk.range)?;
        if let Value::Map(map) = &range {
            // Its keys are sorted first, even if only one of them is looked at.
            self.meter.step(map.len() as u64)?;
        }
        let items = items(&range, walk.two_variables)?;
        let outside = self.locals.len();
        let outcome = match walk.kind {
            FoldKind::All => self.quantify(walk, items, false),
            FoldKind::Exists => self.quantify(walk, items, true),
            FoldKind::ExistsOne => self.exists_one(walk, items),
            FoldKind::List => self.build_list(walk, items),
            FoldKind::Map => self.build_map(walk, items),
            FoldKind::MapEntries => self.build_entries(walk, items),
        };
        self.locals.truncate(outside);
        outcome
    }

    /// Sets the variables of a comprehension to the next item.
    fn enter(&mut self, walk: &Walk, (first, second): Item<'v>) {
        self.locals.push(first);
        if walk.two_variables {
            self.locals.push(second);
        }
    }

    fn leave(&mut self, walk: &Walk) {
        self.locals.truncate(self.locals.len() - 1 - usize::from(walk.two_variables));
    }

    /// Runs `step` for an item; without a step the item itself is the answer.
    fn for_item(&mut self, walk: &Walk, item: Item<'v>, step: Option<&'v Step>) -> Outcome<'v> {
        let Some(step) = step else { return Ok(item.0) };
        self.enter(walk, item);
        let outcome = self.run(step);
        self.leave(walk);
        outcome
    }

    fn quantify(&mut self, walk: &'v Walk, items: Items<'v>, decisive: bool) -> Outcome<'v> {
        let mut failure = None;
        for item in items {
            match self.for_item(walk, item, walk.body.as_ref()) {
                Ok(Value::Bool(value)) if value == decisive => return Ok(Value::Bool(decisive)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => {
                    failure.get_or_insert_with(not_bool);
                }
                Err(fault) if fault.is_limit() => return Err(fault),
                Err(fault) => {
                    failure.get_or_insert(fault);
                }
            }
        }
        failure.map_or(Ok(Value::Bool(!decisive)), Err)
    }

    fn is_true(
        &mut self,
        walk: &Walk,
        item: Item<'v>,
        step: Option<&'v Step>,
    ) -> Result<bool, Fault> {
        if step.is_none() {
            return Ok(true);
        }
        let verdict = self.for_item(walk, item, step)?;
        verdict.as_bool().ok_or_else(not_bool)
    }

    fn exists_one(&mut self, walk: &'v Walk, items: Items<'v>) -> Outcome<'v> {
        let mut found = 0_usize;
        for item in items {
            found += usize::from(self.is_true(walk, item, walk.body.as_ref())?);
        }
        Ok(Value::Bool(found == 1))
    }

    fn build_list(&mut self, walk: &'v Walk, items: Items<'v>) -> Outcome<'v> {
        let mut values = Vec::new();
        for item in items {
            if self.is_true(walk, item.clone(), walk.filter.as_ref())? {
                self.meter.produce(size_of::<Value<'_>>())?;
                values.push(self.for_item(walk, item, walk.body.as_ref())?);
            }
        }
        Ok(Value::from(values))
    }

    fn build_map(&mut self, walk: &'v Walk, items: Items<'v>) -> Outcome<'v> {
        let mut entries = Vec::new();
        for item in items {
            if self.is_true(walk, item.clone(), walk.filter.as_ref())? {
                self.meter.produce(2 * size_of::<Value<'_>>())?;
                let key = Key::of(&item.0);
                entries.push((key, self.for_item(walk, item, walk.body.as_ref())?));
            }
        }
        Ok(Value::Map(Map::built(entries)))
    }

    fn build_entries(&mut self, walk: &'v Walk, items: Items<'v>) -> Outcome<'v> {
        let mut entries = Vec::new();
        for item in items {
            if !self.is_true(walk, item.clone(), walk.filter.as_ref())? {
                continue;
            }
            let Value::Map(map) = self.for_item(walk, item, walk.body.as_ref())? else {
                return Err(Fault::overload("transformMapEntry"));
            };
            for (key, value) in map.entries() {
                self.meter.produce(2 * size_of::<Value<'_>>())?;
                entries.push((Key::of(&key), value));
            }
        }
        let count = entries.len();
        let map = Map::built(entries);
        if map.len() < count {
            return Err(Fault::new("insert failed: key already exists"));
        }
        Ok(Value::Map(map))
    }
}

type Item<'v> = (Value<'v>, Value<'v>);
type Items<'v> = Box<dyn Iterator<Item = Item<'v>> + 'v>;

/// What a comprehension walks over. With one variable that is the elements of a list or the keys
/// of a map; with two it is (index, element) or (key, value).
fn items<'v>(range: &Value<'v>, two_variables: bool) -> Result<Items<'v>, Fault> {
    match range {
        Value::List(list) => {
            let list = list.clone();
            let item = move |index: usize| {
                let element = list.get(index).unwrap_or(Value::Null);
                if two_variables {
                    (Value::Int(index as i64), element)
                } else {
                    (element, Value::Null)
                }
            };
            let count = match range {
                Value::List(list) => list.len(),
                _ => 0,
            };
            Ok(Box::new((0..count).map(item)))
        }
        Value::Map(map) => Ok(Box::new(map.entries().into_iter())),
        other => {
            let name = other.type_name();
            Err(Fault::new(format!("got '{name}', expected iterable type")))
        }
    }
}

fn not_bool() -> Fault {
    Fault::new("no such overload")
}
