//! The `scale` subresource: one view on every kind that has replicas.

use serde_json::{Map, Value, json};

use crate::decode;
use crate::failure::{Cause, Failure};
use crate::kind::Kind;
use crate::machine::{Document, Machine};
use crate::meta;
use crate::route::Target;
use crate::write::Edit;

/// Where a custom kind keeps what a `Scale` shows: JSON paths without arrays, as pointers.
#[derive(Debug)]
pub(crate) struct ScalePaths {
    wanted: String,
    found: String,
    selector: Option<String>,
}

impl ScalePaths {
    /// A definition's `subresources.scale`.
    pub(crate) fn of(scale: &Value) -> Option<Self> {
        let pointer = |field: &str| scale[field].as_str().map(|path| path.replace('.', "/"));
        Some(Self {
            wanted: pointer("specReplicasPath")?,
            found: pointer("statusReplicasPath")?,
            selector: pointer("labelSelectorPath"),
        })
    }
}

/// The `Scale` of `object`.
pub(crate) fn of(kind: &Kind, object: &Value) -> Result<Value, Failure> {
    let meta = &object["metadata"];
    let mut metadata = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = meta.get(field) {
            metadata[field] = value.clone();
        }
    }
    let at = |pointer: &str| object.pointer(pointer);
    let paths = kind.custom.as_ref().and_then(|custom| custom.scale.as_ref());
    let (wanted, found, selector) = match paths {
        None => (at("/spec/replicas"), at("/status/replicas"), selector(kind, object)),
        Some(paths) => {
            let wanted = at(&paths.wanted);
            if wanted.is_none() {
                // Upstream does not type this refusal.
                let path = paths.wanted.replace('/', ".");
                return Err(Failure::internal(format!(
                    "the spec replicas field {path:?} does not exist"
                )));
            }
            let selector = paths.selector.as_deref().and_then(at).and_then(Value::as_str);
            let selector = selector.filter(|text| !text.is_empty()).map(str::to_owned);
            (wanted, at(&paths.found), selector)
        }
    };
    let number = |value: Option<&Value>| value.and_then(Value::as_i64).unwrap_or_default();
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {},
        "status": { "replicas": number(found) },
    });
    if number(wanted) != 0 {
        scale["spec"]["replicas"] = number(wanted).into();
    }
    if let Some(selector) = selector {
        scale["status"]["selector"] = selector.into();
    }
    Ok(scale)
}

/// Reads the wish out of a `Scale`, once it is seen to be one for this object.
fn wanted(scale: &Value) -> Result<i64, Failure> {
    let text = |field: &str| scale[field].as_str().unwrap_or_default();
    let fits = matches!((text("kind"), text("apiVersion")), ("Scale" | "", "autoscaling/v1" | ""));
    if !fits {
        let why = format!("expected input object type to be Scale, but was {}", text("kind"));
        return Err(Failure::bad_request(why));
    }
    let replicas = &scale["spec"]["replicas"];
    let Some(count) = replicas.as_i64().or_else(|| replicas.is_null().then_some(0)) else {
        return Err(Failure::bad_request(
            "json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32",
        ));
    };
    if count < 0 {
        let cause = Cause::invalid("spec.replicas", replicas, "must be greater than or equal to 0");
        let name = scale["metadata"]["name"].as_str().unwrap_or_default();
        return Err(Failure::invalid_kind("autoscaling", "Scale", name, vec![cause]));
    }
    Ok(count)
}

impl Machine {
    /// PUT or a patch on `scale`: changes the replicas and nothing else.
    pub(crate) fn write_scale(
        &mut self,
        edit: &Edit,
        target: &Target,
        change: impl FnOnce(Value) -> Result<Value, Failure>,
    ) -> Result<Document, Failure> {
        let kind = &*edit.kind;
        let old = self.find(target)?;
        let mut object = old.value(kind);
        let scale = change(of(kind, &object)?)?;
        decode::check_identity(target, &scale)?;
        let paths = kind.custom.as_ref().and_then(|custom| custom.scale.as_ref());
        let pointer = paths.map_or("/spec/replicas", |paths| &paths.wanted);
        put(&mut object, pointer, wanted(&scale)?.into());
        for field in ["uid", "resourceVersion"] {
            meta::copy(&scale, &mut object, field);
        }
        let outcome = self.replace(edit, &old, object)?;
        self.settle();
        Ok(Document::new(200, &of(kind, &outcome.value(kind))?))
    }
}

/// Sets what a pointer leads to, and makes the maps on the way.
fn put(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for step in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[step];
    }
    *at = value;
}

/// The selector as text, sorted by key.
fn selector(kind: &Kind, object: &Value) -> Option<String> {
    let selector = &object["spec"]["selector"];
    let labels =
        if kind.is("", "ReplicationController") { selector } else { &selector["matchLabels"] };
    let mut terms: Vec<String> = labels
        .as_object()?
        .iter()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    terms.sort();
    Some(terms.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_definition_become_pointers() {
        let scale = json!({ "specReplicasPath": ".spec.a.n", "statusReplicasPath": ".status.n" });
        let paths = ScalePaths::of(&scale).unwrap();
        assert_eq!((&*paths.wanted, &*paths.found), ("/spec/a/n", "/status/n"));
        assert!(ScalePaths::of(&json!({ "specReplicasPath": ".spec.n" })).is_none());
        let mut object = json!({ "spec": null });
        put(&mut object, "/spec/a/n", 3.into());
        assert_eq!(object, json!({ "spec": { "a": { "n": 3 } } }));
    }
}
