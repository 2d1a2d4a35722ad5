//! Defaults, first statuses, demands and immutable fields of the kinds that run or reach something.

use serde_json::{Value, json};

use super::pod::{self, fill, items};
use crate::failure::Cause;
use crate::kind::Kind;

pub(super) fn default(kind: &Kind, object: &mut Value) {
    let Some(spec) = object.get_mut("spec").filter(|spec| spec.is_object()) else {
        if kind.is("rbac.authorization.k8s.io", "RoleBinding")
            || kind.is("rbac.authorization.k8s.io", "ClusterRoleBinding")
        {
            default_binding(object);
        }
        return;
    };
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => {
            pod::default(spec);
            fill(spec, "enableServiceLinks", true);
        }
        ("", "Service") => default_service(spec),
        ("", "PersistentVolumeClaim") => fill(spec, "volumeMode", "Filesystem"),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => {
            fill(spec, "replicas", 1);
            template(spec);
        }
        ("apps", "Deployment") => default_deployment(spec),
        ("apps", "DaemonSet") => default_daemon_set(spec),
        ("apps", "StatefulSet") => default_stateful_set(spec),
        ("batch", "CronJob") => default_cron_job(spec),
        ("networking.k8s.io", "NetworkPolicy") => default_network_policy(spec),
        _ => {}
    }
}

fn template(spec: &mut Value) {
    if let Some(spec) = spec.pointer_mut("/template/spec") {
        pod::default(spec);
    }
}

fn default_deployment(spec: &mut Value) {
    fill(spec, "replicas", 1);
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "progressDeadlineSeconds", 600);
    fill(spec, "strategy", json!({}));
    let strategy = &mut spec["strategy"];
    fill(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        fill(strategy, "rollingUpdate", json!({}));
        fill(&mut strategy["rollingUpdate"], "maxSurge", "25%");
        fill(&mut strategy["rollingUpdate"], "maxUnavailable", "25%");
    }
    template(spec);
}

fn default_daemon_set(spec: &mut Value) {
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "updateStrategy", json!({}));
    let strategy = &mut spec["updateStrategy"];
    fill(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        fill(strategy, "rollingUpdate", json!({}));
        fill(&mut strategy["rollingUpdate"], "maxSurge", 0);
        fill(&mut strategy["rollingUpdate"], "maxUnavailable", 1);
    }
    template(spec);
}

fn default_stateful_set(spec: &mut Value) {
    fill(spec, "replicas", 1);
    fill(spec, "revisionHistoryLimit", 10);
    fill(spec, "podManagementPolicy", "OrderedReady");
    fill(spec, "serviceName", "");
    fill(spec, "persistentVolumeClaimRetentionPolicy", json!({}));
    for when in ["whenDeleted", "whenScaled"] {
        fill(&mut spec["persistentVolumeClaimRetentionPolicy"], when, "Retain");
    }
    fill(spec, "updateStrategy", json!({}));
    let strategy = &mut spec["updateStrategy"];
    fill(strategy, "type", "RollingUpdate");
    if strategy["type"] == "RollingUpdate" {
        fill(strategy, "rollingUpdate", json!({}));
        fill(&mut strategy["rollingUpdate"], "partition", 0);
        fill(&mut strategy["rollingUpdate"], "maxUnavailable", 1);
    }
    for claim in items(spec, "volumeClaimTemplates") {
        fill(claim, "apiVersion", "v1");
        fill(claim, "kind", "PersistentVolumeClaim");
        fill(claim, "status", json!({ "phase": "Pending" }));
        claim.get_mut("spec").into_iter().for_each(|spec| fill(spec, "volumeMode", "Filesystem"));
    }
    template(spec);
}

fn default_cron_job(spec: &mut Value) {
    fill(spec, "concurrencyPolicy", "Allow");
    fill(spec, "suspend", false);
    fill(spec, "successfulJobsHistoryLimit", 3);
    fill(spec, "failedJobsHistoryLimit", 1);
    if let Some(spec) = spec.pointer_mut("/jobTemplate/spec") {
        template(spec);
    }
}

