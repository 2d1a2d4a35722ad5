//! The defaults of a pod's spec, wherever it stands.

use serde_json::{Value, json};

/// Sets a member where there is none.
pub(super) fn fill(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(map) = object.as_object_mut()
        && map.get(name).is_none_or(|it| it.is_null() || it == "")
    {
        map.insert(name.to_owned(), value.into());
    }
}

/// The items of a list that may not be there.
pub(super) fn items<'a>(object: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

pub(super) fn default(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    fill(spec, "restartPolicy", "Always");
    fill(spec, "terminationGracePeriodSeconds", 30);
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "securityContext", json!({}));
    fill(spec, "schedulerName", "default-scheduler");
    for list in ["containers", "initContainers"] {
        items(spec, list).for_each(container);
    }
    items(spec, "volumes").for_each(volume);
}

fn container(container: &mut Value) {
    let latest = is_latest(container["image"].as_str().unwrap_or_default());
    fill(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    fill(container, "resources", json!({}));
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    items(container, "ports").for_each(|port| fill(port, "protocol", "TCP"));
    for variable in items(container, "env") {
        if let Some(field) = variable.pointer_mut("/valueFrom/fieldRef") {
            fill(field, "apiVersion", "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(probe) {
            default_probe(probe);
        }
    }
    for hook in ["/lifecycle/postStart/httpGet", "/lifecycle/preStop/httpGet"] {
        container.pointer_mut(hook).into_iter().for_each(http_get);
    }
}

/// An image without a tag, or with `latest`; a digest is neither.
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn default_probe(probe: &mut Value) {
    fill(probe, "timeoutSeconds", 1);
    fill(probe, "periodSeconds", 10);
    fill(probe, "successThreshold", 1);
    fill(probe, "failureThreshold", 3);
    probe.get_mut("httpGet").into_iter().for_each(http_get);
    if let Some(grpc) = probe.get_mut("grpc") {
        fill(grpc, "service", "");
    }
}

fn field_version(item: &mut Value) {
    if let Some(field) = item.get_mut("fieldRef") {
        fill(field, "apiVersion", "v1");
    }
}

fn http_get(action: &mut Value) {
    fill(action, "path", "/");
    fill(action, "scheme", "HTTP");
}

/// A pod asks for as much as it may have, where it does not say what it asks for.
pub(super) fn request(spec: &mut Value) {
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            let Some(limits) = container["resources"]["limits"].as_object().cloned() else {
                continue;
            };
            fill(&mut container["resources"], "requests", json!({}));
            for (resource, amount) in limits {
                fill(&mut container["resources"]["requests"], &resource, amount);
            }
        }
    }
}

/// What admission gives a pod: a priority, and patience with its node.
pub(super) fn admit(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    fill(spec, "priority", 0);
    fill(spec, "preemptionPolicy", "PreemptLowerPriority");
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        tolerate(spec, key);
    }
}

fn tolerate(spec: &mut Value, key: &str) {
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    let Some(tolerations) = spec["tolerations"].as_array_mut() else { return };
    let known = |it: &Value| {
        let any = it["key"].is_null() || it["key"] == "" || it["key"] == key;
        any && matches!(it["effect"].as_str(), None | Some("" | "NoExecute"))
    };
    if !tolerations.iter().any(known) {
        tolerations.push(json!({
            "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
        }));
    }
}

/// How sure a pod can be of what it asks for.
pub(super) fn quality(spec: &Value) -> &'static str {
    let containers = || {
        let all = ["containers", "initContainers"].into_iter();
        all.flat_map(|list| spec[list].as_array().into_iter().flatten())
    };
    let amount = |c: &Value, of: &str, name: &str| c["resources"][of].get(name).cloned();
    let measured = ["cpu", "memory"];
    let mut any = false;
    let mut guaranteed = true;
    for container in containers() {
        for name in measured {
            let (limit, request) =
                (amount(container, "limits", name), amount(container, "requests", name));
            any |= limit.is_some() || request.is_some();
            guaranteed &=
                limit.is_some() && request.as_ref().is_none_or(|it| Some(it) == limit.as_ref());
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn volume(volume: &mut Value) {
    if volume.as_object().is_some_and(|it| it.keys().all(|key| key == "name")) {
        volume["emptyDir"] = json!({});
    }
    for source in ["/downwardAPI", "/projected"] {
        let Some(source) = volume.pointer_mut(source) else { continue };
        items(source, "items").for_each(field_version);
        for part in items(source, "sources") {
            if let Some(api) = part.get_mut("downwardAPI") {
                items(api, "items").for_each(field_version);
            }
            if let Some(token) = part.get_mut("serviceAccountToken") {
                fill(token, "expirationSeconds", 3600);
            }
        }
    }
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = volume.get_mut(source) {
            fill(source, "defaultMode", 0o644);
        }
    }
    if let Some(path) = volume.get_mut("hostPath") {
        fill(path, "type", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_a_fixed_tag_are_always_pulled() {
        for latest in ["i", "i:latest", "host:5000/i"] {
            assert!(is_latest(latest), "{latest}");
        }
        for fixed in ["i:1", "host:5000/i:1", "i@sha256:0", "i:latest@sha256:0"] {
            assert!(!is_latest(fixed), "{fixed}");
        }
    }
}
