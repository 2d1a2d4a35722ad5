//! What cannot be asked about yet, because the same set brings what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gotk_merge::Schema;
use kube::core::ApiResource;
use serde_json::Value;

use super::{Item, Todo};
use crate::cluster::Endpoint;
use crate::{Action, Error, ObjectId, compare, object};

/// A kind that the set defines.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Definition {
    group: String,
    kind: String,
    plural: String,
    namespaced: bool,
    versions: Vec<String>,
}

impl Definition {
    fn read(crd: &Value) -> Option<Self> {
        let text = |path| Some(object::at(crd, path)?.as_str()?.to_owned());
        let versions = object::at(crd, "/spec/versions")?.as_array()?;
        let served = versions.iter().filter(|it| it["served"] == true);
        Some(Self {
            group: text("/spec/group")?,
            kind: text("/spec/names/kind")?,
            plural: text("/spec/names/plural")?,
            namespaced: text("/spec/scope")? == "Namespaced",
            versions: served.filter_map(|it| Some(it["name"].as_str()?.to_owned())).collect(),
        })
    }

    pub(super) fn defines(&self, group: &str, version: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind && self.versions.iter().any(|it| it == version)
    }

    pub(super) fn endpoint(&self, version: &str) -> Endpoint {
        let resource = ApiResource {
            group: self.group.clone(),
            version: version.to_owned(),
            api_version: format!("{}/{version}", self.group),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        };
        Endpoint { resource, namespaced: self.namespaced }
    }
}

/// The kinds that a set defines.
pub(super) fn definitions(objects: &[Value]) -> BTreeSet<Definition> {
    let is_definition =
        |object: &&Value| object::text(object, "/kind") == "CustomResourceDefinition";
    objects.iter().filter(is_definition).filter_map(Definition::read).collect()
}

/// What the first stage is going to change.
#[derive(Default)]
pub(crate) struct Pending {
    namespaces: BTreeSet<String>,
    kinds: BTreeMap<(String, String), Kind>,
    /// Whether the first stage writes anything at all.
    any: bool,
}

struct Kind {
    is_new: bool,
    definition: Value,
}

impl Pending {
    pub(super) fn after(definitions: &[Item]) -> Self {
        let mut pending = Self::default();
        for item in definitions.iter().filter(|item| !matches!(item.todo, Todo::Nothing)) {
            pending.any = true;
            let is_new = item.change.action == Action::Create;
            let Some(desired) = &item.desired else { continue };
            match item.id().kind.as_str() {
                "Namespace" if is_new => drop(pending.namespaces.insert(item.id().name.clone())),
                "CustomResourceDefinition"
                    if is_new || compare::touches_spec(&item.change.fields) =>
                {
                    let text = |path| object::text(desired, path).to_owned();
                    let key = (text("/spec/group"), text("/spec/names/kind"));
                    pending.kinds.insert(key, Kind { is_new, definition: desired.clone() });
                }
                _ => {}
            }
        }
        pending
    }

    /// What probably happens to an item that must wait for the first stage.
    pub(super) fn reason_to_wait(&self, item: &Item) -> Option<Action> {
        let id = item.id();
        if self.namespaces.contains(&id.namespace) {
            return Some(Action::Create);
        }
        let kind = self.kinds.get(&(id.group.clone(), id.kind.clone()))?;
        Some(if kind.is_new { Action::Create } else { Action::Configure })
    }

    /// What probably happens to an item that was refused, if that may be because the first stage is
    /// still to come: a role that is not there yet cannot be bound, a class not be named.
    pub(super) fn excuse(&self, _item: &Item, error: &Error) -> Option<Action> {
        let Error::Refused { source, .. } = error else { return None };
        let code = source.status()?.code;
        (self.any && matches!(code, 403 | 404)).then_some(Action::Create)
    }

    /// Compares an object with the schema at hand: of its new definition, or the built-in one.
    pub(super) fn check(&self, id: &ObjectId, desired: &Value) -> Result<(), Error> {
        let version = object::version(desired);
        let of = match self.kinds.get(&(id.group.clone(), id.kind.clone())) {
            Some(kind) => {
                let schema = Schema::from_crd(&kind.definition, version).ok().map(Arc::new);
                schema.and_then(|schema| schema.kind(&id.group, version, &id.kind))
            }
            None => Schema::builtin().kind(&id.group, version, &id.kind),
        };
        let Some(of) = of else { return Ok(()) };
        of.validate(desired).map_err(|errors| Error::object_problem(id, errors.to_string()))
    }
}