fn default_service(spec: &mut Value) {
    fill(spec, "type", "ClusterIP");
    fill(spec, "sessionAffinity", "None");
    if spec["type"] != "ExternalName" {
        fill(spec, "internalTrafficPolicy", "Cluster");
    }
    if matches!(spec["type"].as_str(), Some("NodePort" | "LoadBalancer")) {
        fill(spec, "externalTrafficPolicy", "Cluster");
    }
    for port in items(spec, "ports") {
        fill(port, "protocol", "TCP");
        if matches!(&port["targetPort"], Value::Null | Value::Number(_) if port["targetPort"].as_i64().unwrap_or_default() == 0)
            || port["targetPort"] == ""
        {
            port["targetPort"] = port["port"].clone();
        }
    }
}

fn default_network_policy(spec: &mut Value) {
    for rule in ["ingress", "egress"] {
        for rule in items(spec, rule) {
            items(rule, "ports").for_each(|port| fill(port, "protocol", "TCP"));
        }
    }
    let egress = spec["egress"].as_array().is_some_and(|rules| !rules.is_empty());
    fill(
        spec,
        "policyTypes",
        if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) },
    );
}

fn default_binding(binding: &mut Value) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    binding.get_mut("roleRef").into_iter().for_each(|role| fill(role, "apiGroup", GROUP));
    for subject in
        items(binding, "subjects").filter(|s| matches!(s["kind"].as_str(), Some("User" | "Group")))
    {
        fill(subject, "apiGroup", GROUP);
    }
}

/// The status of an object nobody has acted on.
pub(super) fn first_status(kind: &Kind) -> Value {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod" | "PersistentVolumeClaim") => json!({ "phase": "Pending" }),
        ("", "Service") | ("networking.k8s.io", "Ingress") => json!({ "loadBalancer": {} }),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => json!({ "replicas": 0 }),
        ("apps", "StatefulSet") => json!({ "replicas": 0, "availableReplicas": 0 }),
        ("apps", "DaemonSet") => json!({
            "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
        }),
        _ => json!({}),
    }
}

/// What upstream demands of what runs pods.
pub(super) fn causes(kind: &Kind, object: &Value) -> Vec<Cause> {
    match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => {
            let mut causes = selector_causes(&object["spec"]);
            causes.extend(pod_causes(&object["spec"]["template"]["spec"], "spec.template.spec"));
            causes
        }
        ("batch", "Job") => pod_causes(&object["spec"]["template"]["spec"], "spec.template.spec"),
        ("", "Pod") => pod_causes(&object["spec"], "spec"),
        _ => Vec::new(),
    }
}

fn selector_causes(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let selector = &spec["selector"];
    if selector.is_null() {
        causes.push(Cause::required("spec.selector", ""));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let wanted = selector["matchLabels"].as_object();
    let matches = !selector.is_null()
        && wanted.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    if !matches {
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, why));
    }
    causes
}

fn pod_causes(spec: &Value, path: &str) -> Vec<Cause> {
    let containers = spec["containers"].as_array().map_or(&[][..], Vec::as_slice);
    if containers.is_empty() {
        return vec![Cause::required(format!("{path}.containers"), "")];
    }
    let mut causes = Vec::new();
    for (at, container) in containers.iter().enumerate() {
        for field in ["name", "image"] {
            if container[field].as_str().unwrap_or_default().is_empty() {
                causes.push(Cause::required(format!("{path}.containers[{at}].{field}"), ""));
            }
        }
    }
    causes
}

/// What of an object stays as it was created.
pub(super) fn update_causes(kind: &Kind, before: &Value, new: &Value) -> Vec<Cause> {
    let (path, why) = match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => {
            ("spec.selector", "field is immutable")
        }
        ("batch", "Job") => ("spec.template", "field is immutable"),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
            ("roleRef", "cannot change roleRef")
        }
        _ => return Vec::new(),
    };
    let pointer = format!("/{}", path.replace('.', "/"));
    let part = |object: &Value| object.pointer(&pointer).cloned().unwrap_or_default();
    let changed = part(before) != part(new);
    changed.then(|| Cause::invalid(path, &part(new), why)).into_iter().collect()
}
