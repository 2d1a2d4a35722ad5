//! What an object says about how it wants to be treated.

use serde_json::Value;

use crate::object;

/// The labels and annotations by which objects say how they want to be treated.
///
/// | Key | Value | Means |
/// | --- | --- | --- |
/// | `<group>/reconcile` | `disabled` | neither apply nor delete |
/// | `<group>/ssa` | `Ignore` | likewise |
/// | `<group>/ssa` | `IfNotPresent` | create, but leave what exists |
/// | `<group>/ssa` | `Merge` | do not take over what other managers wrote |
/// | `<group>/force` | `enabled` | delete and create where a field cannot change |
/// | `<group>/prune` | `disabled` | leave it in the cluster when it left the set |
///
/// They are independent of each other. Values are compared without regard to case, as Flux does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policies {
    group: String,
}

impl Policies {
    /// Those of Flux's `kustomize-controller`: the group is `kustomize.toolkit.fluxcd.io`.
    pub fn flux() -> Self {
        Self::of_group("kustomize.toolkit.fluxcd.io")
    }

    /// Those of a controller with its own prefix.
    pub fn of_group(group: impl Into<String>) -> Self {
        Self { group: group.into() }
    }

    /// Whether the object is left alone.
    pub(crate) fn excludes(&self, object: &Value) -> bool {
        self.says(object, "reconcile", "disabled") || self.says(object, "ssa", "Ignore")
    }

    pub(crate) fn only_creates(&self, object: &Value) -> bool {
        self.says(object, "ssa", "IfNotPresent")
    }

    pub(crate) fn merges(&self, object: &Value) -> bool {
        self.says(object, "ssa", "Merge")
    }

    pub(crate) fn forces(&self, object: &Value) -> bool {
        self.says(object, "force", "enabled")
    }

    /// Whether the object stays when it left its set.
    pub(crate) fn outlives(&self, object: &Value) -> bool {
        self.says(object, "prune", "disabled") || self.excludes(object)
    }

    fn says(&self, object: &Value, key: &str, value: &str) -> bool {
        let key = format!("{}/{key}", self.group);
        let said = [object::label(object, &key), object::annotation(object, &key)];
        said.into_iter().flatten().any(|said| said.eq_ignore_ascii_case(value))
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self::flux()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_and_annotations_are_read_in_any_case() {
        let policies = Policies::flux();
        let says = |place: &str, key: &str, value: &str| json!({"metadata": {place: {format!("kustomize.toolkit.fluxcd.io/{key}"): value}}});
        assert!(policies.excludes(&says("annotations", "ssa", "ignore")));
        assert!(policies.excludes(&says("labels", "reconcile", "Disabled")));
        assert!(policies.only_creates(&says("annotations", "ssa", "IfNotPresent")));
        assert!(policies.merges(&says("annotations", "ssa", "merge")));
        assert!(policies.forces(&says("annotations", "force", "enabled")));
        assert!(policies.outlives(&says("annotations", "prune", "disabled")));
        assert!(!policies.excludes(&says("annotations", "prune", "disabled")));
        assert!(!policies.forces(&says("annotations", "force", "true")));
        assert!(!Policies::of_group("x").forces(&says("annotations", "force", "enabled")));
    }
}
