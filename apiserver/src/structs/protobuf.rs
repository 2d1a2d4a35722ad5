//! Protobuf bodies, which Go clients send by default for built-in kinds.
//!
//! An envelope names the kind and holds the object. Fields are found by their numbers in the table;
//! numbers it does not have are passed over, as protobuf wants it.

use serde_json::{Map, Value, json};

use super::{Structs, Type, time};
use crate::base64;

pub(crate) const MEDIA: &str = "application/vnd.kubernetes.protobuf";

pub(crate) const MAGIC: &[u8] = b"k8s\0";
const DEPTH: usize = 100;

pub(super) fn read(structs: &Structs, body: &[u8]) -> Result<Value, String> {
    let envelope = body.strip_prefix(MAGIC).ok_or(
        "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    )?;
    let (mut version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for entry in Entries(envelope) {
        match entry? {
            (1, Wire::Bytes(meta)) => {
                for entry in Entries(meta) {
                    match entry? {
                        (1, Wire::Bytes(text)) => version = utf8(text)?,
                        (2, Wire::Bytes(text)) => kind = utf8(text)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let (group, short) = version.rsplit_once('/').unwrap_or(("", &version));
    let root = structs.of(group, short, &kind).or_else(|| {
        // Every group has these.
        structs.of("", "v1", &kind).filter(|_| kind == "DeleteOptions")
    });
    let root =
        root.ok_or_else(|| format!("no kind \"{kind}\" is registered for version \"{version}\""))?;
    let mut object = Map::new();
    message(structs, root, raw, &mut object, 0)?;
    object.insert("apiVersion".to_owned(), version.into());
    object.insert("kind".to_owned(), kind.into());
    Ok(Value::Object(object))
}

/// One value on the wire.
#[derive(Clone, Copy, Debug)]
enum Wire<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The entries of a message: field numbers and values.
struct Entries<'b>(&'b [u8]);

impl<'b> Iterator for Entries<'b> {
    type Item = Result<(u64, Wire<'b>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = entry(&mut self.0).ok_or_else(|| "unexpected EOF".to_owned());
        if entry.is_err() {
            self.0 = &[];
        }
        Some(entry)
    }
}

fn entry<'b>(rest: &mut &'b [u8]) -> Option<(u64, Wire<'b>)> {
    let tag = varint(rest)?;
    let mut fixed = |length: usize| {
        let (bytes, after) = rest.split_at_checked(length)?;
        *rest = after;
        let mut wide = [0; 8];
        wide[..length].copy_from_slice(bytes);
        Some(Wire::Number(u64::from_le_bytes(wide)))
    };
    let value = match tag & 7 {
        1 => fixed(8)?,
        5 => fixed(4)?,
        0 => Wire::Number(varint(rest)?),
        2 => {
            let length = usize::try_from(varint(rest)?).ok()?;
            let (bytes, after) = rest.split_at_checked(length)?;
            *rest = after;
            Wire::Bytes(bytes)
        }
        _ => return None,
    };
    Some((tag >> 3, value))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn message(
    structs: &Structs,
    of: usize,
    bytes: &[u8],
    out: &mut Map<String, Value>,
    depth: usize,
) -> Result<(), String> {
    if depth > DEPTH {
        return Err(format!("nested deeper than {DEPTH} levels"));
    }
    for entry in Entries(bytes) {
        let (number, wire) = entry?;
        let fields = &structs.all[of].fields;
        let Some(field) = fields.iter().find(|f| f.number == number && number != 0) else {
            continue;
        };
        if let (true, Type::Struct(inner), Wire::Bytes(bytes)) =
            (field.is_inline(), bare(&field.of), wire)
        {
            message(structs, *inner, bytes, out, depth + 1)?;
            continue;
        }
        let at = out.entry(field.name).or_insert(Value::Null);
        merge(structs, bare(&field.of), wire, at, depth)?;
    }
    Ok(())
}

fn bare(of: &Type) -> &Type {
    match of {
        Type::Pointer(of) => bare(of),
        of => of,
    }
}

/// Puts one entry into its place: what is repeated grows.
fn merge(
    structs: &Structs,
    of: &Type,
    wire: Wire<'_>,
    at: &mut Value,
    depth: usize,
) -> Result<(), String> {
    match (of, wire) {
        (Type::List(item), Wire::Bytes(packed))
            if matches!(bare(item), Type::Int32(_) | Type::Int64(_) | Type::Bool(_)) =>
        {
            let mut rest = packed;
            while !rest.is_empty() {
                let number = varint(&mut rest).ok_or("unexpected EOF")?;
                push(at, single(structs, bare(item), Wire::Number(number), depth)?);
            }
        }
        (Type::List(item), wire) => push(at, single(structs, bare(item), wire, depth)?),
        (Type::Map(of), Wire::Bytes(pair)) => {
            let (mut key, mut value) = (String::new(), None);
            for entry in Entries(pair) {
                match entry? {
                    (1, Wire::Bytes(text)) => key = utf8(text)?,
                    (2, wire) => value = Some(single(structs, bare(of), wire, depth)?),
                    _ => {}
                }
            }
            let value = match (value, bare(of)) {
                (Some(value), _) => value,
                (None, Type::Text(_) | Type::Bytes) => "".into(),
                (None, _) => Value::Null,
            };
            if !at.is_object() {
                *at = json!({});
            }
            at[key] = value;
        }
        (Type::Struct(id), Wire::Bytes(bytes)) => {
            let mut map = match at.take() {
                Value::Object(map) => map,
                _ => Map::new(),
            };
            message(structs, *id, bytes, &mut map, depth + 1)?;
            *at = Value::Object(map);
        }
        (of, wire) => *at = single(structs, of, wire, depth)?,
    }
    Ok(())
}

fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = Value::Array(vec![item]),
    }
}

fn single(structs: &Structs, of: &Type, wire: Wire<'_>, depth: usize) -> Result<Value, String> {
    Ok(match (of, wire) {
        (Type::Bool(_), Wire::Number(number)) => (number != 0).into(),
        (Type::Int32(_), Wire::Number(number)) => (number as i32).into(),
        (Type::Int64(_), Wire::Number(number)) => (number as i64).into(),
        (Type::Float, Wire::Number(bits)) => f64::from_bits(bits).into(),
        (Type::Text(_), Wire::Bytes(bytes)) => utf8(bytes)?.into(),
        (Type::Bytes, Wire::Bytes(bytes)) => base64::encode_standard(bytes).into(),
        (Type::Struct(id), Wire::Bytes(bytes)) => {
            let mut map = Map::new();
            message(structs, *id, bytes, &mut map, depth + 1)?;
            Value::Object(map)
        }
        // A list inside a map is wrapped in a message of its own.
        (Type::List(item), Wire::Bytes(bytes)) => {
            let mut list = Value::Array(Vec::new());
            for entry in Entries(bytes) {
                push(&mut list, single(structs, bare(item), entry?.1, depth + 1)?);
            }
            list
        }
        (of, Wire::Bytes(bytes)) => special(structs, of, bytes, depth)?,
        _ => return Err("illegal wireType".to_owned()),
    })
}

/// Types that read themselves; each is a small message.
fn special(structs: &Structs, of: &Type, bytes: &[u8], depth: usize) -> Result<Value, String> {
    let mut numbers = [0i64; 4];
    let mut texts: [Vec<&[u8]>; 4] = Default::default();
    for entry in Entries(bytes) {
        match entry? {
            (at @ 1..=3, Wire::Number(number)) => numbers[at as usize] = number as i64,
            (at @ 1..=3, Wire::Bytes(bytes)) => texts[at as usize].push(bytes),
            _ => {}
        }
    }
    let text = |at: usize| texts[at].last().copied().unwrap_or_default();
    let parsed = |bytes: &[u8]| match bytes {
        [] => Ok(Value::Null),
        bytes => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
    };
    let schema = |bytes: &[u8]| -> Result<Value, String> {
        let Some(root) = structs.all.iter().position(|it| it.short() == "JSONSchemaProps") else {
            return Ok(Value::Null);
        };
        single(structs, &Type::Struct(root), Wire::Bytes(bytes), depth + 1)
    };
    Ok(match of {
        // The zero time is sent as nothing.
        Type::Time | Type::MicroTime if bytes.is_empty() => Value::Null,
        Type::Time | Type::MicroTime => {
            time::of_parts(numbers[1], numbers[2], matches!(of, Type::MicroTime))
        }
        Type::Duration => format!("{}ns", numbers[1]).into(),
        Type::Quantity => utf8(text(1))?.into(),
        Type::IntOrString if numbers[1] == 1 => utf8(text(3))?.into(),
        Type::IntOrString => (numbers[2] as i32).into(),
        Type::Raw | Type::Json => parsed(text(1))?,
        Type::SchemaOrArray if texts[1].is_empty() => {
            texts[2].iter().map(|bytes| schema(bytes)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Type::SchemaOrBool if texts[2].is_empty() => (numbers[1] != 0).into(),
        Type::SchemaOrBool => schema(text(2))?,
        Type::SchemaOrStrings if texts[1].is_empty() => {
            texts[2].iter().map(|bytes| utf8(bytes)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Type::SchemaOrArray | Type::SchemaOrStrings => schema(text(1))?,
        _ => return Err("illegal wireType".to_owned()),
    })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "a text that is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use super::*;

    /// One entry: a tag and bytes.
    fn bytes(number: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[number << 3 | 2, length][..], content].concat()
    }

    fn enveloped(version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
        let meta = [bytes(1, version.as_bytes()), bytes(2, kind.as_bytes())].concat();
        [MAGIC, &bytes(1, &meta), &bytes(2, object)].concat()
    }

    #[test]
    fn an_object_is_read_by_the_numbers_of_its_fields() {
        let meta =
            [bytes(1, b"a"), bytes(8, b""), bytes(11, &[bytes(1, b"k"), bytes(2, b"v")].concat())];
        let data = bytes(2, &[bytes(1, b"x"), bytes(2, b"y")].concat());
        let object = [bytes(1, &meta.concat()), data].concat();
        assert_eq!(
            read(&TABLE, &enveloped("v1", "ConfigMap", &object)).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": { "name": "a", "creationTimestamp": null, "labels": { "k": "v" } },
                "data": { "x": "y" },
            })
        );
    }

    #[test]
    fn numbers_lists_and_inline_structs_are_read() {
        // Three replicas, and a volume whose source stands inline.
        let source = bytes(2, &bytes(2, &bytes(1, b"Memory")));
        let volume = bytes(1, &[bytes(1, b"v"), source].concat());
        let template = bytes(3, &bytes(2, &volume));
        let spec = [vec![1 << 3, 3], template].concat();
        let object = bytes(2, &spec);
        let read = read(&TABLE, &enveloped("apps/v1", "Deployment", &object)).unwrap();
        assert_eq!(read["spec"]["replicas"], 3);
        let volume = &read["spec"]["template"]["spec"]["volumes"][0];
        assert_eq!(*volume, json!({ "name": "v", "emptyDir": { "medium": "Memory" } }));
    }

    #[test]
    fn damaged_bodies_are_refused() {
        let whole = enveloped("v1", "ConfigMap", &bytes(1, &bytes(1, b"a")));
        for end in 1..whole.len() {
            // Shorter bodies may be whole by chance; none may panic.
            let _read = read(&TABLE, &whole[..end]);
        }
        for bad in [&b"{}"[..], b"k8s\0\xff", b"k8s\0\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"]
        {
            assert!(read(&TABLE, bad).is_err(), "{bad:?}");
        }
        let unknown = read(&TABLE, &enveloped("v1", "Foo", b"")).unwrap_err();
        assert_eq!(unknown, "no kind \"Foo\" is registered for version \"v1\"");
    }
}
