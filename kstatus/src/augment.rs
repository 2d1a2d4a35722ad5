//! Writing the computed condition into the object itself.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::compute::compute_at;
use crate::conditions::{Condition, write_conditions};
use crate::error::Error;
use crate::time::whole_seconds;

/// Writes the standard condition that follows from an object's state into its `status.conditions`.
///
/// For tools that know nothing but `Reconciling` and `Stalled`. An existing condition of the type is
/// updated, its other fields stay; `lastTransitionTime` moves when its status does, `lastUpdateTime`
/// always. A current object gets no condition, but the list is there afterwards.
///
/// # Errors
///
/// As [`compute`](crate::compute()); the object is then as it was.
pub fn augment(object: &mut Value, now: Timestamp) -> Result<(), Error> {
    let condition = compute_at(object, now)?.condition();
    let mut list = match object.get("status").and_then(|status| status.get("conditions")) {
        Some(Value::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    if let Some(condition) = condition {
        put(&mut list, &condition, &whole_seconds(now).to_string());
    }
    write_conditions(object, list)
}

fn put(list: &mut Vec<Value>, condition: &Condition, now: &str) {
    let mut present = false;
    for existing in list.iter_mut().filter(|it| it["type"] == condition.r#type.as_str()) {
        present = true;
        if existing["status"] != condition.status.as_str() {
            existing["lastTransitionTime"] = now.into();
        }
        existing["lastUpdateTime"] = now.into();
        existing["status"] = condition.status.as_str().into();
        existing["reason"] = condition.reason.as_str().into();
        existing["message"] = condition.message.as_str().into();
    }
    if !present {
        list.push(json!({
            "lastTransitionTime": now,
            "lastUpdateTime": now,
            "message": condition.message,
            "reason": condition.reason,
            "status": condition.status.as_str(),
            "type": condition.r#type,
        }));
    }
}
