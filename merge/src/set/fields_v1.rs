//! The text of field sets on the wire.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{FieldSet, Node};
use crate::go;
use crate::path::PathElement;

/// Deeper sets are refused: no object is that deep.
const MAX_SET_DEPTH: usize = 200;

impl FieldSet {
    /// Reads `fieldsV1` text.
    ///
    /// Elements of kinds that are not known are dropped, as the API server drops them.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the text: not JSON, a key that is no path element, too deep.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The exact `fieldsV1` text, in canonical order.
    pub fn to_fields_v1(&self) -> String {
        let mut out = String::with_capacity(64 + 24 * self.nodes.len());
        self.write(false, &mut out, &mut String::new());
        out
    }

    pub(crate) fn write(&self, owned: bool, out: &mut String, key: &mut String) {
        out.push('{');
        if owned && !self.nodes.is_empty() {
            out.push_str("\".\":{}");
        }
        for node in &self.nodes {
            if !out.ends_with('{') {
                out.push(',');
            }
            key.clear();
            node.element.write_key(key);
            out.push('"');
            go::push_json_text(key, out);
            out.push_str("\":");
            node.children.write(node.owned, out, key);
        }
        out.push('}');
    }
}

/// What stands under a key: whether the key itself is a member, and the members beneath it.
struct Entry {
    owned: bool,
    children: FieldSet,
}

struct EntrySeed {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for EntrySeed {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        if self.depth > MAX_SET_DEPTH {
            return Err(D::Error::custom(format!("nested deeper than {MAX_SET_DEPTH}")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for EntrySeed {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of field names")
    }

    fn visit_unit<E>(self) -> Result<Entry, E> {
        Ok(Entry { owned: true, children: FieldSet::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry { owned: false, children: FieldSet::new() };
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::Itself => entry.owned = true,
                Key::Child(element) => {
                    let child = map.next_value_seed(Self { depth: self.depth + 1 })?;
                    entry.children.insert_read(element, child);
                    continue;
                }
                Key::Unknown => {}
            }
            map.next_value::<IgnoredAny>()?;
        }
        entry.owned |= entry.children.is_empty();
        Ok(entry)
    }
}

impl FieldSet {
    /// Keys come in canonical order as a rule. Of a key that comes twice the later children win.
    fn insert_read(&mut self, element: PathElement, entry: Entry) {
        if self.nodes.last().is_none_or(|last| last.element < element) {
            self.nodes.push(Node { element, owned: entry.owned, children: entry.children });
            return;
        }
        let node = self.descend(&element);
        node.owned |= entry.owned;
        if !entry.children.is_empty() {
            node.children = entry.children;
        }
    }
}

enum Key {
    Itself,
    Child(PathElement),
    Unknown,
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path element")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
        if text == "." {
            return Ok(Key::Itself);
        }
        let element = PathElement::parse(text).map_err(E::custom)?;
        Ok(element.map_or(Key::Unknown, Key::Child))
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(EntrySeed { depth: 0 }.deserialize(deserializer)?.children)
    }
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Emitted { owned: false, children: self }.serialize(serializer)
    }
}

struct Emitted<'s> {
    owned: bool,
    children: &'s FieldSet,
}

impl Serialize for Emitted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let itself = self.owned && !self.children.is_empty();
        let size = self.children.nodes.len() + usize::from(itself);
        let mut map = serializer.serialize_map(Some(size))?;
        if itself {
            map.serialize_entry(".", &FieldSet::new())?;
        }
        let mut key = String::new();
        for node in &self.children.nodes {
            key.clear();
            node.element.write_key(&mut key);
            map.serialize_entry(&key, &Emitted { owned: node.owned, children: &node.children })?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn text_round_trips_in_canonical_order() {
        let text = r#"{"f:a":{".":{},"f:b":{}},"f:c":{},"k:{\"name\":\"x\"}":{".":{},"f:name":{}},"v:1":{},"i:0":{}}"#;
        let set = FieldSet::parse(text).unwrap();
        assert_eq!(set.to_string(), text);
        assert_eq!(serde_json::to_string(&set).unwrap(), text);
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(FieldSet::deserialize(&value).unwrap(), set);
    }

    #[test]
    fn what_has_no_children_is_a_member() {
        let set =
            FieldSet::parse(r#"{"f:a":null,"f:b":{"x:later":{"f:c":{}}},"f:c":{".":{}}}"#).unwrap();
        assert_eq!(set.to_string(), r#"{"f:a":{},"f:b":{},"f:c":{}}"#);
    }

    #[test]
    fn disorder_is_mended() {
        let set = FieldSet::parse(r#"{"f:b":{},"f:a":{"f:x":{}},"f:b":{"f:y":{}}}"#).unwrap();
        assert_eq!(set.to_string(), r#"{"f:a":{"f:x":{}},"f:b":{".":{},"f:y":{}}}"#);
    }

    #[test]
    fn bad_text_is_an_error() {
        for bad in ["", "1", "[]", r#"{"f:a":1}"#, r#"{"bad":{}}"#, "{} {}", r#"{"f:a":{}"#] {
            assert!(FieldSet::parse(bad).is_err(), "{bad}");
        }
        let mut deep = json!({});
        for _ in 0..MAX_SET_DEPTH + 10 {
            deep = json!({ "f:a": deep });
        }
        assert!(FieldSet::deserialize(&deep).is_err());
    }
}
