//! The versions that one kind is served in.

use serde_json::Value;

use crate::schema::{Gvk, ObjectType, Schema};
use std::sync::Arc;

/// Shows an object in another version, and says what is what in each.
///
/// Managers name fields as they are in the version they wrote in. [`OneShape`] serves kinds whose
/// versions differ in nothing but the name.
pub trait Versions {
    /// The type of the kind in a version. `None`: there is no such version (any more).
    fn type_in(&self, api_version: &str) -> Option<ObjectType>;

    /// The object in another version, `apiVersion` included.
    ///
    /// # Errors
    ///
    /// [`Unconvertible::NoSuchVersion`] lets the manager who wrote in that version be forgotten;
    /// anything else fails the write.
    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible>;
}

/// Why an object cannot be seen in another version.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unconvertible {
    /// The version is not served.
    #[error("no kind is registered for version {api_version}")]
    NoSuchVersion {
        /// The version that was asked for.
        api_version: String,
    },
    /// The conversion failed.
    #[error("{message}")]
    Failed {
        /// What it said.
        message: String,
    },
}

/// A kind that has the same shape in all its versions, each with a type of its own.
#[derive(Clone, Debug)]
pub struct OneShape {
    types: Vec<(String, ObjectType)>,
}

impl OneShape {
    /// A kind in one version only.
    pub fn new(api_version: &str, of: ObjectType) -> Self {
        Self { types: vec![(api_version.to_owned(), of)] }
    }

    /// One version more.
    #[must_use]
    pub fn with(mut self, api_version: &str, of: ObjectType) -> Self {
        self.types.push((api_version.to_owned(), of));
        self
    }

    /// A kind in every version that a schema has of it.
    pub fn of_kind(schema: &Arc<Schema>, group: &str, kind: &str) -> Self {
        let versions = schema.kinds.iter().filter(|(it, _)| it.group == group && it.kind == kind);
        let typed = |(gvk, root): (&Gvk, &u32)| {
            (gvk.api_version(), ObjectType { schema: Arc::clone(schema), root: *root })
        };
        Self { types: versions.map(typed).collect() }
    }
}

impl Versions for OneShape {
    fn type_in(&self, api_version: &str) -> Option<ObjectType> {
        self.types.iter().find(|(version, _)| version == api_version).map(|(_, of)| of.clone())
    }

    fn convert(&self, object: &Value, api_version: &str) -> Result<Value, Unconvertible> {
        if self.type_in(api_version).is_none() {
            return Err(Unconvertible::NoSuchVersion { api_version: api_version.to_owned() });
        }
        let mut object = object.clone();
        if let Some(map) = object.as_object_mut() {
            map.insert("apiVersion".to_owned(), Value::from(api_version));
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_built_in_kind_has_all_its_versions() {
        let scaler =
            OneShape::of_kind(&Schema::builtin(), "autoscaling", "HorizontalPodAutoscaler");
        assert!(scaler.type_in("autoscaling/v1").is_some());
        assert!(scaler.type_in("autoscaling/v2").is_some());
        let converted = scaler.convert(&json!({"apiVersion": "autoscaling/v1"}), "autoscaling/v2");
        assert_eq!(converted, Ok(json!({"apiVersion": "autoscaling/v2"})));
        assert!(scaler.convert(&json!({}), "autoscaling/v3").is_err());
    }
}
