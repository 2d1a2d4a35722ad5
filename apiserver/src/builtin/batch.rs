//! Jobs: the labels by which a Job finds its pods.

use serde_json::{Value, json};

use super::pod::fill;
use crate::failure::Cause;
use crate::meta;

const UID: &str = "batch.kubernetes.io/controller-uid";

pub(super) fn default(spec: &mut Value) {
    let has = |field: &str| !spec[field].is_null();
    if !has("completions") && !has("parallelism") {
        spec["completions"] = 1.into();
    }
    fill(spec, "parallelism", 1);
}

/// A new Job selects by its own uid, unless it says that it selects for itself.
pub(super) fn select(job: &mut Value) {
    if job["spec"]["manualSelector"] == true || !job["spec"].is_object() {
        return;
    }
    let name = Value::from(meta::name(job));
    let uid = job["metadata"]["uid"].clone();
    let mut labels = job["spec"]["template"]["metadata"]["labels"].take();
    if !labels.is_object() {
        labels = json!({});
    }
    for (key, value) in [
        (UID, &uid),
        ("controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("job-name", &name),
    ] {
        labels[key] = value.clone();
    }
    if job["metadata"]["labels"].as_object().is_none_or(serde_json::Map::is_empty) {
        meta::set(job, "labels", labels.clone());
    }
    job["spec"]["template"]["metadata"]["labels"] = labels;
    job["spec"]["selector"] = json!({ "matchLabels": { UID: uid } });
}

pub(super) fn causes(kind: &str, spec: &Value) -> Vec<Cause> {
    let (pod, path) = match kind {
        "CronJob" => (&spec["jobTemplate"]["spec"]["template"]["spec"], "spec.jobTemplate.spec"),
        _ => (&spec["template"]["spec"], "spec"),
    };
    let mut causes = Vec::new();
    if kind == "CronJob" {
        causes.extend(schedule(&spec["schedule"]));
    }
    if !matches!(pod["restartPolicy"].as_str(), Some("OnFailure" | "Never")) {
        let field = format!("{path}.template.spec.restartPolicy");
        causes.push(match pod["restartPolicy"].as_str() {
            None | Some("Always") => {
                Cause::required(field, "valid values: \"OnFailure\", \"Never\"")
            }
            Some(_) => Cause::unsupported(field, &pod["restartPolicy"], &["OnFailure", "Never"]),
        });
    }
    causes
}

/// Five fields, or a word for them. What is in the fields is the controller's affair.
fn schedule(schedule: &Value) -> Option<Cause> {
    let text = schedule.as_str().unwrap_or_default();
    if text.is_empty() {
        return Some(Cause::required("spec.schedule", ""));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if text.starts_with('@') || fields.len() == 5 {
        return None;
    }
    let why = format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" "));
    Some(Cause::invalid("spec.schedule", schedule, &why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_selects_the_pods_it_labels() {
        let mut job = json!({ "metadata": { "name": "a", "uid": "u" }, "spec": { "template": { "metadata": {} } } });
        select(&mut job);
        assert_eq!(job["spec"]["selector"]["matchLabels"][UID], "u");
        assert_eq!(job["spec"]["template"]["metadata"]["labels"]["job-name"], "a");
        assert_eq!(job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]);
    }

    #[test]
    fn a_job_alone_completes_once() {
        let mut spec = json!({});
        default(&mut spec);
        assert_eq!(spec, json!({ "completions": 1, "parallelism": 1 }));
        let mut spec = json!({ "parallelism": 2 });
        default(&mut spec);
        assert_eq!(spec, json!({ "parallelism": 2 }));
    }
}
