//! Our answers in the words in which the Go originals' are recorded.

use gotk_kstatus::{Error, Report, compute_at};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn compute(object: &Value, now: Timestamp) -> Value {
    told(compute_at(object, now))
}

pub(crate) fn told(result: Result<Report<'_>, Error>) -> Value {
    match result {
        Ok(report) => report_json(&report),
        Err(Error::NotAnObject { .. }) => json!({ "decodeError": true }),
        Err(Error::Malformed { path, .. }) => json!({ "error": path }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn report_json(report: &Report<'_>) -> Value {
    let condition = report.condition().map(|it| {
        json!({
            "type": it.r#type, "status": it.status.as_str(),
            "reason": it.reason, "message": it.message,
        })
    });
    json!({
        "status": report.status.as_str(),
        "message": report.message.to_string(),
        "conditions": condition.into_iter().collect::<Vec<_>>(),
    })
}

/// Errors have our words, but have to be about the same field; where the original crashed, any error
/// is better.
pub(crate) fn compare(ours: &Value, recorded: &Value) -> Result<(), String> {
    let same = if let Some(error) = recorded.get("error").and_then(Value::as_str) {
        ours["error"].as_str().is_some_and(|ours| same_field(ours, error))
    } else if recorded.get("panic").is_some() || recorded["status"] == "Unknown" {
        ours.get("error").is_some()
    } else if recorded.get("decodeError").is_some() {
        ours.get("decodeError").is_some()
    } else {
        without_empty_texts(ours) == without_empty_texts(recorded)
    };
    if same { Ok(()) } else { Err(format!("ours     {ours}\nrecorded {recorded}")) }
}

/// Whether our path is the one that the original's message names, or the only one it can mean.
fn same_field(ours: &str, recorded: &str) -> bool {
    match recorded.strip_prefix("looking up ").and_then(|rest| rest.split_once(' ')) {
        Some((path, _)) => path.starts_with(ours),
        None if recorded.starts_with("unknown phase") => ours.contains("no phase"),
        None if recorded.starts_with(".status.containerStatuses") => {
            ours.starts_with("status.containerStatuses")
        }
        None if recorded.starts_with("cannot restore slice") => ours == "status.conditions",
        None if recorded.starts_with("cannot restore struct") => {
            ours == "status" || ours.ends_with(']')
        }
        None => ours.starts_with("status.conditions["),
    }
}

/// Go leaves empty texts out of a condition.
fn without_empty_texts(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for condition in answer["conditions"].as_array_mut().into_iter().flatten() {
        let fields = condition.as_object_mut().expect("a condition is an object");
        fields.retain(|_, value| *value != "");
    }
    answer
}
