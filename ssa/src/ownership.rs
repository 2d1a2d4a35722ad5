//! Whether an apply would change whose the fields are, though not what they say.

use gotk_merge::FieldSet;
use serde::Deserialize;
use serde_json::Value;

use crate::object;

/// Whether what is ours by apply in `live` has to become what it is in `result`.
///
/// Flux never looks at this. It cannot release a field, and what another wiped stays lost to it. What
/// Flux owns only because its types write it empty (`strategy: {}`) is no reason to write, or a
/// cluster that changes from Flux to us would have most of its objects written for nothing.
pub(crate) fn differs(live: &Value, result: &Value, manager: &str) -> bool {
    let (live, result) = (own_fields(live, manager), own_fields(result, manager));
    if live == result {
        return false;
    }
    let set = |fields: Option<&Value>| {
        fields.map_or(Some(FieldSet::new()), |it| FieldSet::deserialize(it).ok())
    };
    let (Some(live), Some(result)) = (set(live), set(result)) else { return true };
    let surplus = live.clone().difference(&result);
    !result.difference(&live).is_empty() || !surplus.paths().iter().all(is_left_by_types)
}

/// The fields that are ours by apply, as the object records them.
fn own_fields<'o>(object: &'o Value, manager: &str) -> Option<&'o Value> {
    let entries = object["metadata"]["managedFields"].as_array()?;
    let ours = entries.iter().find(|entry| {
        object::text(entry, "/manager") == manager
            && object::text(entry, "/operation") == "Apply"
            && object::text(entry, "/subresource").is_empty()
    });
    ours.map(|entry| &entry["fieldsV1"])
}

fn is_left_by_types(path: &gotk_merge::Path) -> bool {
    let last = path.elements().last().and_then(gotk_merge::PathElement::as_field);
    last.is_some_and(|name| WRITTEN_EMPTY.contains(&name))
}

/// What Kubernetes' Go types write though it is empty, and nobody has to set.
const WRITTEN_EMPTY: [&str; 10] = [
    "apiGroup",
    "divisor",
    "metadata",
    "resources",
    "serviceName",
    "spec",
    "status",
    "strategy",
    "targetPort",
    "updateStrategy",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owned(fields: Value) -> Value {
        let entry = |manager: &str, fields: Value| json!({"manager": manager, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields});
        let other = entry("other", json!({"f:spec": {"f:paused": {}}}));
        json!({"metadata": {"managedFields": [other, entry("us", fields)]}})
    }

    fn differs(live: Value, result: Value) -> bool {
        super::differs(&owned(live), &owned(result), "us")
    }

    #[test]
    fn a_field_that_is_ours_no_longer_or_not_yet_is_a_difference() {
        let one = json!({"f:spec": {"f:replicas": {}}});
        let two = json!({"f:spec": {"f:replicas": {}, "f:paused": {}}});
        assert!(!differs(one.clone(), one.clone()));
        assert!(differs(one.clone(), two.clone()) && differs(two, one.clone()));
        let nobody = json!({"metadata": {"managedFields": []}});
        assert!(super::differs(&nobody, &owned(one.clone()), "us"));
        assert!(super::differs(&owned(one), &nobody, "us"));
    }

    #[test]
    fn what_the_types_of_flux_write_empty_is_none() {
        let ours = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {
            ".": {}, "f:name": {}, "f:image": {}}}}}}});
        let flux = json!({"f:spec": {"f:strategy": {}, "f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {
            ".": {}, "f:name": {}, "f:image": {}, "f:resources": {}}}}}}});
        assert!(!differs(flux.clone(), ours.clone()));
        assert!(differs(ours, flux), "we want it and do not have it");
    }
}
