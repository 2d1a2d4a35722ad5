//! Conditions in a status, as controllers keep them.

use serde_json::{Value, json};

/// Sets a condition; one that keeps its status keeps its time.
pub(crate) fn set(
    object: &mut Value,
    kind: &str,
    holds: bool,
    reason: &str,
    message: &str,
    now: &str,
) {
    let status = if holds { "True" } else { "False" };
    if !object["status"]["conditions"].is_array() {
        object["status"]["conditions"] = json!([]);
    }
    let Some(conditions) = object["status"]["conditions"].as_array_mut() else { return };
    let found = conditions.iter().position(|condition| condition["type"] == kind);
    let mut condition = json!({
        "type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message,
    });
    match found {
        Some(at) if conditions[at]["status"] == status => {
            condition["lastTransitionTime"] = conditions[at]["lastTransitionTime"].clone();
            conditions[at] = condition;
        }
        Some(at) => conditions[at] = condition,
        None => conditions.push(condition),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_keeps_its_time_while_its_status_stays() {
        let mut object = json!({ "status": {} });
        set(&mut object, "Ready", false, "A", "a", "1");
        set(&mut object, "Ready", false, "B", "b", "2");
        let condition = &object["status"]["conditions"][0];
        assert_eq!(
            (&condition["reason"], &condition["lastTransitionTime"]),
            (&json!("B"), &json!("1"))
        );
        set(&mut object, "Ready", true, "C", "c", "3");
        assert_eq!(object["status"]["conditions"][0]["lastTransitionTime"], "3");
    }
}
