//! The order in which objects are printed when it is not the one in which they came.

use std::cmp::Ordering;

use crate::gvk::{Gvk, split_api_version};

/// What objects are sorted by.
pub(crate) struct Key<'a> {
    pub(crate) api_version: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> Key<'a> {
    /// Group, version and kind.
    fn gvk(&self) -> [&'a str; 3] {
        let (group, version) = split_api_version(self.api_version);
        [group, version, self.kind]
    }

    /// Kinds are equal where this counts; the `|` counts too.
    fn id(&self) -> impl Iterator<Item = u8> {
        let parts = [or(self.namespace, "~X"), "|", or(self.name, "~N")];
        parts.into_iter().flat_map(str::bytes)
    }
}

/// The kinds that come first and last; the rest is between them.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    first: Vec<String>,
    last: Vec<String>,
}

impl Default for Ranks {
    fn default() -> Self {
        let owned = |kinds: &[&str]| kinds.iter().map(|&kind| kind.to_owned()).collect();
        Self { first: owned(FIRST), last: owned(LAST) }
    }
}

impl Ranks {
    pub(crate) fn new(first: Vec<String>, last: Vec<String>) -> Self {
        Self { first, last }
    }

    fn of(&self, kind: &str) -> usize {
        // Of two equal entries the later one counts, and the last kinds before the first ones.
        if let Some(at) = self.last.iter().rposition(|known| known == kind) {
            return self.first.len() + 1 + at;
        }
        self.first.iter().rposition(|known| known == kind).unwrap_or(self.first.len())
    }

    /// Sorts objects, of which no two are the same: by rank, then by kind, namespace and name.
    pub(crate) fn sort<T>(&self, objects: &mut [T], key: impl for<'a> Fn(&'a T) -> Key<'a>) {
        objects.sort_unstable_by(|a, b| self.compare(&key(a), &key(b)));
    }

    fn compare(&self, a: &Key<'_>, b: &Key<'_>) -> Ordering {
        let (one, other) = (a.gvk(), b.gvk());
        if one == other {
            return a.id().cmp(b.id());
        }
        self.of(a.kind).cmp(&self.of(b.kind)).then_with(|| {
            let namespaces = a.kind == "Namespace" && b.kind == "Namespace";
            // The Namespace of Kubernetes comes before those of others.
            if namespaces && (one[0].is_empty() || other[0].is_empty()) {
                text(other).cmp(text(one))
            } else {
                text(one).cmp(text(other))
            }
        })
    }
}

/// The order of kinds in tables of field specs.
pub(crate) fn by_kind(a: &Gvk, b: &Gvk) -> Ordering {
    let rank = |kind: &str| match FIRST.iter().position(|known| *known == kind) {
        Some(at) => at,
        None => FIRST.len() + LAST.iter().position(|known| *known == kind).map_or(0, |at| at + 1),
    };
    rank(&a.kind).cmp(&rank(&b.kind)).then_with(|| text(parts(a)).cmp(text(parts(b))))
}

fn or<'t>(text: &'t str, absent: &'t str) -> &'t str {
    if text.is_empty() { absent } else { text }
}

fn parts(gvk: &Gvk) -> [&str; 3] {
    [&gvk.group, &gvk.version, &gvk.kind]
}

/// Group, version and kind as one text; the `_` between them counts.
fn text([group, version, kind]: [&str; 3]) -> impl Iterator<Item = u8> {
    let parts = [or(group, "~G"), "_", or(version, "~V"), "_", or(kind, "~K")];
    parts.into_iter().flat_map(str::bytes)
}

/// What Kubernetes needs before the rest.
const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// What may refuse the rest.
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(ranks: &Ranks, kinds: &[(&str, &str, &str)]) -> Vec<String> {
        let mut objects = kinds.to_vec();
        ranks.sort(&mut objects, |(api_version, kind, name)| Key {
            api_version,
            kind,
            namespace: "",
            name,
        });
        objects.into_iter().map(|(_, kind, name)| format!("{kind}/{name}")).collect()
    }

    #[test]
    fn namespaces_come_first_and_webhooks_last() {
        let kinds = [
            ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "a"),
            ("example.com/v1", "Thing", "a"),
            ("v1", "Service", "b"),
            ("v1", "Service", "a"),
            ("apps/v1", "Deployment", "a"),
            ("v1", "Namespace", "a"),
        ];
        let wanted = [
            "Namespace/a",
            "Service/a",
            "Service/b",
            "Deployment/a",
            "Thing/a",
            "MutatingWebhookConfiguration/a",
        ];
        assert_eq!(sorted(&Ranks::default(), &kinds), wanted);
    }

    #[test]
    fn the_order_can_be_told() {
        let ranks = Ranks::new(vec!["Thing".to_owned()], vec!["Namespace".to_owned()]);
        let kinds = [("v1", "Namespace", "a"), ("v1", "Pod", "a"), ("x/v1", "Thing", "a")];
        assert_eq!(sorted(&ranks, &kinds), ["Thing/a", "Pod/a", "Namespace/a"]);
    }

    #[test]
    fn the_namespace_of_kubernetes_comes_before_others() {
        let kinds = [("example.com/v1", "Namespace", "b"), ("v1", "Namespace", "a")];
        assert_eq!(sorted(&Ranks::default(), &kinds), ["Namespace/a", "Namespace/b"]);
    }
}
