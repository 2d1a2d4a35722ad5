//! The same object in the words in which the server will say it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// Rewrites an object as Flux does before it applies it, on the object itself.
///
/// | Kind | What |
/// | --- | --- |
/// | Secret | `stringData` is moved to `data`, so that the server's merge knows whose it is |
/// | Service, workloads | a port of a container or Service without a protocol is `TCP`: it is part of the key |
/// | `CustomResourceDefinition` | a conversion webhook's `caBundle` that is none is left out; the status stays, for who asks whether it is established |
/// | all others but Role and `ClusterRole` | `status` and `metadata.creationTimestamp` are not ours to say |
///
/// Doing it twice changes nothing. Unlike the Go original, which takes the way through its own
/// types, fields that those types do not know stay, and empty ones they would add do not appear.
#[doc(alias = "UnstructuredList")]
pub fn normalize(object: &mut Value) {
    let Some(object) = object.as_object_mut() else { return };
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    match (group, version, kind) {
        ("rbac.authorization.k8s.io", "v1", "Role" | "ClusterRole") => return,
        ("apiextensions.k8s.io", _, kind)
            if kind.eq_ignore_ascii_case("CustomResourceDefinition") =>
        {
            drop_invalid_bundle(object);
            forget_creation(object);
            return;
        }
        ("", "v1", "Secret") => move_string_data(object),
        ("", "v1", "Service") => default_protocols(object.get_mut("spec")),
        ("", "v1", "Pod") => default_container_ports(object, &["spec"]),
        ("apps", "v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
        | ("batch", "v1", "Job") => default_container_ports(object, &["spec", "template", "spec"]),
        ("batch", "v1", "CronJob") => {
            let path = ["spec", "jobTemplate", "spec", "template", "spec"];
            default_container_ports(object, &path);
        }
        _ => {}
    }
    object.remove("status");
    forget_creation(object);
}

fn forget_creation(object: &mut Map<String, Value>) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.remove("creationTimestamp");
    }
}

/// The server's own conversion does not tell managed fields.
/// <https://github.com/kubernetes/kubernetes/issues/108008>
fn move_string_data(secret: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = secret.get("stringData") else { return };
    if !texts.values().all(Value::is_string) {
        return; // the server says what is wrong with it
    }
    let data = secret.get("data").unwrap_or(&Value::Null);
    if !data.is_null() && !data.is_object() {
        return;
    }
    let Some(Value::Object(texts)) = secret.remove("stringData") else { return };
    if texts.is_empty() {
        return;
    }
    let data = secret.entry("data").or_insert(Value::Null);
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    let Some(data) = data.as_object_mut() else { return };
    for (key, text) in texts {
        let encoded = BASE64_STANDARD.encode(text.as_str().unwrap_or_default());
        data.insert(key, encoded.into());
    }
}

/// Containers only, as Flux does: neither those that initialise nor ephemeral ones.
fn default_container_ports(object: &mut Map<String, Value>, path: &[&str]) {
    let Some((first, rest)) = path.split_first() else { return };
    let pod = rest.iter().try_fold(object.get_mut(*first), |at, key| Some(at?.get_mut(*key)));
    let containers = pod.flatten().and_then(|pod| pod.get_mut("containers")?.as_array_mut());
    for container in containers.into_iter().flatten() {
        default_protocols(Some(container));
    }
}

/// `protocol` is a key of these lists; where it is absent old servers merge wrongly.
/// <https://github.com/kubernetes-sigs/structured-merge-diff/issues/130>
fn default_protocols(holder: Option<&mut Value>) {
    let ports = holder.and_then(|holder| holder.get_mut("ports")?.as_array_mut());
    for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
        let protocol = port.entry("protocol").or_insert(Value::Null);
        if protocol.is_null() || protocol.as_str() == Some("") {
            *protocol = "TCP".into();
        }
    }
}

/// A placeholder that a certificate injector replaces; Kubernetes refuses it since 1.31.
fn drop_invalid_bundle(definition: &mut Map<String, Value>) {
    let path = ["conversion", "webhook", "clientConfig"];
    let spec = definition.get_mut("spec");
    let config = path.iter().try_fold(spec, |at, key| Some(at?.get_mut(*key))).flatten();
    let Some(config) = config.and_then(Value::as_object_mut) else { return };
    let Some(bundle) = config.get("caBundle").and_then(Value::as_str) else { return };
    if !bundle.is_empty() && !holds_certificate(bundle) {
        config.remove("caBundle");
    }
}

/// Whether it is base64 of PEM with something in it that begins as a certificate does.
fn holds_certificate(bundle: &str) -> bool {
    let Ok(pem) = BASE64_STANDARD.decode(bundle) else { return false };
    if pem.is_empty() {
        return true;
    }
    let pem = String::from_utf8_lossy(&pem);
    pem.split("-----BEGIN CERTIFICATE-----").skip(1).any(|rest| {
        let body: Option<&str> = rest.split_once("-----END CERTIFICATE-----").map(|(body, _)| body);
        let text: String = body.into_iter().flat_map(str::split_whitespace).collect();
        BASE64_STANDARD.decode(text).is_ok_and(|der| der.first() == Some(&DER_SEQUENCE))
    })
}

const DER_SEQUENCE: u8 = 0x30;

#[cfg(test)]
mod tests;
