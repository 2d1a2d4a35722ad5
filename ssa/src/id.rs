//! Which object is meant, whatever its version.

use std::fmt;

use serde_json::Value;

use crate::{Error, object};

/// Group, kind, namespace and name of an object: what stays when its version or content changes.
///
/// ```
/// use gotk_ssa::ObjectId;
///
/// let web = ObjectId::new("apps", "Deployment", "shop", "web");
/// assert_eq!(web.to_string(), "Deployment/shop/web");
/// assert_eq!(web.encode(), "shop_web_apps_Deployment");
/// assert_eq!(ObjectId::parse("shop_web_apps_Deployment")?, web);
/// # Ok::<(), gotk_ssa::Error>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct ObjectId {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for what lives outside of namespaces.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl ObjectId {
    /// From its four parts.
    pub fn new(group: &str, kind: &str, namespace: &str, name: &str) -> Self {
        let (group, kind) = (group.to_owned(), kind.to_owned());
        Self { group, kind, namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The id of an object, as far as it tells: parts that are missing are empty.
    pub fn of(object: &Value) -> Self {
        let text = |path| object::text(object, path);
        let group = text("/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        Self::new(group, text("/kind"), text("/metadata/namespace"), text("/metadata/name"))
    }

    /// Reads `<namespace>_<name>_<group>_<kind>`, as Flux and cli-utils write it.
    ///
    /// # Errors
    ///
    /// [`Error::Id`] when there are too few or too many parts, or no name or kind.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fail = |reason| Error::Id { text: text.to_owned(), reason };
        let (namespace, rest) = text.split_once('_').ok_or_else(|| fail("has too few parts"))?;
        let (rest, kind) = rest.rsplit_once('_').ok_or_else(|| fail("has too few parts"))?;
        let (name, group) = rest.rsplit_once('_').ok_or_else(|| fail("has too few parts"))?;
        let name = name.replace("__", ":");
        if name.contains('_') {
            return Err(fail("has too many parts"));
        }
        if name.is_empty() || kind.is_empty() {
            return Err(fail("has no name or kind"));
        }
        Ok(Self::new(group, kind, namespace, &name))
    }

    /// Writes `<namespace>_<name>_<group>_<kind>`; a colon, which names in RBAC may have, as `__`.
    pub fn encode(&self) -> String {
        let Self { group, kind, namespace, name } = self;
        if group == RBAC && name.contains(':') {
            return format!("{namespace}_{}_{group}_{kind}", name.replace(':', "__"));
        }
        format!("{namespace}_{name}_{group}_{kind}")
    }
}

/// `Kind/namespace/name`, as Flux's messages and events have it.
impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{}/{}", self.kind, self.name),
            namespace => write!(f, "{}/{namespace}/{}", self.kind, self.name),
        }
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        for (text, id) in [
            ("shop_web_apps_Deployment", ObjectId::new("apps", "Deployment", "shop", "web")),
            ("_shop__Namespace", ObjectId::new("", "Namespace", "", "shop")),
            (
                "_system__node_rbac.authorization.k8s.io_ClusterRole",
                ObjectId::new(RBAC, "ClusterRole", "", "system:node"),
            ),
        ] {
            assert_eq!(id.encode(), text);
            assert_eq!(ObjectId::parse(text).unwrap(), id);
        }
    }

    #[test]
    fn what_is_no_id_says_so() {
        for (text, problem) in [
            ("", "inventory id \"\" has too few parts"),
            ("a_b_c", "inventory id \"a_b_c\" has too few parts"),
            (
                "ns_a_b_apps_Deployment",
                "inventory id \"ns_a_b_apps_Deployment\" has too many parts",
            ),
            ("ns__apps_Deployment", "inventory id \"ns__apps_Deployment\" has no name or kind"),
        ] {
            assert_eq!(ObjectId::parse(text).unwrap_err().to_string(), problem);
        }
    }
}
