//! The three kinds of patch that an API server takes beside apply.
//!
//! ```
//! use gotk_merge::patch;
//! use serde_json::json;
//!
//! let object = json!({"spec": {"replicas": 1, "paused": true}});
//! let patch = json!({"spec": {"replicas": 3, "paused": null}});
//! assert_eq!(patch::merge(object, &patch), json!({"spec": {"replicas": 3}}));
//! ```
//!
//! All are pure: after one, [`FieldManager::update`](crate::FieldManager::update) follows who owns
//! what.

mod operations;
mod order;
mod strategic;

use serde_json::Value;

pub use self::strategic::strategic;
use crate::error::Error;

/// JSON Patch with more operations than this is refused, as kube-apiserver does.
const MAX_OPERATIONS: usize = 10_000;

/// Applies a JSON merge patch (RFC 7386): null removes, maps merge, all else replaces.
#[must_use]
pub fn merge(mut object: Value, patch: &Value) -> Value {
    json_patch::merge(&mut object, patch);
    object
}

/// Applies a JSON Patch (RFC 6902), as kube-apiserver reads it: `test` for null holds where a map has
/// no such member, `replace` adds what is missing from a map, an index below zero counts from the end.
///
/// # Errors
///
/// A patch that cannot be read or has too many operations, or one that the object does not allow.
pub fn json(object: Value, patch: &Value) -> Result<Value, Error> {
    let Some(operations) = patch.as_array() else {
        return Err(malformed("a JSON patch is a list".to_owned()));
    };
    match operations.len() {
        count if count > MAX_OPERATIONS => {
            Err(Error::PatchTooLarge { limit: MAX_OPERATIONS, operations: count })
        }
        _ => operations::apply(object, operations),
    }
}

fn malformed(message: String) -> Error {
    Error::Patch { message, malformed: true }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_json_patch_is_applied_whole_or_not_at_all() {
        let object = json!({"a": [1, 2]});
        let patched =
            json(object.clone(), &json!([{"op": "add", "path": "/a/1", "value": 9}])).unwrap();
        assert_eq!(patched, json!({"a": [1, 9, 2]}));
        let error = json(object, &json!([{"op": "test", "path": "/a/0", "value": 2}])).unwrap_err();
        assert_eq!(error.code(), 422);
    }

    #[test]
    fn what_is_no_json_patch_is_malformed() {
        for bad in [
            json!({}),
            json!([{"op": 1, "path": ""}]),
            json!([{"op": "add", "path": 1}]),
            json!([1]),
        ] {
            assert_eq!(json(json!({}), &bad).unwrap_err().code(), 400, "{bad}");
        }
    }

    #[test]
    fn ten_thousand_operations_are_the_most() {
        let of = |operations| {
            let all = vec![json!({"op": "test", "path": "/a"}); operations];
            json(json!({}), &Value::from(all))
        };
        assert!(of(MAX_OPERATIONS).is_ok());
        let status = of(MAX_OPERATIONS + 1).unwrap_err().status();
        assert_eq!(status["code"], 413);
        assert_eq!(status["reason"], "RequestEntityTooLarge");
        let told = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
        assert_eq!(status["message"], told);
    }
}
