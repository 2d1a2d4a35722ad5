//! One object at rest: its bytes, and the few facts the server asks it for.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::custom::Version;
use crate::kind::Kind;
use crate::owning;

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
    /// For a custom kind the version the object rests in, as it was then.
    rests_in: Option<Arc<Version>>,
    /// Whether that version, as it was, shows no more than what rests.
    complete: bool,
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
        let rest = kind.custom.as_ref().map(|custom| custom.rest(&mut object));
        let (rests_in, complete) = rest.map_or((None, true), |(version, it)| (Some(version), it));
        let fields = rests_in.as_ref().map_or(&*kind.fields, |version| version.fields());
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
            fields: fields.iter().map(|path| selectable(&object, path)).collect(),
            rests_in,
            complete,
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
    pub(crate) fn field(&self, kind: &Kind, path: &str) -> Option<Cow<'_, str>> {
        match path {
            "metadata.name" => return Some(self.name().into()),
            "metadata.namespace" => return Some(self.namespace().unwrap_or_default().into()),
            _ if !kind.fields.iter().any(|known| &**known == path) => return None,
            _ => {}
        }
        // What was noted is what the version it rests in shows.
        let noted = self.rests_in.as_ref().map_or(&*kind.fields, |version| version.fields());
        let noted = noted.iter().position(|noted| &**noted == path);
        match noted.and_then(|at| self.fields.get(at)).filter(|_| self.rests_as_shown(kind)) {
            Some(value) => Some((&**value).into()),
            None => Some(selectable(&self.shown(kind), path).into_string().into()),
        }
    }

    /// The whole object as `kind` shows it, to be changed.
    pub(crate) fn value(&self, kind: &Kind) -> Value {
        let mut object = self.shown(kind);
        object["apiVersion"] = kind.api_version().into();
        object["kind"] = (&*kind.kind).into();
        object
    }

    /// As `kind` shows it, without `apiVersion` and `kind`: an item in a list of a built-in kind.
    pub(crate) fn bare(&self, kind: &Kind) -> Bytes {
        match kind.foreign.is_none() && self.rests_as_shown(kind) {
            true => self.body.clone(),
            false => Bytes::from(self.shown(kind).to_string()),
        }
    }

    /// What rests, to be searched.
    pub(crate) fn text(&self) -> &[u8] {
        &self.body
    }

    /// What rests: in no version's words but the stored one's.
    pub(crate) fn resting(&self) -> Value {
        let object: Map<String, Value> = serde_json::from_slice(&self.body).unwrap_or_default();
        Value::Object(object)
    }

    fn shown(&self, kind: &Kind) -> Value {
        let mut object = self.resting();
        if let Some(foreign) = kind.foreign {
            foreign.shown(&mut object);
        }
        if let (Some(custom), Some(version)) = (&kind.custom, &self.rests_in)
            && !self.rests_as_shown(kind)
        {
            custom.show(version, &mut object);
        }
        object
    }

    /// Whether a kind that has no words of its own shows what rests, as it is.
    fn rests_as_shown(&self, kind: &Kind) -> bool {
        match (&kind.custom, &self.rests_in) {
            (Some(custom), Some(version)) => self.complete && custom.rests_as_shown(version),
            _ => true,
        }
    }

    /// Whether `object`, which `kind` shows, would rest otherwise than this: after a definition or
    /// the stored version changed, or when another version knows more.
    pub(crate) fn would_change(&self, kind: &Kind, object: &Value) -> bool {
        let (Some(custom), Some(version)) = (&kind.custom, &self.rests_in) else { return false };
        if custom.stores(version) && self.rests_as_shown(kind) {
            return false;
        }
        let new = Self::encode(kind, object.clone(), self.version);
        let moved = new.rests_in.as_ref().is_none_or(|rests| rests.name != version.name);
        moved || !owning::same(&self.resting(), &new.resting())
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
        assert_eq!(stored.field(&kind, "spec.nodeName").as_deref(), Some("node-1"));
        assert_eq!(stored.field(&kind, "spec.hostNetwork").as_deref(), Some("false"));
        assert_eq!(stored.field(&kind, "spec.unknown"), None);
        let mut back = pod;
        back["metadata"]["resourceVersion"] = "7".into();
        assert_eq!(stored.value(&kind), back);
    }
}
