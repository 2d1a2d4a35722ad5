//! In which order kinds are applied; deleting goes the other way.

use std::collections::BTreeSet;

use crate::ObjectId;

/// A part of a set that is applied, and where others stand on it settled, before the next begins.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Stage {
    /// `CustomResourceDefinition`, `Namespace` and `ClusterRole`.
    Definitions,
    /// Kinds whose name ends in `Class`.
    Classes,
    /// The kinds that the caller wants before the rest.
    Custom,
    /// Everything else.
    Rest,
}

impl Stage {
    /// The stage of an object; `custom` names groups and kinds of [`Stage::Custom`].
    pub(crate) fn of(id: &ObjectId, custom: &BTreeSet<(String, String)>) -> Self {
        match (id.group.as_str(), id.kind.as_str()) {
            ("apiextensions.k8s.io", "CustomResourceDefinition")
            | ("", "Namespace")
            | ("rbac.authorization.k8s.io", "ClusterRole") => Self::Definitions,
            (_, kind) if kind.ends_with("Class") => Self::Classes,
            _ if custom.contains(&(id.group.clone(), id.kind.clone())) => Self::Custom,
            _ => Self::Rest,
        }
    }

    /// Whether later stages wait until its objects are as they should be.
    pub(crate) fn must_settle(self) -> bool {
        matches!(self, Self::Definitions | Self::Classes)
    }
}

/// Where a kind stands among the others: negative before most, positive after them. Flux's order,
/// which looks at the kind's name only.
pub(crate) fn rank(kind: &str) -> i32 {
    let position = |kinds: &[&str]| kinds.iter().position(|it| *it == kind);
    let number = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
    match (position(&FIRST), position(&LAST)) {
        (Some(at), _) => number(at) - number(FIRST.len()),
        (None, Some(at)) => number(at) + 1,
        (None, None) => 0,
    }
}

/// What to sort by: rank, group, kind, namespace, name.
pub(crate) fn key(id: &ObjectId) -> (i32, &str, &str, &str, &str) {
    (rank(&id.kind), &id.group, &id.kind, &id.namespace, &id.name)
}

const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_come_first_and_webhooks_last() {
        let mut kinds = ["Widget", "ValidatingWebhookConfiguration", "Secret", "Namespace"];
        kinds.sort_by_key(|kind| rank(kind));
        assert_eq!(kinds, ["Namespace", "Secret", "Widget", "ValidatingWebhookConfiguration"]);
    }

    #[test]
    fn stages_go_by_group_and_kind() {
        let custom = BTreeSet::from([("example.dev".to_owned(), "Widget".to_owned())]);
        let stage = |group, kind| Stage::of(&ObjectId::new(group, kind, "", "a"), &custom);
        assert_eq!(stage("", "Namespace"), Stage::Definitions);
        assert_eq!(stage("example.dev", "Namespace"), Stage::Rest);
        assert_eq!(stage("example.dev", "BrokerClass"), Stage::Classes);
        assert_eq!(stage("example.dev", "Widget"), Stage::Custom);
        assert_eq!(stage("apps", "Deployment"), Stage::Rest);
    }
}
