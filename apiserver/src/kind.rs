//! One kind as it is served in one version.

use std::sync::Arc;

use crate::convert::{Foreign, Shapes};
use crate::custom::Custom;

/// What clients can do with a kind, and how the server files it.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: Box<str>,
    pub(crate) version: Box<str>,
    pub(crate) kind: Box<str>,
    pub(crate) list_kind: Box<str>,
    pub(crate) plural: Box<str>,
    pub(crate) singular: Box<str>,
    pub(crate) short_names: Vec<Box<str>>,
    pub(crate) categories: Vec<Box<str>>,
    pub(crate) scope: Scope,
    pub(crate) subresources: Vec<Box<str>>,
    /// Whether `metadata.generation` counts the changes of the spec.
    pub(crate) counts_generation: bool,
    /// Whether an update of an object that is not there creates it.
    pub(crate) update_creates: bool,
    /// Whether an update has to name the version it is based on.
    pub(crate) update_needs_version: bool,
    /// Whether it is only posted, and answered instead of stored.
    pub(crate) posted: bool,
    /// Whether it is only read, and made for each answer instead of stored.
    pub(crate) told: bool,
    /// How it differs from what is stored, for a second shape of the same objects.
    pub(crate) foreign: Option<Foreign>,
    /// Whether it comes with the server; else a definition added it.
    pub(crate) built_in: bool,
    /// Paths a field selector may name beside name and namespace.
    pub(crate) fields: Arc<[Box<str>]>,
    /// Its types, by version, for managed fields.
    pub(crate) versions: Arc<Shapes>,
    /// The schema of a kind that a definition added.
    pub(crate) custom: Option<Custom>,
    /// Where its objects are kept; all versions of a kind share it.
    pub(crate) shelf: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
}

impl Kind {
    pub(crate) fn namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    pub(crate) fn has(&self, subresource: &str) -> bool {
        self.subresources.iter().any(|s| &**s == subresource)
    }

    /// `deployments.apps`, `pods`: how messages name the resource.
    pub(crate) fn qualified(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// `Deployment.apps`, `Pod`: how messages name the kind.
    pub(crate) fn qualified_kind(&self) -> String {
        qualified(&self.kind, &self.group)
    }

    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        &*self.group == group && &*self.kind == kind
    }

    /// Where etcd would keep an object; upstream's refusals say so.
    pub(crate) fn storage_key(&self, key: &str) -> String {
        let group = if self.built_in { String::new() } else { format!("{}/", self.group) };
        format!("/registry/{group}{}/{key}", self.plural)
    }

    /// The verbs discovery promises.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        const ALL: &[&str] =
            &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
        const SINGLY: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
        if self.posted {
            return &["create"];
        }
        if self.told {
            return &["get", "list"];
        }
        if self.is("", "Namespace") { SINGLY } else { ALL }
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}
