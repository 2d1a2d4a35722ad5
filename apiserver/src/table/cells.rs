//! The functions that `columns.txt` names: an object in, a cell out.

use jiff::Timestamp;
use serde_json::Value;

use crate::table::text::{access_modes, items, labels, or, selector, text};
use crate::table::{age, events, network, pod};

/// Evaluates `function arguments` on `object`.
pub(super) fn cell(call: &str, object: &Value, now: Timestamp) -> Value {
    let (function, arguments) = call.split_once(' ').unwrap_or((call, ""));
    let (first, second) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let at = |pointer: &str| object.pointer(pointer).unwrap_or(&Value::Null);
    match function {
        "text" => shown(at(first)).unwrap_or_else(|| second.to_owned()).into(),
        "count" => at(first).as_i64().unwrap_or_default().into(),
        "flag" => flag(call, at(first)),
        "ratio" => {
            let number = |pointer| at(pointer).as_i64().unwrap_or_default();
            format!("{}/{}", number(first), number(second)).into()
        }
        "each" => each(at(first), second).into(),
        "labels" => labels(at(first)).into(),
        "selector" => selector(at(first)).into(),
        "selector-or-none" => or(&selector(at(first)), "<none>").into(),
        "entries" => {
            (size(at(first)) + if second.is_empty() { 0 } else { size(at(second)) }).into()
        }
        "since" => match at(first).as_str() {
            Some(time) => age::since(time, now).into(),
            None => or(second, "<unknown>").into(),
        },
        "modes" => access_modes(at(first)).into(),
        "reference" => format!("{}/{}", text(at(first), "kind"), text(at(first), "name")).into(),
        "pod" => pod::cell(first, object, now),
        "event" => events::cell(first, object, now),
        "service" | "ingress" | "balancer" | "endpoints" | "slice" | "parameters" => {
            network::cell(function, first, object).into()
        }
        "job" => job(first, object, now).into(),
        "node" => node(first, object).into(),
        "quota" => quota(first == "limits", object).into(),
        "subjects" => subjects(first, object).into(),
        _ => special(call, object).into(),
    }
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

/// A switch that may be unset: only a cron job's says so.
fn flag(call: &str, value: &Value) -> Value {
    match (call, value.as_bool()) {
        ("flag /spec/suspend", Some(yes)) => if yes { "True" } else { "False" }.into(),
        ("flag /spec/suspend", None) => "<unset>".into(),
        (_, yes) => yes.unwrap_or_default().into(),
    }
}

fn each(list: &Value, field: &str) -> String {
    let of = |item: &Value| match field {
        "." => item.as_str().unwrap_or_default().to_owned(),
        field => text(item, field).to_owned(),
    };
    items(list).iter().map(of).collect::<Vec<_>>().join(",")
}

fn size(value: &Value) -> usize {
    value.as_object().map_or_else(|| items(value).len(), serde_json::Map::len)
}

fn has_condition(object: &Value, of: &str) -> bool {
    let conditions = items(&object["status"]["conditions"]);
    conditions.iter().any(|c| text(c, "type") == of && text(c, "status") == "True")
}

fn job(cell: &str, job: &Value, now: Timestamp) -> String {
    match cell {
        "completions" => {
            let done = job["status"]["succeeded"].as_i64().unwrap_or_default();
            let parallel = job["spec"]["parallelism"].as_i64().unwrap_or_default();
            match job["spec"]["completions"].as_i64() {
                Some(wanted) => format!("{done}/{wanted}"),
                None if parallel > 1 => format!("{done}/1 of {parallel}"),
                None => format!("{done}/1"),
            }
        }
        "duration" => {
            let status = &job["status"];
            age::between(text(status, "startTime"), text(status, "completionTime"), now)
        }
        _ => {
            const STATES: [&str; 5] =
                ["Complete", "Failed", "Suspended", "FailureTarget", "SuccessCriteriaMet"];
            let deleting = job["metadata"]["deletionTimestamp"].is_string();
            let state = STATES.into_iter().find(|state| has_condition(job, state));
            match state {
                Some(ended @ ("Complete" | "Failed")) => ended,
                _ if deleting => "Terminating",
                state => state.unwrap_or("Running"),
            }
            .to_owned()
        }
    }
}

fn node(cell: &str, node: &Value) -> String {
    match cell {
        "status" => {
            let ready = items(&node["status"]["conditions"])
                .iter()
                .find(|condition| text(condition, "type") == "Ready");
            let ready = match ready.map(|condition| text(condition, "status")) {
                Some("True") => "Ready",
                Some(_) => "NotReady",
                None => "Unknown",
            };
            let closed = node["spec"]["unschedulable"] == true;
            if closed { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
        }
        "roles" => {
            let labels = node["metadata"]["labels"].as_object().into_iter().flatten();
            let mut roles: Vec<&str> = labels
                .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
                    Some(role) => Some(role),
                    None if key == "kubernetes.io/role" => value.as_str(),
                    None => None,
                })
                .filter(|role| !role.is_empty())
                .collect();
            roles.sort_unstable();
            roles.dedup();
            or(&roles.join(","), "<none>").to_owned()
        }
        address => {
            let addresses = items(&node["status"]["addresses"]);
            let found = addresses.iter().find(|a| text(a, "type") == address);
            found.map_or("<none>", |found| text(found, "address")).to_owned()
        }
    }
}

