//! What the server answered, read no further than somebody asks.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

/// An answer as it came over the wire. It may be a Secret: it does not print.
#[derive(Clone)]
pub(crate) struct Answer {
    bytes: Bytes,
    created: bool,
}

impl Answer {
    pub(crate) const fn new(bytes: Bytes) -> Self {
        Self { bytes, created: false }
    }

    /// About an object that was not there before, which the server says by the status: also of a
    /// dry-run.
    pub(crate) const fn of_creation(bytes: Bytes) -> Self {
        Self { bytes, created: true }
    }

    pub(crate) const fn is_of_creation(&self) -> bool {
        self.created
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn value(&self) -> Result<Value, kube::Error> {
        serde_json::from_slice(&self.bytes).map_err(kube::Error::SerdeError)
    }

    /// One object, in a single pass and without building it.
    pub(crate) fn glance(&self) -> Result<Glance<'_>, kube::Error> {
        let text = self.text()?;
        let mut glance = Glance::with_room(text.len());
        let mut reader = serde_json::Deserializer::from_str(text);
        let walk = Walk { at: Place::Object, glance: &mut glance };
        walk.deserialize(&mut reader)
            .and_then(|()| reader.end())
            .map_err(kube::Error::SerdeError)?;
        Ok(glance)
    }

    /// The objects of a list, one after another, and where the next page begins.
    pub(crate) fn glances(
        &self,
        tell: &mut (dyn FnMut(&Glance<'_>) + Send),
    ) -> Result<String, kube::Error> {
        let text = self.text()?;
        let mut next = String::new();
        let mut reader = serde_json::Deserializer::from_str(text);
        let list = List { next: &mut next, tell };
        list.deserialize(&mut reader)
            .and_then(|()| reader.end())
            .map_err(kube::Error::SerdeError)?;
        Ok(next)
    }

    fn text(&self) -> Result<&str, kube::Error> {
        let invalid = |error| kube::Error::SerdeError(serde_json::Error::custom(error));
        std::str::from_utf8(&self.bytes).map_err(invalid)
    }
}

/// What an object says about itself, and all it says as one row of bytes.
///
/// The row holds every value with its type, its length and its content, so that no two objects have
/// the same. Left out are the times of managers, since a merge that changes nothing but them is none,
/// and `apiVersion` and `kind`, which items of a list do not repeat. Fields are in the order in which
/// the server wrote them: it writes those of a kind in one.
#[derive(Default)]
pub(crate) struct Glance<'t> {
    pub(crate) content: Vec<u8>,
    pub(crate) name: Cow<'t, str>,
    pub(crate) namespace: Cow<'t, str>,
    pub(crate) resource_version: Cow<'t, str>,
    pub(crate) labels: Vec<Pair<'t>>,
    pub(crate) annotations: Vec<Pair<'t>>,
    pub(crate) managers: Vec<Manager<'t>>,
}

type Pair<'t> = (Cow<'t, str>, Cow<'t, str>);

/// A manager of fields, without the fields.
#[derive(Default)]
pub(crate) struct Manager<'t> {
    pub(crate) name: Cow<'t, str>,
    pub(crate) operation: Cow<'t, str>,
    pub(crate) api_version: Cow<'t, str>,
}

impl Glance<'_> {
    /// Has room for the row of a text that long: quotes and colons are longer than marks and lengths.
    fn with_room(text_bytes: usize) -> Self {
        Self { content: Vec::with_capacity(text_bytes + text_bytes / 4), ..Self::default() }
    }

    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

/// Where in an object a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Object,
    Metadata,
    Name,
    Namespace,
    ResourceVersion,
    Labels,
    Label,
    Annotations,
    Annotation,
    Managers,
    Manager,
    ManagerName,
    Operation,
    ApiVersion,
    Elsewhere,
}

impl Place {
    /// Where the value of a key stands; nowhere, if it does not count.
    fn of(self, key: &str) -> Option<Self> {
        Some(match (self, key) {
            (Self::Object, "apiVersion" | "kind") | (Self::Manager, "time") => return None,
            (Self::Object, "metadata") => Self::Metadata,
            (Self::Metadata, "name") => Self::Name,
            (Self::Metadata, "namespace") => Self::Namespace,
            (Self::Metadata, "resourceVersion") => Self::ResourceVersion,
            (Self::Metadata, "labels") => Self::Labels,
            (Self::Metadata, "annotations") => Self::Annotations,
            (Self::Metadata, "managedFields") => Self::Managers,
            (Self::Manager, "manager") => Self::ManagerName,
            (Self::Manager, "operation") => Self::Operation,
            (Self::Manager, "apiVersion") => Self::ApiVersion,
            (Self::Labels, _) => Self::Label,
            (Self::Annotations, _) => Self::Annotation,
            _ => Self::Elsewhere,
        })
    }
}

