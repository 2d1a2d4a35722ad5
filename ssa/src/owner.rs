//! Whose an object is.

use std::fmt;

use serde_json::{Map, Value};

use crate::answer::Glance;
use crate::object;

/// The set that an object belongs to, told by two labels: `<group>/name` and `<group>/namespace`.
///
/// ```
/// use gotk_ssa::Owner;
///
/// let shop = Owner::flux("flux-system", "shop");
/// assert_eq!(shop.labels()[0].0, "kustomize.toolkit.fluxcd.io/name");
/// assert_eq!(shop.to_string(), "flux-system/shop");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Owner {
    group: String,
    namespace: String,
    name: String,
}

impl Owner {
    /// A set of a controller: `group` is the prefix of the labels.
    pub fn new(group: &str, namespace: &str, name: &str) -> Self {
        let (group, namespace) = (group.to_owned(), namespace.to_owned());
        Self { group, namespace, name: name.to_owned() }
    }

    /// What a Flux `Kustomization` of that name puts on its objects.
    pub fn flux(namespace: &str, name: &str) -> Self {
        Self::new("kustomize.toolkit.fluxcd.io", namespace, name)
    }

    /// The labels with their values: name, then namespace.
    pub fn labels(&self) -> [(String, String); 2] {
        [(self.name_label(), self.name.clone()), (self.namespace_label(), self.namespace.clone())]
    }

    /// Puts the labels on an object.
    pub fn stamp(&self, object: &mut Value) {
        let Some(root) = object.as_object_mut() else { return };
        let mut at = root;
        for key in ["metadata", "labels"] {
            let inner = at.entry(key).or_insert_with(|| Value::Object(Map::new()));
            if inner.is_null() {
                *inner = Value::Object(Map::new());
            }
            match inner.as_object_mut() {
                Some(inner) => at = inner,
                None => return,
            }
        }
        at.extend(self.labels().map(|(label, value)| (label, Value::String(value))));
    }

    /// The owner that an object names, among those with the same labels as this one.
    pub(crate) fn of(&self, live: &Value) -> Option<Self> {
        let label = |name: String| object::label(live, &name);
        let name = label(self.name_label())?;
        Some(Self::new(&self.group, label(self.namespace_label()).unwrap_or_default(), name))
    }

    /// Whether an object carries exactly these labels.
    pub(crate) fn is_named_by(&self, live: &Glance<'_>) -> bool {
        self.labels().iter().all(|(label, value)| live.label(label) == Some(value))
    }

    /// The label that every object of this kind of owner has.
    fn name_label(&self) -> String {
        format!("{}/name", self.group)
    }

    fn namespace_label(&self) -> String {
        format!("{}/namespace", self.group)
    }

    /// A selector for the objects of this owner.
    pub(crate) fn selector(&self) -> String {
        self.labels().map(|(label, value)| format!("{label}={value}")).join(",")
    }
}

/// `namespace/name`
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stamped_object_names_its_owner() {
        let owner = Owner::flux("apps", "shop");
        for mut object in [json!({}), json!({"metadata": {"labels": null}})] {
            owner.stamp(&mut object);
            assert_eq!(owner.of(&object), Some(owner.clone()));
        }
        assert_eq!(owner.of(&json!({"metadata": {"labels": {"app": "web"}}})), None);
    }
}
