//! Defaults, first statuses, demands and immutable fields of the kinds that run or reach something.

use serde_json::{Value, json};

use super::pod::{self, fill, items};
use super::{batch, ingress, pod_rules, policy, service, storage};
use crate::failure::Cause;
use crate::kind::Kind;

pub(super) fn default(kind: &Kind, object: &mut Value) {
    let Some(spec) = object.get_mut("spec").filter(|spec| spec.is_object()) else {
        if kind.is("rbac.authorization.k8s.io", "RoleBinding")
            || kind.is("rbac.authorization.k8s.io", "ClusterRoleBinding")
        {
            default_binding(object);
        }
        if kind.is("", "PodTemplate")
            && let Some(spec) = object.pointer_mut("/template/spec")
        {
            pod::default(spec);
        }
        return;
    };
    match (&*kind.group, &*kind.kind) {
        ("", "Pod") => {
            pod::default(spec);
            fill(spec, "enableServiceLinks", true);
        }
        ("", "Service") => service::default(spec),
        ("", "LimitRange") => default_limit_range(spec),
        ("autoscaling", "HorizontalPodAutoscaler") if &*kind.version == "v2" => {
            default_autoscaler(spec);
        }
        ("batch", "Job") => {
            batch::default(spec);
            template(spec);
        }
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
        fill(claim, "status", json!({}));
        fill(&mut claim["status"], "phase", "Pending");
        claim.get_mut("spec").into_iter().for_each(|spec| fill(spec, "volumeMode", "Filesystem"));
    }
    template(spec);
}

fn default_cron_job(spec: &mut Value) {
    if let Some(spec) = spec.pointer_mut("/jobTemplate/spec") {
        template(spec);
    }
}

