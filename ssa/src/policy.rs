//! What an object says about how it wants to be treated.

use serde_json::Value;

use crate::answer::Glance;

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

    /// Whether an object that exists says anything about how it is applied.
    pub(crate) fn are_named_by(&self, live: &Glance<'_>) -> bool {
        let mut names = live.labels.iter().chain(&live.annotations).map(|(name, _)| name);
        names.any(|name| matches!(self.key(name), Some("reconcile" | "ssa")))
    }

    fn says(&self, object: &Value, key: &str, value: &str) -> bool {
        let Some(metadata) = object.get("metadata") else { return false };
        let maps = ["labels", "annotations"].into_iter();
        let said = maps.filter_map(|map| metadata.get(map)?.as_object()).flatten();
        said.filter(|(name, _)| self.key(name) == Some(key))
            .filter_map(|(_, said)| said.as_str())
            .any(|said| said.eq_ignore_ascii_case(value))
    }

    /// What stands behind the group in a name.
    fn key<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(self.group.as_str())?.strip_prefix('/')
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
