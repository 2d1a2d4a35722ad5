//! The functions of the two environments, a library a file.
//!
//! A function is only called with arguments of its declared types, so that what a file reads is
//! what its table says.

use crate::cel::fault::Fault;
use crate::cel::list::List;
use crate::cel::signature::Declaration;
use crate::cel::value::Value;

mod address;
mod conversion;
mod encoders;
mod format;
mod interpolate;
pub(crate) mod lists;
mod matching;
mod operator;
mod optionals;
mod quantity;
mod sets;
mod size;
mod strings;
mod time;
mod url;
mod version;

pub(crate) use address::Address;
pub(crate) use format::Format;
pub(crate) use interpolate::clause;
pub(crate) use operator::TABLES as OPERATORS;
pub(crate) use quantity::Quantity;
pub(crate) use url::Url;
pub(crate) use version::Version;

/// Strings (the newest), sets, encoders and optionals.
pub(crate) const FLUX: &[&[Declaration]] = &[
    size::TABLE,
    conversion::TABLE,
    time::TABLE,
    matching::MATCHES,
    strings::TABLE,
    strings::TABLE_3,
    interpolate::NEWEST,
    sets::TABLE,
    encoders::TABLE,
    optionals::TABLE,
];

/// What Kubernetes 1.37 has.
pub(crate) const KUBERNETES: &[&[Declaration]] = &[
    size::TABLE,
    conversion::TABLE,
    time::TABLE,
    matching::MATCHES,
    strings::TABLE,
    interpolate::VERSION_2,
    sets::TABLE,
    optionals::TABLE,
    lists::TABLE,
    matching::FIND,
    url::TABLE,
    address::TABLE,
    quantity::TABLE,
    version::TABLE,
    format::TABLE,
];

fn text<'v>(arguments: &'v [Value<'_>], index: usize) -> Result<&'v str, Fault> {
    arguments.get(index).and_then(Value::as_str).ok_or_else(mismatch)
}

fn int(arguments: &[Value<'_>], index: usize) -> Result<i64, Fault> {
    match arguments.get(index) {
        Some(Value::Int(value)) => Ok(*value),
        _ => Err(mismatch()),
    }
}

fn list<'v, 'a>(arguments: &'v [Value<'a>], index: usize) -> Result<&'v List<'a>, Fault> {
    match arguments.get(index) {
        Some(Value::List(list)) => Ok(list),
        _ => Err(mismatch()),
    }
}

/// The table promised other types. A test calls every function with every type to rule it out.
fn mismatch() -> Fault {
    Fault::new("no such overload")
}
