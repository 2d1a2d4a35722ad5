//! The recorded answers of upstream's kstatus, Flux's fork.

use gotk_corpus::Tally;
use gotk_kstatus::{Error, compute_at};
use jiff::Timestamp;
use serde_json::{Value, json};

#[test]
fn objects_are_judged_as_upstream_judges_them() {
    let Some(path) = gotk_corpus::find("kstatus/objects.jsonl") else { return };
    let mut tally = Tally::new("kstatus");
    for (_, record) in gotk_corpus::json_lines(&path) {
        let now: Timestamp = record["now"].as_str().unwrap().parse().unwrap();
        let ours = answer(&record["object"], now);
        tally.case(record["name"].as_str().unwrap(), compare(&ours, &record["expect"]));
    }
    tally.finish();
}

/// Our answer in the words of the corpus.
pub(crate) fn answer(object: &Value, now: Timestamp) -> Value {
    match compute_at(object, now) {
        Ok(report) => json!({
            "status": report.status.as_str(),
            "message": report.message.to_string(),
            "conditions": report.condition().map(|it| json!({
                "type": it.r#type, "status": it.status.as_str(), "reason": it.reason, "message": it.message,
            })).into_iter().collect::<Vec<_>>(),
        }),
        Err(Error::NotAnObject { .. }) => json!({ "decodeError": true }),
        Err(Error::Malformed { path, .. }) => json!({ "error": path }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// Errors have our words, but have to be about the same field.
pub(crate) fn compare(ours: &Value, recorded: &Value) -> Result<(), String> {
    let kind = |key: &str| recorded.get(key).and_then(Value::as_str);
    let same = if let Some(error) = kind("error") {
        ours["error"].as_str().is_some_and(|ours| same_field(ours, error))
    } else if kind("panic").is_some() {
        ours.get("error").is_some()
    } else if kind("decodeError").is_some() {
        ours.get("decodeError").is_some()
    } else {
        strip_empty(ours) == strip_empty(recorded)
    };
    if same { Ok(()) } else { Err(format!("ours     {ours}\nrecorded {recorded}")) }
}

/// Whether our path is the one that upstream's message names, or the only list it can mean.
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
fn strip_empty(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for condition in answer["conditions"].as_array_mut().into_iter().flatten() {
        condition
            .as_object_mut()
            .expect("a condition is an object")
            .retain(|_, value| *value != "");
    }
    answer
}