fn quota(limits: bool, quota: &Value) -> String {
    let hard = quota["status"]["hard"].as_object().into_iter().flatten();
    let mut lines: Vec<String> = hard
        .filter(|(resource, _)| resource.starts_with("limits.") == limits)
        .map(|(resource, hard)| {
            let used = quota["status"]["used"][resource].as_str().unwrap_or("0");
            format!("{resource}: {used}/{}", hard.as_str().unwrap_or_default())
        })
        .collect();
    lines.sort();
    lines.join(", ")
}

fn subjects(of: &str, binding: &Value) -> String {
    let subjects = items(&binding["subjects"]).iter().filter(|s| text(s, "kind") == of);
    let named = subjects.map(|subject| match of {
        "ServiceAccount" => format!("{}/{}", text(subject, "namespace"), text(subject, "name")),
        _ => text(subject, "name").to_owned(),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// Cells that only one kind has.
fn special(call: &str, object: &Value) -> String {
    let (spec, meta) = (&object["spec"], &object["metadata"]);
    let name = text(meta, "name");
    let annotated = |key: &str| meta["annotations"][key].as_str();
    match call {
        "phase" if meta["deletionTimestamp"].is_string() => "Terminating".to_owned(),
        "phase" => text(&object["status"], "phase").to_owned(),
        "volume claim" if spec["claimRef"].is_object() => {
            format!("{}/{}", text(&spec["claimRef"], "namespace"), text(&spec["claimRef"], "name"))
        }
        "storage-class" => annotated("volume.beta.kubernetes.io/storage-class")
            .unwrap_or_else(|| text(spec, "storageClassName"))
            .to_owned(),
        "claimed capacity" if !text(spec, "volumeName").is_empty() => {
            or(text(&object["status"]["capacity"], "storage"), "0").to_owned()
        }
        "claimed modes" if !text(spec, "volumeName").is_empty() => {
            access_modes(&object["status"]["accessModes"])
        }
        "ingress-class" => {
            defaulted(name, annotated("ingressclass.kubernetes.io/is-default-class"))
        }
        "default-class" => {
            defaulted(name, annotated("storageclass.kubernetes.io/is-default-class"))
        }
        "controller" => controller(meta),
        "param-kind" if spec["paramKind"].is_object() => {
            format!(
                "{}/{}",
                text(&spec["paramKind"], "apiVersion"),
                text(&spec["paramKind"], "kind")
            )
        }
        "param-ref" if !text(&spec["paramRef"], "name").is_empty() => {
            let of = &spec["paramRef"];
            format!("{}/{}", or(text(of, "namespace"), "*"), text(of, "name"))
        }
        "param-kind" | "param-ref" => "<unset>".to_owned(),
        "api-service" => match &spec["service"] {
            Value::Object(_) => {
                format!(
                    "{}/{}",
                    text(&spec["service"], "namespace"),
                    text(&spec["service"], "name")
                )
            }
            _ => "Local".to_owned(),
        },
        "component-health" if object["conditions"][0]["status"] == "True" => "Healthy".to_owned(),
        "component-health" => "Unhealthy".to_owned(),
        "api-available" => available(object),
        "targets" => targets(object),
        _ => String::new(),
    }
}

fn defaulted(name: &str, annotation: Option<&str>) -> String {
    if annotation == Some("true") { format!("{name} (default)") } else { name.to_owned() }
}

fn controller(meta: &Value) -> String {
    let owner = items(&meta["ownerReferences"]).iter().find(|owner| owner["controller"] == true);
    let Some(owner) = owner else { return "<none>".to_owned() };
    let group = text(owner, "apiVersion").rsplit_once('/').map(|(group, _)| format!(".{group}"));
    let kind = text(owner, "kind").to_lowercase();
    format!("{kind}{}/{}", group.unwrap_or_default(), text(owner, "name"))
}

fn available(object: &Value) -> String {
    let conditions = items(&object["status"]["conditions"]);
    match conditions.iter().find(|condition| text(condition, "type") == "Available") {
        None => "Unknown".to_owned(),
        Some(found) if text(found, "status") == "True" => "True".to_owned(),
        Some(found) => format!("{} ({})", text(found, "status"), text(found, "reason")),
    }
}

/// What an autoscaler measures beside what it wants.
fn targets(scaler: &Value) -> String {
    let wanted = items(&scaler["spec"]["metrics"]);
    if wanted.is_empty() {
        return "<none>".to_owned();
    }
    let current = items(&scaler["status"]["currentMetrics"]);
    let all: Vec<String> = wanted
        .iter()
        .enumerate()
        .map(|(at, metric)| target(metric, current.get(at).unwrap_or(&Value::Null)))
        .collect();
    match all.len() {
        0..=2 => all.join(", "),
        many => format!("{} + {} more...", all[..2].join(", "), many - 2),
    }
}

fn target(metric: &Value, current: &Value) -> String {
    let of = text(metric, "type");
    let part = match of {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        "External" => "external",
        _ => return "<unknown type>".to_owned(),
    };
    let (wanted, now) = (&metric[part]["target"], &current[part]["current"]);
    let quantity = |field: &str| now[field].as_str().unwrap_or("<unknown>").to_owned();
    let named = matches!(part, "resource" | "containerResource");
    let line = match (wanted["averageValue"].as_str(), named) {
        (Some(value), _) if part == "pods" || named => {
            format!("{}/{value}", quantity("averageValue"))
        }
        (Some(value), _) => format!("{}/{value} (avg)", quantity("averageValue")),
        (None, true) => {
            let percent = |value: &Value, none: &str| {
                value.as_i64().map_or_else(|| none.to_owned(), |n| format!("{n}%"))
            };
            let utilization = &now["averageUtilization"];
            format!(
                "{}/{}",
                percent(utilization, "<unknown>"),
                percent(&wanted["averageUtilization"], "<auto>")
            )
        }
        (None, false) => format!("{}/{}", quantity("value"), text(wanted, "value")),
    };
    if named { format!("{}: {line}", text(&metric[part], "name")) } else { line }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(call: &str, object: Value) -> Value {
        cell(call, &object, "2026-01-01T00:10:00Z".parse().unwrap())
    }

    #[test]
    fn a_job_tells_how_far_it_is() {
        let job = json!({
            "spec": { "completions": 3 },
            "status": { "succeeded": 1, "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:07Z" },
        });
        assert_eq!(of("job completions", job.clone()), "1/3");
        assert_eq!(of("job duration", job.clone()), "7s");
        assert_eq!(of("job status", job), "Running");
        let done =
            json!({ "status": { "conditions": [{ "type": "Complete", "status": "True" }] } });
        assert_eq!(of("job status", done), "Complete");
    }

    #[test]
    fn an_autoscaler_shows_what_it_wants() {
        let metric = json!({ "type": "Resource", "resource": { "name": "cpu", "target": { "averageUtilization": 80 } } });
        let scaler = json!({ "spec": { "metrics": [metric] } });
        assert_eq!(of("targets", scaler), "cpu: <unknown>/80%");
        let three = json!({ "spec": { "metrics": [metric, metric, metric] } });
        assert!(of("targets", three).as_str().unwrap().ends_with(" + 1 more..."));
        assert_eq!(of("targets", json!({})), "<none>");
    }

    #[test]
    fn a_node_tells_its_roles_and_whether_it_is_ready() {
        let node = json!({
            "metadata": { "labels": { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/a": "" } },
            "spec": { "unschedulable": true },
            "status": { "conditions": [{ "type": "Ready", "status": "True" }] },
        });
        assert_eq!(of("node roles", node.clone()), "a,worker");
        assert_eq!(of("node status", node), "Ready,SchedulingDisabled");
    }
}
