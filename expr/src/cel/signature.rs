//! Functions: their types, and the code behind them.

use crate::cel::fault::Fault;
use crate::cel::meter::Meter;
use crate::cel::types::Type;
use crate::cel::value::Value;

/// What runs when an overload is chosen; the arguments are of the declared types.
pub(crate) type Run = for<'a> fn(&mut Meter<'_>, &[Value<'a>]) -> Result<Value<'a>, Fault>;

/// A line of a library's table.
#[derive(Clone, Copy)]
pub(crate) struct Declaration {
    pub(crate) name: &'static str,
    pub(crate) member: bool,
    /// `(list(T), T) bool`: capital letters stand for any type.
    pub(crate) signature: &'static str,
    pub(crate) run: Run,
    /// Takes a list of anything when it runs, whatever its table says of the elements.
    pub(crate) unguarded: bool,
}

/// `function(x)`
pub(crate) const fn function(name: &'static str, signature: &'static str, run: Run) -> Declaration {
    Declaration { name, member: false, signature, run, unguarded: false }
}

/// `x.method()`: the first type of the signature is that of `x`.
pub(crate) const fn member(name: &'static str, signature: &'static str, run: Run) -> Declaration {
    Declaration { name, member: true, signature, run, unguarded: false }
}

/// A method that takes a list of anything when it runs.
pub(crate) const fn unguarded(
    name: &'static str,
    signature: &'static str,
    run: Run,
) -> Declaration {
    Declaration { name, member: true, signature, run, unguarded: true }
}

/// A declaration with its types read.
#[derive(Debug)]
pub(crate) struct Overload {
    pub(crate) member: bool,
    pub(crate) parameters: Vec<Type>,
    pub(crate) result: Type,
    /// How many type parameters there are; they are numbered from 0.
    pub(crate) generics: u32,
    pub(crate) run: Run,
    unguarded: bool,
}

impl Overload {
    /// `None` when the signature is not well formed, which a test rules out.
    pub(crate) fn read(declaration: &Declaration) -> Option<Self> {
        let mut reader = Reader { rest: declaration.signature, generics: Vec::new() };
        reader.take('(').then_some(())?;
        let mut parameters = Vec::new();
        while !reader.take(')') {
            parameters.push(reader.read_type()?);
            reader.take(',');
        }
        let result = reader.read_type()?;
        let generics = reader.generics.len() as u32;
        let Declaration { member, run, unguarded, .. } = *declaration;
        let read = Self { member, parameters, result, generics, run, unguarded };
        reader.rest.is_empty().then_some(read)
    }

    /// Whether values of these types may be given. Of a list only the first element is looked at,
    /// as in `cel-go`.
    pub(crate) fn takes(&self, arguments: &[Value<'_>]) -> bool {
        let fits = |wanted: &Type, given: &Value<'_>| match given {
            Value::List(_) if self.unguarded => matches!(wanted, Type::List(_)),
            given => fits(wanted, given),
        };
        self.parameters.len() == arguments.len()
            && self.parameters.iter().zip(arguments).all(|(wanted, given)| fits(wanted, given))
    }
}

fn fits(wanted: &Type, given: &Value<'_>) -> bool {
    match (wanted, given) {
        (Type::Dyn | Type::Param(_), _) | (Type::Type(_), Value::Type(_)) => true,
        (Type::List(element), Value::List(list)) => {
            list.get(0).is_none_or(|first| fits(element, &first))
        }
        (Type::Map(..), Value::Map(_)) => true,
        (Type::Optional(wanted), Value::Optional(given)) => {
            given.as_ref().is_none_or(|given| fits(wanted, given))
        }
        (Type::Opaque(name), Value::Opaque(given)) => *name == given.type_name(),
        (Type::Opaque(_) | Type::List(_) | Type::Map(..) | Type::Optional(_), _) => false,
        (wanted, given) => *wanted == given.type_of(),
    }
}

struct Reader {
    rest: &'static str,
    generics: Vec<&'static str>,
}

impl Reader {
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        let tail = self.rest.strip_prefix(wanted);
        self.rest = tail.unwrap_or(self.rest);
        tail.is_some()
    }

    fn read_type(&mut self) -> Option<Type> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(['(', ')', ',']).unwrap_or(self.rest.len());
        let name = &self.rest[..end];
        self.rest = &self.rest[end..];
        let generic = name.len() == 1;
        Some(match name {
            "duration" => Type::Duration,
            "dyn" => Type::Dyn,
            "list" => Type::list(self.parameters::<1>()?[0].clone()),
            "map" => {
                let [key, value] = self.parameters::<2>()?;
                Type::map(key, value)
            }
            "optional" => Type::optional(self.parameters::<1>()?[0].clone()),
            "timestamp" => Type::Timestamp,
            "type" => {
                let [value] = self.parameters::<1>()?;
                Type::Type(value.into())
            }
            _ if generic => self.generic(name),
            _ => Type::named(name).unwrap_or(Type::Opaque(name)),
        })
    }

    fn parameters<const N: usize>(&mut self) -> Option<[Type; N]> {
        self.take('(').then_some(())?;
        let mut parameters = Vec::new();
        for _ in 0..N {
            parameters.push(self.read_type()?);
            self.take(',');
        }
        self.take(')').then_some(())?;
        parameters.try_into().ok()
    }

    fn generic(&mut self, name: &'static str) -> Type {
        let known = self.generics.iter().position(|&generic| generic == name);
        let index = known.unwrap_or_else(|| {
            self.generics.push(name);
            self.generics.len() - 1
        });
        Type::Param(index as u32)
    }
}
