//! Whether a refusal is about fields that cannot change.

use kube::Error;

/// Whether everything the server has against the object is that fields of the live one cannot change.
///
/// Only the *causes* of its status say so. A message that happens to contain the word, or another
/// problem beside it, is no reason to delete anything: the new object would be refused as well.
pub(crate) fn is_all_it_says(error: &Error) -> bool {
    let Error::Api(status) = error else { return false };
    let causes = status.details.as_ref().map(|it| it.causes.as_slice()).unwrap_or_default();
    status.code == 422
        && !causes.is_empty()
        && causes.iter().all(|cause| is_immutable(&cause.reason, &cause.message))
}

fn is_immutable(reason: &str, message: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    match reason {
        "FieldValueForbidden" => says(&[
            "updates to ",
            "immutable",
            "may not be changed",
            "may not change",
            "cannot be changed",
        ]),
        "FieldValueInvalid" => says(&[
            "immutable",
            "may not be changed",
            "may not change",
            "cannot be changed",
            "cannot change",
        ]),
        _ => says(&["immutable"]),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;
    use serde_json::json;

    use super::*;

    fn refusal(causes: &[(&str, &str)]) -> Error {
        let causes: Vec<_> = causes
            .iter()
            .map(|(reason, message)| json!({"reason": reason, "message": message, "field": "spec"}))
            .collect();
        let status = json!({"code": 422, "reason": "Invalid", "message": "immutable", "details": {"causes": causes}});
        Error::Api(Box::new(serde_json::from_value::<Status>(status).unwrap()))
    }

    #[test]
    fn causes_of_the_server_are_known() {
        for cause in [
            ("FieldValueInvalid", "Invalid value: {\"matchLabels\":{}}: field is immutable"),
            (
                "FieldValueForbidden",
                "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
            ),
            ("FieldValueInvalid", "Invalid value: {}: cannot change roleRef"),
            ("FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"),
            ("FieldValueInvalid", "Invalid value: [\"10.0.0.1\"]: may not change once set"),
            (
                "FieldValueForbidden",
                "Forbidden: spec is immutable after creation except resources.requests",
            ),
        ] {
            assert!(is_all_it_says(&refusal(&[cause])), "{cause:?}");
        }
    }

    #[test]
    fn another_problem_beside_it_is_no_reason_to_delete() {
        let immutable = ("FieldValueInvalid", "field is immutable");
        let required = ("FieldValueRequired", "Required value");
        assert!(!is_all_it_says(&refusal(&[immutable, required])));
        assert!(!is_all_it_says(&refusal(&[("FieldValueInvalid", "must be greater than 0")])));
    }

    #[test]
    fn the_message_alone_decides_nothing() {
        assert!(!is_all_it_says(&refusal(&[])));
        let conflict = Status::failure("field is immutable", "Conflict").with_code(409);
        assert!(!is_all_it_says(&Error::Api(Box::new(conflict))));
    }
}