/// Walks through a value.
struct Walk<'g, 't> {
    at: Place,
    glance: &'g mut Glance<'t>,
}

impl<'t> Walk<'_, 't> {
    fn mark(&mut self, mark: u8) {
        self.glance.content.push(mark);
    }

    fn bytes(&mut self, mark: u8, bytes: &[u8]) {
        let content = &mut self.glance.content;
        content.push(mark);
        // Seven bits a byte, the last one without the eighth: most lengths are one byte.
        let mut length = bytes.len();
        while length >= 0x80 {
            content.push(length as u8 | 0x80);
            length >>= 7;
        }
        content.push(length as u8);
        content.extend_from_slice(bytes);
    }

    fn text(&mut self, text: Cow<'t, str>) {
        self.bytes(b's', text.as_bytes());
        let glance = &mut *self.glance;
        let slot = match self.at {
            Place::Name => &mut glance.name,
            Place::Namespace => &mut glance.namespace,
            Place::ResourceVersion => &mut glance.resource_version,
            Place::Label => return set_value(&mut glance.labels, text),
            Place::Annotation => return set_value(&mut glance.annotations, text),
            Place::Elsewhere => return,
            at => match (at, glance.managers.last_mut()) {
                (Place::ManagerName, Some(manager)) => &mut manager.name,
                (Place::Operation, Some(manager)) => &mut manager.operation,
                (Place::ApiVersion, Some(manager)) => &mut manager.api_version,
                _ => return,
            },
        };
        *slot = text;
    }

    fn key(&mut self, key: Cow<'t, str>) {
        self.bytes(b'k', key.as_bytes());
        match self.at {
            Place::Labels => self.glance.labels.push((key, Cow::default())),
            Place::Annotations => self.glance.annotations.push((key, Cow::default())),
            _ => {}
        }
    }
}

fn set_value<'t>(pairs: &mut [Pair<'t>], text: Cow<'t, str>) {
    if let Some((_, value)) = pairs.last_mut() {
        *value = text;
    }
}

