//! Claims and volumes.

use serde_json::Value;

use crate::failure::Cause;

const MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Members of a volume's spec that are not its source.
const NOT_A_SOURCE: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

pub(super) fn claim_causes(spec: &Value) -> Vec<Cause> {
    let mut causes = mode_causes(&spec["accessModes"], "at least 1 access mode is required");
    if spec["resources"]["requests"]["storage"].is_null() {
        causes.push(Cause::required("spec.resources[storage]", ""));
    }
    causes
}

pub(super) fn volume_causes(spec: &Value) -> Vec<Cause> {
    let mut causes = mode_causes(&spec["accessModes"], "");
    let capacity = &spec["capacity"];
    if capacity.as_object().is_none_or(serde_json::Map::is_empty) {
        causes.push(Cause::required("spec.capacity", ""));
    }
    if capacity["storage"].is_null() || capacity.as_object().is_some_and(|it| it.len() > 1) {
        causes.push(Cause::unsupported("spec.capacity", capacity, &["storage"]));
    }
    let members = spec.as_object().into_iter().flatten();
    let sources =
        members.filter(|(name, value)| !NOT_A_SOURCE.contains(&name.as_str()) && !value.is_null());
    if sources.count() == 0 {
        causes.push(Cause::required("spec", "must specify a volume type"));
    }
    causes
}

fn mode_causes(modes: &Value, none: &str) -> Vec<Cause> {
    let found = modes.as_array().map_or(&[][..], Vec::as_slice);
    if found.is_empty() {
        return vec![Cause::required("spec.accessModes", none)];
    }
    let known = |mode: &&Value| MODES.contains(&mode.as_str().unwrap_or_default());
    let unknown = found.iter().filter(|mode| !known(mode));
    unknown.map(|mode| Cause::unsupported("spec.accessModes", mode, MODES)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_says_how_much_and_how_it_is_accessed() {
        let good = json!({ "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1" } } });
        assert!(claim_causes(&good).is_empty());
        assert_eq!(claim_causes(&json!({})).len(), 2);
        assert_eq!(
            claim_causes(&json!({ "accessModes": ["X"], "resources": good["resources"] })).len(),
            1
        );
    }

    #[test]
    fn a_volume_has_a_source_and_a_size() {
        let good = json!({ "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "1" }, "hostPath": {} });
        assert!(volume_causes(&good).is_empty());
        assert_eq!(volume_causes(&json!({ "accessModes": ["ReadWriteOnce"] })).len(), 3);
    }
}
