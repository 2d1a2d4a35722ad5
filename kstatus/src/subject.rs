//! The name of an object in a sentence.

use std::fmt;

use serde_json::Value;

use crate::fields::Fields;

/// Which object is meant: group, kind, namespace and name, borrowed from it.
///
/// Prints as `Kind/namespace/name`, or `Kind/name` outside a namespace, the way Flux names objects
/// in conditions and events.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// API group; empty for the core group.
    pub group: &'a str,
    /// Kind.
    pub kind: &'a str,
    /// Namespace; empty outside a namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl<'a> Subject<'a> {
    /// The subject as far as the object tells; what is missing is empty.
    pub fn of(object: &'a Value) -> Self {
        let [api_version, kind, metadata] =
            Fields::of(Some(object)).pick(["apiVersion", "kind", "metadata"]);
        let text = |value: Option<&'a Value>| value.and_then(Value::as_str).unwrap_or_default();
        let metadata = Fields::of(metadata);
        Self {
            group: group(text(api_version)).unwrap_or_default(),
            kind: text(kind),
            namespace: metadata.text("namespace", ""),
            name: metadata.text("name", ""),
        }
    }
}

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name, .. } = self;
        let kind = if kind.is_empty() { "object" } else { kind };
        match (namespace.is_empty(), name.is_empty()) {
            (_, true) => f.write_str(kind),
            (true, false) => write!(f, "{kind}/{name}"),
            (false, false) => write!(f, "{kind}/{namespace}/{name}"),
        }
    }
}

/// The group of an apiVersion, which is `version` or `group/version`.
pub(crate) fn group(api_version: &str) -> Option<&str> {
    let mut group = None;
    for (at, byte) in api_version.bytes().enumerate() {
        if byte == b'/' && group.replace(&api_version[..at]).is_some() {
            return None;
        }
    }
    Some(group.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subject_prints_what_it_has() {
        let printed = |object: Value| Subject::of(&object).to_string();
        let namespaced =
            json!({ "kind": "Deployment", "metadata": { "name": "web", "namespace": "shop" } });
        assert_eq!(printed(namespaced), "Deployment/shop/web");
        assert_eq!(
            printed(json!({ "kind": "Namespace", "metadata": { "name": "shop" } })),
            "Namespace/shop"
        );
        assert_eq!(printed(json!(5)), "object");
    }

    #[test]
    fn the_group_is_what_stands_before_the_only_slash() {
        assert_eq!(group("apps/v1"), Some("apps"));
        assert_eq!(group("v1"), Some(""));
        assert_eq!(group("/v1"), Some(""));
        assert_eq!(group("a/b/c"), None);
        assert_eq!(group("//v1"), None);
    }
}
