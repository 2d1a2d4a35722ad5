//! An object together with its managers.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::managers::{ManagedFields, Recorded};
use crate::schema::Gvk;

/// An object as an API server keeps it: the content, and apart from it who manages what.
///
/// Made from a [`Value`](Live::new) or from [bytes](Live::from_slice); the latter never builds the
/// managed fields as values, which are often the larger half.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub(crate) object: Value,
    pub(crate) recorded: Recorded,
}

impl Live {
    /// Takes the managed fields out of an object.
    pub fn new(mut object: Value) -> Self {
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
        let taken = metadata.and_then(|it| it.remove("managedFields"));
        let recorded = taken.map_or_else(Recorded::default, |it| Recorded::read(&it));
        Self { object, recorded }
    }

    /// An object that is not there yet.
    pub fn absent(gvk: &Gvk) -> Self {
        let object = json!({"apiVersion": gvk.api_version(), "kind": gvk.kind});
        Self { object, recorded: Recorded::default() }
    }

    /// Reads an object from JSON.
    ///
    /// # Errors
    ///
    /// When the bytes are not JSON, or hold no object.
    pub fn from_slice(json: &[u8]) -> Result<Self, Error> {
        if let Ok(Quick(live)) = serde_json::from_slice(json) {
            return Ok(live);
        }
        // Either it is bad, or its managed fields are odd: then they are read as the value they are.
        match serde_json::from_slice(json) {
            Ok(object @ Value::Object(_)) => Ok(Self::new(object)),
            Ok(_) => Err(Error::BadRequest { message: "expected an object".to_owned() }),
            Err(error) => Err(Error::BadRequest { message: error.to_string() }),
        }
    }

    /// The content, without managed fields.
    pub const fn object(&self) -> &Value {
        &self.object
    }

    /// Who manages what.
    ///
    /// # Errors
    ///
    /// When the object's managed fields make no sense.
    pub fn managed_fields(&self) -> Result<ManagedFields, Error> {
        let decoded = self.recorded.clone().decode();
        decoded.map_err(|message| Error::ManagedFields { message })
    }
}

/// An object after a write.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Written {
    /// The content, without managed fields.
    pub object: Value,
    /// Who manages what now.
    pub managed: ManagedFields,
    /// Whether the content is another one than before.
    pub changed: bool,
}

impl Written {
    /// The object with its managed fields, as an API server answers with it.
    pub fn into_value(self) -> Value {
        let mut object = self.object;
        if !self.managed.is_empty()
            && let Some(root) = object.as_object_mut()
        {
            let metadata = root.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.insert("managedFields".to_owned(), self.managed.to_value());
            }
        }
        object
    }

    /// The same as JSON, with `fieldsV1` in its exact order.
    pub fn to_vec(&self) -> Vec<u8> {
        // Neither a map key nor a writer in memory can fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(root) = self.object.as_object() else { return self.object.serialize(serializer) };
        let mut map = serializer.serialize_map(None)?;
        let bare = Value::Object(Map::new());
        let added = !root.contains_key("metadata") && !self.managed.is_empty();
        let extra = added.then_some(("metadata", &bare));
        let members = root.iter().map(|(name, value)| (name.as_str(), value)).chain(extra);
        for (name, value) in members {
            match value.as_object().filter(|_| name == "metadata" && !self.managed.is_empty()) {
                Some(metadata) => {
                    map.serialize_entry(name, &Metadata { metadata, managed: &self.managed })?;
                }
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

struct Metadata<'w> {
    metadata: &'w Map<String, Value>,
    managed: &'w ManagedFields,
}

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.metadata.len() + 1))?;
        let before = |name: &str| name < "managedFields";
        for (name, value) in self.metadata.iter().filter(|(name, _)| before(name)) {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("managedFields", self.managed)?;
        for (name, value) in self.metadata.iter().filter(|(name, _)| !before(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// An object as an API server writes it; anything else is an error.
struct Quick(Live);

impl<'de> Deserialize<'de> for Quick {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut recorded = Recorded::default();
        let root = Level { name: "metadata", recorded: &mut recorded };
        let object = root.deserialize(deserializer)?;
        Ok(Self(Live { object, recorded }))
    }
}

/// Reads an object, but one of its members apart: of the root the metadata, of the metadata the
/// managed fields.
struct Level<'r> {
    name: &'static str,
    recorded: &'r mut Recorded,
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name != self.name {
                let value = map.next_value()?;
                object.insert(name, value);
            } else if name == "metadata" {
                let inner = Level { name: "managedFields", recorded: &mut *self.recorded };
                let value = map.next_value_seed(inner)?;
                object.insert(name, value);
            } else {
                *self.recorded = map.next_value()?;
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"kind":"ConfigMap","metadata":{"labels":{},"managedFields":[{"manager":"m","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}}],"name":"n"}}"#;

    #[test]
    fn bytes_and_values_are_read_alike() {
        let read = Live::from_slice(TEXT.as_bytes()).unwrap();
        let taken = Live::new(serde_json::from_str(TEXT).unwrap());
        assert_eq!(read.object, taken.object);
        let managed = read.managed_fields().unwrap();
        assert_eq!(managed, taken.managed_fields().unwrap());
        assert_eq!(managed.iter().next().unwrap().fields.to_string(), r#"{"f:data":{"f:a":{}}}"#);
    }

    #[test]
    fn what_is_written_is_the_object_with_its_managers() {
        let live = Live::from_slice(TEXT.as_bytes()).unwrap();
        let managed = live.managed_fields().unwrap();
        let written = Written { object: live.object, managed, changed: false };
        let read: Value = serde_json::from_slice(&written.to_vec()).unwrap();
        assert_eq!(read, serde_json::from_str::<Value>(TEXT).unwrap());
        assert_eq!(written.into_value(), read);
    }

    #[test]
    fn odd_managed_fields_do_not_make_the_object_unreadable() {
        let text = |managed| format!(r#"{{"metadata":{{"managedFields":{managed}}}}}"#);
        for absent in ["1", "[1]", r#"[{"time":"noon"}]"#, r#"[{"manager":1}]"#] {
            let live = Live::from_slice(text(absent).as_bytes()).unwrap();
            assert!(live.managed_fields().unwrap().is_empty(), "{absent}");
        }
        let bad = r#"[{"operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"bad":1}}]"#;
        assert!(Live::from_slice(text(bad).as_bytes()).unwrap().managed_fields().is_err());
    }

    #[test]
    fn other_json_is_refused() {
        for bad in ["", "1", "[]", "null", "{} {}"] {
            assert!(Live::from_slice(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
