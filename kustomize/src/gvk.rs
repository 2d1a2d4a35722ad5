//! What kind of object it is, and which object.

use std::fmt;

use lean_string::LeanString;

/// Group, version and kind; as a selector, what is empty means any.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq, Ord, PartialOrd)]
pub(crate) struct Gvk {
    pub(crate) group: LeanString,
    pub(crate) version: LeanString,
    pub(crate) kind: LeanString,
}

impl Gvk {
    pub(crate) fn parse(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_api_version(api_version);
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Whether the selector means this kind.
    pub(crate) fn is_selected_by(&self, selector: &Self) -> bool {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        fits(&selector.kind, &self.kind)
            && fits(&selector.group, &self.group)
            && fits(&selector.version, &self.version)
    }

    pub(crate) fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.to_string(),
            group => format!("{group}/{}", self.version),
        }
    }
}

/// Group and version; the core group has no name.
pub(crate) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.api_version().as_str() {
            "" => f.write_str(&self.kind),
            api_version => write!(f, "{api_version} {}", self.kind),
        }
    }
}

/// Which object: two of one build may not have the same.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct ResId {
    pub(crate) gvk: Gvk,
    pub(crate) name: LeanString,
    /// As it is compared: without one is the namespace `default`, and what is cluster-scoped has
    /// [`NO_NAMESPACE`].
    pub(crate) namespace: LeanString,
}

/// The namespace of what can have none; it is remembered as such.
pub(crate) const NO_NAMESPACE: LeanString = LeanString::from_static_str("_non_namespaceable_");
/// The namespace of what names none.
pub(crate) const DEFAULT_NAMESPACE: LeanString = LeanString::from_static_str("default");

impl ResId {
    /// An id whose namespace stands in a text.
    pub(crate) fn new(gvk: Gvk, name: &str, namespace: &str, is_cluster_scoped: bool) -> Self {
        let namespace = match namespace {
            _ if is_cluster_scoped => NO_NAMESPACE,
            "" => DEFAULT_NAMESPACE,
            other => other.into(),
        };
        Self { gvk, name: name.into(), namespace }
    }

    pub(crate) fn is_cluster_scoped(&self) -> bool {
        self.namespace == NO_NAMESPACE
    }
}

impl fmt::Display for ResId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.gvk)?;
        match self.namespace.as_str() {
            "default" | "_non_namespaceable_" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_part_of_a_selector_means_any() {
        let web = Gvk::parse("apps/v1", "Deployment");
        assert!(web.is_selected_by(&Gvk::default()));
        assert!(web.is_selected_by(&Gvk::parse("", "Deployment")));
        assert!(!web.is_selected_by(&Gvk::parse("extensions/v1", "Deployment")));
        assert_eq!(web.api_version(), "apps/v1");
    }

    #[test]
    fn without_a_namespace_is_the_default_one() {
        let id = |namespace, cluster| ResId::new(Gvk::default(), "a", namespace, cluster);
        assert_eq!(id("", false), id("default", false));
        assert_ne!(id("", false), id("", true));
        assert_eq!(id("x", true), id("", true));
    }
}
