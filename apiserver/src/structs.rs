//! The Go structs that kube-apiserver reads built-in kinds into.
//!
//! They decide more than a schema says: which empty values are left out, what is written although
//! nobody gave it (`status: {}`), how quantities and times are spelt, how a refusal names the field,
//! and the numbers by which clients send protobuf. `hack/go-structs` writes the table.

mod json;
mod protobuf;
mod quantity;
mod time;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::kind::Kind;

pub(crate) use crate::structs::protobuf::{MAGIC as PROTOBUF_MAGIC, MEDIA as PROTOBUF};

static TABLE: LazyLock<Structs> =
    LazyLock::new(|| Structs::read(include_str!("structs/table.txt")));

#[derive(Debug, Default)]
struct Structs {
    all: Vec<Struct>,
    /// By group, version and kind.
    kinds: HashMap<[&'static str; 3], usize>,
}

#[derive(Debug, Default)]
struct Struct {
    name: &'static str,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: &'static str,
    /// In protobuf; 0 is never sent.
    number: u64,
    of: Type,
    /// Left out when empty. A struct never is.
    omit_empty: bool,
    omit_zero: bool,
}

#[derive(Debug)]
enum Type {
    Bool(&'static str),
    Int32(&'static str),
    Int64(&'static str),
    Float,
    Text(&'static str),
    /// Base64 in JSON.
    Bytes,
    Time,
    MicroTime,
    Duration,
    Quantity,
    IntOrString,
    /// JSON within.
    Raw,
    Json,
    SchemaOrArray,
    SchemaOrBool,
    SchemaOrStrings,
    Struct(usize),
    Pointer(Box<Self>),
    List(Box<Self>),
    Map(Box<Self>),
}

/// A body of a built-in kind as Go would have it, and the fields it does not know.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) object: Value,
    pub(crate) unknown: Vec<String>,
}

/// Reads a JSON object of a built-in kind and writes it again, as Go does.
///
/// # Errors
///
/// The first value that does not fit its field, in the words of Go's decoder.
pub(crate) fn settle(kind: &Kind, object: Value) -> Result<Settled, String> {
    match TABLE.of(&kind.group, &kind.version, &kind.kind) {
        Some(root) => json::settle(&TABLE, root, object),
        None => Ok(Settled { object, unknown: Vec::new() }),
    }
}

/// A built-in kind with nothing in it, as Go writes it.
pub(crate) fn zero(kind: &Kind) -> Option<Value> {
    let root = TABLE.of(&kind.group, &kind.version, &kind.kind)?;
    let named = serde_json::json!({ "apiVersion": kind.api_version(), "kind": kind.kind });
    json::settle(&TABLE, root, named).ok().map(|settled| settled.object)
}

/// Whether one quantity is more than another.
pub(crate) fn more(quantity: &str, other: &str) -> bool {
    match (quantity::nanos(quantity), quantity::nanos(other)) {
        (Some(quantity), Some(other)) => quantity > other,
        _ => false,
    }
}

/// Reads a protobuf body, which says itself of which kind it is.
///
/// # Errors
///
/// Why it cannot be read.
pub(crate) fn from_protobuf(body: &[u8]) -> Result<Value, String> {
    protobuf::read(&TABLE, body)
}

impl Structs {
    fn read(text: &'static str) -> Self {
        let mut parts = text.split("\n\n");
        let kinds = parts.next().unwrap_or_default();
        let blocks: Vec<&str> = parts.collect();
        let name = |block: &'static str| block.lines().next().unwrap_or_default();
        let ids: HashMap<&str, usize> =
            blocks.iter().enumerate().map(|(id, block)| (name(block), id)).collect();
        let all = blocks.iter().map(|block| {
            let fields = block.lines().skip(1).filter_map(|line| field(line, &ids)).collect();
            Struct { name: name(block), fields }
        });
        let all = all.collect();
        let kinds = kinds.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut columns = line.split(' ');
            let (group, version, kind) = (columns.next()?, columns.next()?, columns.next()?);
            let group = if group == "-" { "" } else { group };
            Some(([group, version, kind], *ids.get(columns.next()?)?))
        });
        Self { all, kinds: kinds.collect() }
    }

    fn of(&self, group: &str, version: &str, kind: &str) -> Option<usize> {
        self.kinds.get(&[group, version, kind]).copied()
    }
}

impl Struct {
    /// The name without its package: `DeploymentSpec`.
    fn short(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

impl Field {
    /// Whether its members stand among those of the struct it is in.
    fn is_inline(&self) -> bool {
        self.name == "."
    }
}

fn field(line: &'static str, ids: &HashMap<&str, usize>) -> Option<Field> {
    let mut columns = line.split(' ');
    let (name, number, of) = (columns.next()?, columns.next()?, columns.next()?);
    let flags = columns.next().unwrap_or_default();
    Some(Field {
        name,
        number: number.parse().ok()?,
        of: type_of(of, ids)?,
        omit_empty: flags.contains('o'),
        omit_zero: flags.contains('z'),
    })
}

fn type_of(text: &'static str, ids: &HashMap<&str, usize>) -> Option<Type> {
    let inner = |text| type_of(text, ids).map(Box::new);
    if let Some(of) = text.strip_prefix('*') {
        return inner(of).map(Type::Pointer);
    }
    if let Some(of) = text.strip_prefix("[]") {
        return inner(of).map(Type::List);
    }
    if let Some(of) = text.strip_prefix("{}") {
        return inner(of).map(Type::Map);
    }
    // A type with a name of its own says it after what it is: `string=v1.Protocol`.
    let (base, own) = text.split_once('=').unwrap_or((text, text));
    Some(match base {
        "bool" => Type::Bool(own),
        "int32" => Type::Int32(own),
        "int64" => Type::Int64(own),
        "float64" => Type::Float,
        "string" => Type::Text(own),
        "bytes" => Type::Bytes,
        "Time" => Type::Time,
        "MicroTime" => Type::MicroTime,
        "Duration" => Type::Duration,
        "Quantity" => Type::Quantity,
        "IntOrString" => Type::IntOrString,
        "Raw" => Type::Raw,
        "JSON" => Type::Json,
        "SchemaOrArray" => Type::SchemaOrArray,
        "SchemaOrBool" => Type::SchemaOrBool,
        "SchemaOrStrings" => Type::SchemaOrStrings,
        name => Type::Struct(*ids.get(name)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn every_line_of_the_table_is_read() {
        let text = include_str!("structs/table.txt");
        let blocks = text.split("\n\n").skip(1);
        let lines: usize = blocks.map(|block| block.trim_end().lines().count() - 1).sum();
        assert_eq!(TABLE.all.iter().map(|it| it.fields.len()).sum::<usize>(), lines);
        for kind in Registry::built_in().iter() {
            assert!(TABLE.of(&kind.group, &kind.version, &kind.kind).is_some(), "{}", kind.kind);
        }
    }
}
