//! The `scale` subresource: one view on every kind that has replicas.

use serde_json::{Value, json};

use crate::decode;
use crate::failure::{Cause, Failure};
use crate::kind::Kind;
use crate::machine::{Document, Machine};
use crate::meta;
use crate::route::Target;
use crate::write::Edit;

/// The `Scale` of `object`.
pub(crate) fn of(kind: &Kind, object: &Value) -> Value {
    let meta = &object["metadata"];
    let mut metadata = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = meta.get(field) {
            metadata[field] = value.clone();
        }
    }
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {},
        "status": { "replicas": object["status"]["replicas"].as_i64().unwrap_or_default() },
    });
    if let Some(replicas) = object["spec"]["replicas"].as_i64().filter(|n| *n != 0) {
        scale["spec"]["replicas"] = replicas.into();
    }
    if let Some(selector) = selector(kind, object) {
        scale["status"]["selector"] = selector.into();
    }
    scale
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
        return Err(Failure::invalid_scale(name, vec![cause]));
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
        let scale = change(of(kind, &object))?;
        decode::check_identity(target, &scale)?;
        object["spec"]["replicas"] = wanted(&scale)?.into();
        for field in ["uid", "resourceVersion"] {
            meta::copy(&scale, &mut object, field);
        }
        let outcome = self.replace(edit, &old, object)?;
        self.settle();
        Ok(Document::new(200, &of(kind, &outcome.value(kind))))
    }
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
