//! One step into an object, and the path from its root.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;
use smol_str::SmolStr;

use crate::go;
use crate::scalar::Scalar;

/// How to find a child in its parent: by field name, by key fields, by value, or by index.
///
/// Elements are ordered fields before keys before values before indices, which is the order of
/// `fieldsV1`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PathElement(pub(crate) Element);

#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Element {
    Field(SmolStr),
    /// Key fields by name. Boxed: elements are mostly fields and there are many of them.
    Key(Box<[(SmolStr, Scalar)]>),
    Value(Scalar),
    Index(i64),
}

impl PathElement {
    /// The child of a map under this name.
    pub fn field(name: &str) -> Self {
        Self(Element::Field(SmolStr::new(name)))
    }

    /// The item of a keyed list whose key fields have these values.
    pub fn key<'n>(fields: impl IntoIterator<Item = (&'n str, Value)>) -> Self {
        let fields =
            fields.into_iter().map(|(name, value)| (SmolStr::new(name), Scalar::of(&value)));
        Self::of_key(fields.collect())
    }

    /// The item of a set that equals this value.
    pub fn value(value: &Value) -> Self {
        Self(Element::Value(Scalar::of(value)))
    }

    /// The item of a list at this position.
    pub fn index(index: i64) -> Self {
        Self(Element::Index(index))
    }

    /// The name, where this is a field.
    pub fn as_field(&self) -> Option<&str> {
        match &self.0 {
            Element::Field(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn of_key(mut fields: Vec<(SmolStr, Scalar)>) -> Self {
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(Element::Key(fields.into_boxed_slice()))
    }

    /// Reads the key of a `fieldsV1` object. `None` is an element of a kind that is not known:
    /// a later version may know it, so it is dropped and no error.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some((prefix, rest)) = text.split_at_checked(2) else {
            return Err(if text.len() < 2 {
                "key must be 2 characters long:".to_owned()
            } else {
                format!("missing colon: {text}")
            });
        };
        match prefix {
            "f:" => Ok(Some(Self::field(rest))),
            "v:" => Ok(Some(Self(Element::Value(Scalar::decoded(&json(rest)?))))),
            "k:" => parse_key(rest).map(Some),
            "i:" => match rest.parse() {
                Ok(index) => Ok(Some(Self::index(index))),
                Err(_) => Err(format!("invalid index {}", go::quote(rest))),
            },
            _ if !prefix.ends_with(':') => Err(format!("missing colon: {text}")),
            _ => Ok(None),
        }
    }

    /// Writes the key of a `fieldsV1` object, not yet escaped as the JSON string it will be.
    pub(crate) fn write_key(&self, out: &mut String) {
        match &self.0 {
            Element::Field(name) => {
                out.push_str("f:");
                out.push_str(name);
            }
            Element::Value(value) => {
                out.push_str("v:");
                value.write_json(out);
            }
            Element::Index(index) => {
                out.push_str("i:");
                out.push_str(&index.to_string());
            }
            Element::Key(fields) => {
                out.push_str("k:{");
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if index > 0 { ",\"" } else { "\"" });
                    go::push_json_text(name, out);
                    out.push_str("\":");
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("{error} in {}", go::quote(text)))
}

fn parse_key(text: &str) -> Result<PathElement, String> {
    let Value::Object(fields) = json(text)? else {
        return Err(format!("expected an object of key fields in {}", go::quote(text)));
    };
    let fields = fields.iter().map(|(name, value)| (SmolStr::new(name), Scalar::decoded(value)));
    Ok(PathElement::of_key(fields.collect()))
}

/// `.name`, `[port=80,protocol="TCP"]`, `[="value"]`, `[3]`.
impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Value(value) => write!(f, "[={value}]"),
            Element::Index(index) => write!(f, "[{index}]"),
            Element::Key(fields) => {
                f.write_str("[")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{name}={value}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// The way from the root of an object to a field or an item, printed as `.spec.ports[port=80]`.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Path(pub(crate) Vec<PathElement>);

impl Path {
    /// The elements, from the root.
    pub fn elements(&self) -> &[PathElement] {
        &self.0
    }

    /// The same path, one field further down.
    #[must_use]
    pub fn field(mut self, name: &str) -> Self {
        self.0.push(PathElement::field(name));
        self
    }

    /// Finds a path in an object as people write it: `spec.template.spec.containers[name=web].image`.
    ///
    /// Inside brackets stand `name=value` pairs, `=value`, or an index. A value that reads as JSON
    /// is that JSON, anything else is text. Field names with dots are written in brackets with
    /// quotes: `metadata.labels["app.kubernetes.io/name"]`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut path = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = match rest.strip_prefix('[') {
                Some(inside) => parse_bracket(inside, &mut path)?,
                None => parse_name(rest.strip_prefix('.').unwrap_or(rest), &mut path)?,
            };
        }
        Some(Self(path))
    }
}

