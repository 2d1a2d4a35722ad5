//! Budgets, autoscalers, roles, priorities, webhooks: rules that look at more than one field.

use serde_json::Value;

use crate::failure::{Cause, go_quoted};
use crate::kind::Kind;
use crate::structs;

pub(super) fn causes(kind: &Kind, object: &Value) -> Vec<Cause> {
    let spec = &object["spec"];
    match (&*kind.group, &*kind.kind) {
        ("policy", "PodDisruptionBudget") => budget_causes(spec),
        ("autoscaling", _) => autoscaler_causes(spec),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => role_causes(kind, object),
        ("scheduling.k8s.io", "PriorityClass") => priority_causes(object).into_iter().collect(),
        ("admissionregistration.k8s.io", name) if name.ends_with("Configuration") => {
            webhook_causes(object)
        }
        ("", "Endpoints") => endpoint_causes(object),
        _ => Vec::new(),
    }
}

fn empty(value: &Value) -> bool {
    value.as_array().is_none_or(Vec::is_empty)
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

fn budget_causes(spec: &Value) -> Vec<Cause> {
    let (least, most) = (&spec["minAvailable"], &spec["maxUnavailable"]);
    if !least.is_null() && !most.is_null() {
        // Upstream shows its own struct.
        let shown = format!(
            "{{\"MinAvailable\":{least},\"Selector\":{},\"MaxUnavailable\":{most},\"UnhealthyPodEvictionPolicy\":{}}}",
            spec["selector"], spec["unhealthyPodEvictionPolicy"]
        );
        return vec![Cause::invalid_text(
            "spec",
            &shown,
            "minAvailable and maxUnavailable cannot be both set",
        )];
    }
    let mut causes = Vec::new();
    for (field, value) in [("spec.minAvailable", least), ("spec.maxUnavailable", most)] {
        causes.extend(share_cause(field, value));
    }
    causes
}

/// A number of pods, or a share of them.
fn share_cause(field: &str, value: &Value) -> Option<Cause> {
    if value.as_i64().is_some_and(|number| number < 0) {
        return Some(Cause::invalid(field, value, "must be greater than or equal to 0"));
    }
    let text = value.as_str()?;
    let digits = text.strip_suffix('%').unwrap_or_default();
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let why = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    (!fits).then(|| Cause::invalid(field, value, why))
}

fn autoscaler_causes(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let target = &spec["scaleTargetRef"];
    for field in ["kind", "name"] {
        if text(target, field).is_empty() {
            causes.push(Cause::required(format!("spec.scaleTargetRef.{field}"), ""));
        }
    }
    if text(target, "apiVersion").is_empty() {
        let why = "apiVersion must specify API group";
        causes.push(Cause::invalid("spec.scaleTargetRef.apiVersion", &"".into(), why));
    }
    let most = spec["maxReplicas"].as_i64().unwrap_or_default();
    if most < spec["minReplicas"].as_i64().unwrap_or(1) {
        let why = "must be greater than or equal to `minReplicas`";
        causes.push(Cause::invalid("spec.maxReplicas", &most.into(), why));
    }
    if most < 1 {
        causes.push(Cause::required("spec.maxReplicas", ""));
    }
    causes
}

fn role_causes(kind: &Kind, role: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (at, rule) in role["rules"].as_array().into_iter().flatten().enumerate() {
        let at = |field: &str| format!("rules[{at}].{field}");
        if empty(&rule["verbs"]) {
            causes.push(Cause::required(at("verbs"), ""));
        }
        if !empty(&rule["nonResourceURLs"]) {
            if &*kind.kind == "Role" {
                let why = "namespaced rules cannot apply to non-resource URLs";
                causes.push(Cause::invalid(at("nonResourceURLs"), &rule["nonResourceURLs"], why));
            }
            continue;
        }
        for (field, what) in [("apiGroups", "api group"), ("resources", "resource")] {
            if empty(&rule[field]) {
                let why = format!("resource rules must supply at least one {what}");
                causes.push(Cause::required(at(field), &why));
            }
        }
    }
    causes
}

fn priority_causes(class: &Value) -> Option<Cause> {
    const LIMIT: i64 = 1_000_000_000;
    let high = class["value"].as_i64().unwrap_or_default() > LIMIT;
    let system = class["metadata"]["name"].as_str().unwrap_or_default().starts_with("system-");
    let why = format!("maximum allowed value of a user defined priority is {LIMIT}");
    (high && !system).then(|| Cause::forbidden("value", &why))
}

fn webhook_causes(configuration: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (at, hook) in configuration["webhooks"].as_array().into_iter().flatten().enumerate() {
        let at = |field: &str| format!("webhooks[{at}].{field}");
        if text(hook, "name").split('.').filter(|part| !part.is_empty()).count() < 3 {
            let why = "should be a domain with at least three segments separated by dots";
            causes.push(Cause::invalid(at("name"), &hook["name"], why));
        }
        if hook["sideEffects"].is_null() {
            causes
                .push(Cause::required(at("sideEffects"), "must specify one of None, NoneOnDryRun"));
        }
        if empty(&hook["admissionReviewVersions"]) {
            let why = "must specify one of v1, v1beta1";
            causes.push(Cause::required(at("admissionReviewVersions"), why));
        }
        let client = &hook["clientConfig"];
        if client["url"].is_null() == client["service"].is_null() {
            let why = "exactly one of url or service is required";
            causes.push(Cause::required(at("clientConfig"), why));
        }
    }
    causes
}

fn endpoint_causes(endpoints: &Value) -> Vec<Cause> {
    let found = super::paths::each(endpoints, "subsets[*].addresses[*].ip");
    let bad = found
        .into_iter()
        .filter(|(_, ip)| ip.as_str().unwrap_or_default().parse::<std::net::IpAddr>().is_err());
    bad.flat_map(|(path, ip)| {
        let long = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        [
            Cause::invalid(path.as_str(), ip, long),
            Cause::invalid(path.as_str(), ip, "must be a valid IP address"),
        ]
    })
    .collect()
}

/// What a container asks for is not more than it may have.
pub(super) fn resource_causes(resources: &Value, path: &str) -> Vec<Cause> {
    let limits = resources["limits"].as_object().into_iter().flatten();
    limits
        .filter_map(|(name, limit)| {
            let asked = &resources["requests"][name];
            let (wanted, limit) = (asked.as_str()?, limit.as_str()?);
            let why = format!("must be less than or equal to {name} limit of {limit}");
            let more = structs::more(wanted, limit);
            more.then(|| Cause::invalid(format!("{path}.requests"), asked, &why))
        })
        .collect()
}

/// Two bounds that cross, in each resource of a limit range.
pub(super) fn limit_range_causes(spec: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (at, limit) in spec["limits"].as_array().into_iter().flatten().enumerate() {
        for (resource, least) in limit["min"].as_object().into_iter().flatten() {
            let least = least.as_str().unwrap_or_default();
            let bound = |field: &str| limit[field][resource].as_str().map(str::to_owned);
            let mut crossed = |field: &str, value: &str, what: &str| {
                if let Some(other) = bound(field).filter(|other| structs::more(least, other)) {
                    let shown = if value.is_empty() { other.clone() } else { value.to_owned() };
                    let place = match field {
                        "max" => "min",
                        field => field,
                    };
                    causes.push(Cause::invalid(
                        format!("spec.limits[{at}].{place}[{resource}]"),
                        &shown.into(),
                        &format!("min value {least} is greater than {what} value {other}"),
                    ));
                }
            };
            crossed("max", least, "max");
            crossed("defaultRequest", "", "default request");
            crossed("default", least, "default");
        }
    }
    causes
}

/// The strategy of a deployment, as upstream shows its own struct.
pub(super) fn strategy_text(strategy: &Value) -> String {
    let of = strategy["type"].as_str().unwrap_or_default();
    format!("{{\"Type\":{},\"RollingUpdate\":{}}}", go_quoted(of), strategy["rollingUpdate"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_budget_has_one_bound() {
        assert!(budget_causes(&json!({ "minAvailable": "50%" })).is_empty());
        assert_eq!(budget_causes(&json!({ "minAvailable": "x%" })).len(), 1);
        assert_eq!(budget_causes(&json!({ "minAvailable": 1, "maxUnavailable": 1 })).len(), 1);
    }

    #[test]
    fn bounds_do_not_cross() {
        let resources = json!({ "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "1500m", "memory": "1000Mi" } });
        assert_eq!(resource_causes(&resources, "r").len(), 1);
        let limits = json!({ "limits": [{ "min": { "cpu": "3" }, "max": { "cpu": "2" }, "default": { "cpu": "2" }, "defaultRequest": { "cpu": "2" } }] });
        assert_eq!(limit_range_causes(&limits).len(), 3);
    }
}