/// Two bounds on a container: what is not asked for is what is the most.
fn default_limit_range(spec: &mut Value) {
    for limit in items(spec, "limits").filter(|limit| limit["type"] == "Container") {
        for (missing, from) in
            [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")]
        {
            let Some(from) = limit[from].as_object().cloned() else { continue };
            fill(limit, missing, json!({}));
            for (resource, amount) in from {
                fill(&mut limit[missing], &resource, amount);
            }
        }
    }
}

/// Without metrics an autoscaler looks at the processor.
fn default_autoscaler(spec: &mut Value) {
    let target = json!({ "type": "Utilization", "averageUtilization": 80 });
    let cpu = json!([{ "type": "Resource", "resource": { "name": "cpu", "target": target } }]);
    fill(spec, "metrics", cpu);
    if spec["behavior"].is_object() {
        default_behavior(&mut spec["behavior"]);
    }
}

fn default_behavior(behavior: &mut Value) {
    let all = json!({ "type": "Percent", "value": 100, "periodSeconds": 15 });
    let four = json!({ "type": "Pods", "value": 4, "periodSeconds": 15 });
    for (way, policies) in [("scaleUp", json!([four, all])), ("scaleDown", json!([all]))] {
        fill(behavior, way, json!({}));
        fill(&mut behavior[way], "selectPolicy", "Max");
        fill(&mut behavior[way], "policies", policies);
    }
    fill(&mut behavior["scaleUp"], "stabilizationWindowSeconds", 0);
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
    for subject in
        items(binding, "subjects").filter(|s| matches!(s["kind"].as_str(), Some("User" | "Group")))
    {
        fill(subject, "apiGroup", GROUP);
    }
}

/// The status of an object nobody has acted on.
pub(super) fn first_status(kind: &Kind) -> Value {
    match (&*kind.group, &*kind.kind) {
        ("", "Pod" | "PersistentVolume" | "PersistentVolumeClaim") => json!({ "phase": "Pending" }),
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
    let spec = &object["spec"];
    let template = |path: &str| pod_rules::causes(&spec["template"]["spec"], path);
    match (&*kind.group, &*kind.kind) {
        ("apps", "Deployment" | "ReplicaSet" | "DaemonSet" | "StatefulSet") => {
            let mut causes = selector_causes(spec);
            causes.extend(template("spec.template.spec"));
            causes.extend(always_restarting(spec));
            causes.extend(strategy_causes(&kind.kind, spec));
            causes
        }
        ("", "ReplicationController") => template("spec.template.spec"),
        ("batch", "Job") => {
            let mut causes = template("spec.template.spec");
            causes.extend(batch::causes(&kind.kind, spec));
            causes
        }
        ("batch", "CronJob") => {
            let pod = &spec["jobTemplate"]["spec"]["template"]["spec"];
            let mut causes = pod_rules::causes(pod, "spec.jobTemplate.spec.template.spec");
            causes.extend(batch::causes(&kind.kind, spec));
            causes
        }
        ("", "Pod") => pod_rules::causes(spec, "spec"),
        ("", "Service") => service::causes(spec),
        ("", "PersistentVolumeClaim") => storage::claim_causes(spec),
        ("", "PersistentVolume") => storage::volume_causes(spec),
        ("", "LimitRange") => policy::limit_range_causes(spec),
        ("networking.k8s.io", "Ingress") => ingress::causes(spec),
        ("networking.k8s.io", "IngressClass") => ingress::class_causes(spec).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Controllers that keep pods running take only pods that are started again.
fn always_restarting(spec: &Value) -> Option<Cause> {
    let found = &spec["template"]["spec"]["restartPolicy"];
    let other = matches!(found.as_str(), Some("OnFailure" | "Never"));
    let field = "spec.template.spec.restartPolicy";
    other.then(|| Cause::unsupported(field, found, &["Always"]))
}

fn strategy_causes(kind: &str, spec: &Value) -> Option<Cause> {
    let policy = &spec["podManagementPolicy"];
    if kind == "StatefulSet" {
        let known = matches!(policy.as_str(), None | Some("OrderedReady" | "Parallel"));
        let why = "must be 'OrderedReady' or 'Parallel'";
        return (!known).then(|| Cause::invalid("spec.podManagementPolicy", policy, why));
    }
    let found = &spec["strategy"]["type"];
    if kind == "Deployment" && found == "Recreate" && !spec["strategy"]["rollingUpdate"].is_null() {
        let why = "may not be specified when strategy `type` is 'Recreate'";
        return Some(Cause::forbidden("spec.strategy.rollingUpdate", why));
    }
    let known = matches!(found.as_str(), None | Some("Recreate" | "RollingUpdate"));
    if kind != "Deployment" || known {
        return None;
    }
    let shown = policy::strategy_text(&spec["strategy"]);
    Some(Cause::unsupported_text("spec.strategy", &shown, &["Recreate", "RollingUpdate"]))
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

/// What of an object stays as it was created.
pub(super) fn update_causes(kind: &Kind, before: &Value, new: &Value) -> Vec<Cause> {
    match (&*kind.group, &*kind.kind) {
        ("batch", "Job") if before["spec"]["template"] != new["spec"]["template"] => {
            job_template_cause(&before["spec"]["template"], &new["spec"]["template"])
        }
        ("apps", "StatefulSet") => stateful_set_causes(before, new),
        ("", "Service") => service::update_causes(before, new),
        ("", "PersistentVolumeClaim") => claim_causes(before, new),
        ("", "PersistentVolume") => volume_causes(before, new),
        ("", "Pod") => pod_update_causes(before, new),
        ("scheduling.k8s.io", "PriorityClass") if before["value"] != new["value"] => {
            vec![Cause::forbidden("value", "may not be changed in an update.")]
        }
        _ => Vec::new(),
    }
}

fn job_template_cause(before: &Value, new: &Value) -> Vec<Cause> {
    let (path, value) = match before["metadata"] == new["metadata"] {
        true => ("spec.template.spec", &new["spec"]),
        false => ("spec.template", new),
    };
    vec![Cause::invalid(path, value, "field is immutable")]
}

/// Everything but a few fields of a spec.
fn without(object: &Value, fields: &[&str]) -> Value {
    let mut spec = object["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        fields.iter().for_each(|field| drop(spec.remove(*field)));
    }
    spec
}

fn stateful_set_causes(before: &Value, new: &Value) -> Vec<Cause> {
    const MAY: [&str; 10] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
        // These have rules of their own.
        "podManagementPolicy",
        "serviceName",
        "selector",
    ];
    let why = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
    let fixed = without(before, &MAY) != without(new, &MAY);
    fixed.then(|| Cause::forbidden("spec", why)).into_iter().collect()
}

fn claim_causes(before: &Value, new: &Value) -> Vec<Cause> {
    let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    let bound = before["status"]["phase"] == "Bound";
    let may: &[&str] = if bound { &["resources", "volumeAttributesClassName"] } else { &[] };
    // A claim that waits for a volume is given one.
    let binds = before["spec"]["volumeName"].is_null();
    let (mut old, mut now) = (without(before, may), without(new, may));
    for spec in [&mut old, &mut now].into_iter().filter(|_| binds) {
        spec.as_object_mut().into_iter().for_each(|spec| drop(spec.remove("volumeName")));
    }
    (old != now).then(|| Cause::forbidden("spec", why)).into_iter().collect()
}

fn volume_causes(before: &Value, new: &Value) -> Vec<Cause> {
    const MAY: [&str; 9] = [
        "capacity",
        "accessModes",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "mountOptions",
        "nodeAffinity",
        "volumeAttributesClassName",
        "volumeMode",
    ];
    let why = "spec.persistentvolumesource is immutable after creation";
    let changed = without(before, &MAY) != without(new, &MAY);
    changed.then(|| Cause::forbidden("spec.persistentvolumesource", why)).into_iter().collect()
}

/// Of a pod that is there only the images, the deadline, tolerations and the grace may change.
fn pod_update_causes(before: &Value, new: &Value) -> Vec<Cause> {
    let bare = |object: &Value| {
        let mut spec = without(
            object,
            &[
                "activeDeadlineSeconds",
                "tolerations",
                "terminationGracePeriodSeconds",
                "schedulingGates",
            ],
        );
        for list in ["containers", "initContainers"] {
            items(&mut spec, list).filter_map(Value::as_object_mut).for_each(|container| {
                container.remove("image");
            });
        }
        spec
    };
    let why = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
    let changed = bare(before) != bare(new);
    changed.then(|| Cause::forbidden("spec", why)).into_iter().collect()
}