fn parse_name<'t>(text: &'t str, path: &mut Vec<PathElement>) -> Option<&'t str> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    path.push(PathElement::field(name));
    (!name.is_empty()).then_some(rest)
}

fn parse_bracket<'t>(text: &'t str, path: &mut Vec<PathElement>) -> Option<&'t str> {
    let end = closing_bracket(text)?;
    let (inside, rest) = (&text[..end], &text[end + 1..]);
    path.push(if let Ok(index) = inside.parse() {
        PathElement::index(index)
    } else if inside.starts_with('"') {
        PathElement::field(&serde_json::from_str::<String>(inside).ok()?)
    } else if let Some(value) = inside.strip_prefix('=') {
        PathElement::value(&loose(value))
    } else {
        let pairs: Option<Vec<_>> = pairs(inside).map(|pair| pair.split_once('=')).collect();
        PathElement::key(pairs?.into_iter().map(|(name, value)| (name, loose(value))))
    });
    Some(rest)
}

/// The position of the `]` that ends a bracket, past any inside quotes.
fn closing_bracket(text: &str) -> Option<usize> {
    outside_quotes(text).find(|(_, it)| *it == ']').map(|(at, _)| at)
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    let commas = outside_quotes(text).filter(|(_, it)| *it == ',').map(|(at, _)| at);
    let mut ends: Vec<usize> = commas.collect();
    ends.push(text.len());
    let starts = std::iter::once(0).chain(ends.clone().into_iter().map(|it| it + 1));
    starts.zip(ends).map(|(start, end)| &text[start..end])
}

fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().filter(move |(_, it)| {
        let was_escaped = std::mem::take(&mut escaped);
        match it {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if !was_escaped => escaped = quoted,
            _ => {}
        }
        !quoted
    })
}

fn loose(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

impl From<Vec<PathElement>> for Path {
    fn from(elements: Vec<PathElement>) -> Self {
        Self(elements)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| element.fmt(f))
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_prints_as_conflicts_show_it() {
        let path = Path(vec![
            PathElement::field("spec"),
            PathElement::field("ports"),
            PathElement::key([("protocol", json!("TCP")), ("port", json!(80))]),
            PathElement::value(&json!("a")),
            PathElement::index(3),
        ]);
        assert_eq!(path.to_string(), r#".spec.ports[port=80,protocol="TCP"][="a"][3]"#);
    }

    #[test]
    fn a_path_can_be_written_by_hand() {
        let parsed = |text| Path::parse(text).unwrap().to_string();
        assert_eq!(
            parsed("spec.ports[port=80,protocol=TCP].name"),
            r#".spec.ports[port=80,protocol="TCP"].name"#
        );
        assert_eq!(parsed(r#"metadata.labels["a.b/c]"]"#), ".metadata.labels.a.b/c]");
        assert_eq!(parsed("metadata.finalizers[=x][2]"), r#".metadata.finalizers[="x"][2]"#);
        for bad in ["a..b", "a[", "a[x]", "a."] {
            assert_eq!(Path::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn keys_of_fields_v1_round_trip() {
        for text in
            ["f:", "f:a b", "i:-3", r#"k:{"a":"<b>","n":1.5}"#, "v:true", r#"v:"x""#, "v:null"]
        {
            let element = PathElement::parse(text).unwrap().unwrap();
            let mut out = String::new();
            element.write_key(&mut out);
            let expected = text.replace('<', "\\u003c").replace('>', "\\u003e");
            assert_eq!(out, expected);
        }
        assert_eq!(PathElement::parse("x:later"), Ok(None));
        for bad in ["", "f", "fx", "é:", "v:", "v:1 2", "k:1", "k:{", "i:x"] {
            assert!(PathElement::parse(bad).is_err(), "{bad}");
        }
    }
}