impl<'t> DeserializeSeed<'t> for Walk<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Walk<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.mark(b'n');
        Ok(())
    }

    fn visit_bool<E>(mut self, yes: bool) -> Result<(), E> {
        self.mark(if yes { b't' } else { b'f' });
        Ok(())
    }

    fn visit_i64<E>(mut self, number: i64) -> Result<(), E> {
        self.bytes(b'-', &number.to_le_bytes());
        Ok(())
    }

    fn visit_u64<E>(mut self, number: u64) -> Result<(), E> {
        self.bytes(b'+', &number.to_le_bytes());
        Ok(())
    }

    fn visit_f64<E>(mut self, number: f64) -> Result<(), E> {
        self.bytes(b'.', &number.to_bits().to_le_bytes());
        Ok(())
    }

    fn visit_borrowed_str<E>(mut self, text: &'t str) -> Result<(), E> {
        self.text(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_str<E>(mut self, text: &str) -> Result<(), E> {
        match self.at {
            Place::Elsewhere => self.bytes(b's', text.as_bytes()),
            _ => self.text(Cow::Owned(text.to_owned())),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.mark(b'[');
        let at = if self.at == Place::Managers { Place::Manager } else { Place::Elsewhere };
        while items.next_element_seed(Walk { at, glance: &mut *self.glance })?.is_some() {}
        self.mark(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut fields: A) -> Result<(), A::Error> {
        self.mark(b'{');
        if self.at == Place::Manager {
            self.glance.managers.push(Manager::default());
        }
        if self.at == Place::Elsewhere {
            while fields
                .next_key_seed(Walk { at: Place::Elsewhere, glance: &mut *self.glance })?
                .is_some()
            {
                fields.next_value_seed(Walk { at: Place::Elsewhere, glance: &mut *self.glance })?;
            }
        }
        while let Some(key) = fields.next_key_seed(Key)? {
            match self.at.of(&key) {
                Some(at) => {
                    self.key(key);
                    fields.next_value_seed(Walk { at, glance: &mut *self.glance })?;
                }
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        self.mark(b'}');
        Ok(())
    }
}

/// A key, borrowed where it stands in the text as it is.
struct Key;

impl<'t> DeserializeSeed<'t> for Key {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, reader: D) -> Result<Cow<'t, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Key {
    type Value = Cow<'t, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'t str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// A list of objects.
struct List<'a> {
    next: &'a mut String,
    tell: &'a mut dyn FnMut(&Glance<'_>),
}

impl<'t> DeserializeSeed<'t> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut fields: A) -> Result<(), A::Error> {
        #[derive(serde::Deserialize)]
        struct Meta {
            #[serde(default, rename = "continue")]
            next: String,
        }
        while let Some(key) = fields.next_key_seed(Key)? {
            match &*key {
                "metadata" => *self.next = fields.next_value::<Meta>()?.next,
                "items" => fields.next_value_seed(Items(&mut *self.tell))?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Items<'a>(&'a mut dyn FnMut(&Glance<'_>));

impl<'t> DeserializeSeed<'t> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(()) // an empty list that Go wrote without making it
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            let mut glance = Glance::default();
            let walk = Walk { at: Place::Object, glance: &mut glance };
            if items.next_element_seed(walk)?.is_none() {
                return Ok(());
            }
            (self.0)(&glance);
        }
    }
}

#[cfg(test)]
impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self::new(text.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(text: &str) -> Vec<u8> {
        Answer::from(text.to_owned()).glance().unwrap().content
    }

    #[test]
    fn an_object_says_who_it_is_and_who_wrote_it() {
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "web", "namespace": "shop", "resourceVersion": "7",
                "labels": {"app": "web", "odd": 5}, "annotations": {"note": "a \"b\""},
                "managedFields": [
                    {"manager": "us", "operation": "Apply", "apiVersion": "apps/v1", "time": "x",
                     "fieldsV1": {"f:spec": {"f:replicas": {}, "k:{\"name\":\"c\"}": {}}}},
                    {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "subresource": "status"},
                ],
            },
            "spec": {"name": "not this", "labels": {"app": "nor this"}, "metadata": {"name": "nor this"}},
        });
        let answer = Answer::from(object.to_string());
        let glance = answer.glance().unwrap();
        let id = [&*glance.namespace, &*glance.name, &*glance.resource_version];
        assert_eq!(id, ["shop", "web", "7"]);
        assert_eq!((glance.label("app"), glance.label("odd")), (Some("web"), Some("")));
        assert_eq!(glance.annotations, [("note".into(), "a \"b\"".into())]);
        let managers = glance.managers.iter();
        let told: Vec<_> =
            managers.map(|it| [&*it.name, &*it.operation, &*it.api_version]).collect();
        assert_eq!(told, [["us", "Apply", "apps/v1"], ["kubelet", "Update", "v1"]]);
        assert_eq!(answer.value().unwrap(), object);
    }

    #[test]
    fn text_cannot_pass_for_structure() {
        let different = [
            r#"{"a":["b","c"]}"#,
            r#"{"a":["b"],"c":[]}"#,
            r#"{"a":["b",["c"]]}"#,
            r#"{"a":"b"}"#,
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":-1}"#,
            r#"{"a":1.5}"#,
            r#"{"a":null}"#,
            r#"{"a":true}"#,
            r#"{"a":false}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":""}"#,
            "{}",
            r#"{"a":{"b":1}}"#,
        ];
        for (at, one) in different.iter().enumerate() {
            for other in &different[..at] {
                assert_ne!(content(one), content(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn spelling_does_not_count_and_neither_does_what_a_list_leaves_out() {
        let (wide, narrow) = ("{ \"a\" : [1, \"\\u0062\"] }", "{\"a\":[1,\"b\"]}");
        assert_eq!(content(wide), content(narrow));
        let alone =
            r#"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"},"data":{"b":"c"}}"#;
        let item = r#"{"metadata":{"name":"a"},"data":{"b":"c"}}"#;
        let list = format!(r#"{{"metadata":{{"continue":"next"}},"items":[{item},{item}]}}"#);
        let mut told = Vec::new();
        let next = Answer::from(list).glances(&mut |it| told.push(it.content.clone())).unwrap();
        assert_eq!((next.as_str(), told), ("next", vec![content(alone), content(alone)]));
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", "{}x", "{\"a\":}", "[1,]", "nul", "\"\\ud800\""] {
            assert!(Answer::from(text.to_owned()).glance().is_err(), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(Answer::from(deep).glance().is_err(), "it must not exhaust the stack");
        assert!(Answer::new(Bytes::from_static(b"\"\xff\"")).glance().is_err());
    }

    #[test]
    fn a_list_that_go_never_made_is_empty() {
        let list = Answer::from(r#"{"metadata":{},"items":null}"#.to_owned());
        let next = list.glances(&mut |_| unreachable!("there is none")).unwrap();
        assert_eq!(next, "");
    }
}
