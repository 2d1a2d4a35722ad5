//! One object at rest: its bytes, and the few facts the server asks it for.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::kind::Kind;

/// An object as stored: JSON without `apiVersion` and `kind`, which depend on who asks.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Starts with `{"metadata":` or another member; never `{}`.
    body: Bytes,
    pub(crate) uid: Box<str>,
    pub(crate) version: u64,
    pub(crate) labels: Box<[(Box<str>, Box<str>)]>,
    /// Values of [`Kind::fields`], in that order.
    fields: Box<[Box<str>]>,
    /// Uids in `metadata.ownerReferences`.
    pub(crate) owners: Box<[Box<str>]>,
    pub(crate) deleting: bool,
    key: Arc<str>,
    /// Length of `<namespace>/` in the key; 0 for cluster-scoped objects.
    name_at: usize,
}

impl Stored {
    /// Encodes `object`, whose `metadata` is complete but for the version.
    pub(crate) fn encode(kind: &Kind, mut object: Value, version: u64) -> Self {
        object["metadata"]["resourceVersion"] = version.to_string().into();
        if let Some(foreign) = kind.foreign {
            foreign.stored(&mut object);
        }
        if let Some(map) = object.as_object_mut() {
            map.remove("apiVersion");
            map.remove("kind");
        }
        let meta = &object["metadata"];
        let namespace = meta["namespace"].as_str().filter(|_| kind.namespaced());
        let name = meta["name"].as_str().unwrap_or_default();
        let owners = meta["ownerReferences"].as_array().into_iter().flatten();
        Self {
            uid: text(&meta["uid"]).into(),
            version,
            labels: pairs(&meta["labels"]),
            fields: kind.fields.iter().map(|path| selectable(&object, path)).collect(),
            owners: owners.map(|owner| text(&owner["uid"]).into()).collect(),
            deleting: meta["deletionTimestamp"].is_string(),
            key: key(namespace, name).into(),
            name_at: namespace.map_or(0, |n| n.len() + 1),
            // As long as it is: the text grew by doubling, and rests for long.
            body: Bytes::from(object.to_string().into_boxed_str().into_boxed_bytes()),
        }
    }

    pub(crate) fn key(&self) -> &Arc<str> {
        &self.key
    }

    pub(crate) fn name(&self) -> &str {
        &self.key[self.name_at..]
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.key[..self.name_at].strip_suffix('/')
    }

    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }

    /// The value of a selectable field; absent is empty, as upstream has it.
    pub(crate) fn field<'a>(&'a self, kind: &Kind, path: &str) -> Option<&'a str> {
        match path {
            "metadata.name" => Some(self.name()),
            "metadata.namespace" => Some(self.namespace().unwrap_or_default()),
            _ => kind.fields.iter().position(|p| &**p == path).map(|at| &*self.fields[at]),
        }
    }

    /// The whole object, to be changed.
    pub(crate) fn value(&self, kind: &Kind) -> Value {
        let mut object: Map<String, Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        object.insert("apiVersion".to_owned(), kind.api_version().into());
        object.insert("kind".to_owned(), (&*kind.kind).into());
        let mut object = Value::Object(object);
        if let Some(foreign) = kind.foreign {
            foreign.shown(&mut object);
        }
        object
    }

    /// The members after the opening brace, closing brace included.
    pub(crate) fn tail(&self) -> Bytes {
        self.body.slice(1..)
    }

    /// The object without `apiVersion` and `kind`: an item in a list of a built-in kind.
    pub(crate) fn bare(&self) -> Bytes {
        self.body.clone()
    }
}

/// `{"kind":"Pod","apiVersion":"v1",`: what goes before [`Stored::tail`].
pub(crate) fn head(kind: &str, api_version: &str) -> Bytes {
    let (kind, api_version) = (Value::from(kind), Value::from(api_version));
    Bytes::from(format!("{{\"kind\":{kind},\"apiVersion\":{api_version},"))
}

/// Sorts as etcd does: by the bytes of `<namespace>/<name>`.
pub(crate) fn key(namespace: Option<&str>, name: &str) -> String {
    match namespace {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pairs(map: &Value) -> Box<[(Box<str>, Box<str>)]> {
    let entries = map.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.as_str().into(), text(value).into())).collect()
}

/// What a field selector compares: text as it is, an absent count as 0, an absent switch as `false`.
fn selectable(object: &Value, path: &str) -> Box<str> {
    let found = path.split('.').try_fold(object, |at, step| at.get(step));
    match (found, path) {
        (Some(Value::String(text)), _) => text.as_str().into(),
        (Some(Value::Object(source)), "source") => {
            text(source.get("component").unwrap_or(&Value::Null)).into()
        }
        (Some(other), _) if !other.is_null() => other.to_string().into(),
        (_, "spec.hostNetwork" | "spec.unschedulable") => "false".into(),
        (_, "status.replicas" | "status.successful") => "0".into(),
        _ => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    #[test]
    fn an_object_comes_back_as_it_went_in() {
        let kind = Registry::built_in().find("", "v1", "pods").unwrap();
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "a", "namespace": "n", "uid": "u", "labels": { "x": "y" } },
            "spec": { "nodeName": "node-1" },
        });
        let stored = Stored::encode(&kind, pod.clone(), 7);
        assert_eq!((stored.namespace(), stored.name(), stored.version), (Some("n"), "a", 7));
        assert_eq!(stored.label("x"), Some("y"));
        assert_eq!(stored.field(&kind, "spec.nodeName"), Some("node-1"));
        assert_eq!(stored.field(&kind, "spec.hostNetwork"), Some("false"));
        assert_eq!(stored.field(&kind, "spec.unknown"), None);
        let mut back = pod;
        back["metadata"]["resourceVersion"] = "7".into();
        assert_eq!(stored.value(&kind), back);
    }
}
