//! What OpenAPI says about kinds: which are namespaced, and which lists have keys.

mod definitions;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use lean_string::LeanString;

/// The schemas of one build. Clones share everything.
#[derive(Clone, Debug)]
pub(crate) struct Schema(Arc<Facts>);

#[derive(Clone, Debug, Default)]
struct Facts {
    types: Vec<Type>,
    /// The definitions by name, defined or only referred to.
    names: HashMap<LeanString, Named>,
    /// What each name that is referred to stands for.
    targets: Vec<Option<TypeId>>,
    kinds: HashMap<Kind, TypeId>,
    namespaced: HashMap<Kind, bool>,
}

type TypeId = u32;
type Named = u32;
/// `apiVersion` and `kind`.
type Kind = (LeanString, LeanString);

/// What is known about a value.
#[derive(Clone, Debug, Default)]
struct Type {
    fields: HashMap<LeanString, Ref>,
    /// The values of a map, where all have the same type.
    any_field: Option<Ref>,
    items: Option<Ref>,
    /// `x-kubernetes-patch-strategy`
    strategy: LeanString,
    keys: Vec<LeanString>,
    /// Only what matters is in the table, so that a field which is not in it is known all the same.
    is_partial: bool,
}

#[derive(Clone, Copy, Debug)]
enum Ref {
    Type(TypeId),
    Name(Named),
}

/// Where a walk through an object is in its schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'s> {
    facts: &'s Facts,
    /// `None`: known, and nothing to be told about it.
    at: Option<TypeId>,
}

/// Definitions may name each other, but not for ever.
const MAX_HOPS: usize = 32;

impl Schema {
    /// The schema of kustomize 5: Kubernetes 1.21, reduced to what merging and scopes need.
    pub(crate) fn builtin() -> Self {
        static BUILTIN: LazyLock<Schema> =
            LazyLock::new(|| Schema(Arc::new(table(include_str!("schema/builtin.txt")))));
        BUILTIN.clone()
    }

    /// The schema of an OpenAPI document; with `add` over the built-in one, and else alone.
    pub(crate) fn from_document(text: &str, add: bool) -> Result<Self, String> {
        let document = definitions::read(text)?;
        let mut facts = if add { (*Self::builtin().0).clone() } else { Facts::default() };
        definitions::add(&mut facts, &document)?;
        Ok(Self(Arc::new(facts)))
    }

    /// Whether a kind's objects have namespaces; `None` if nothing is known about it.
    pub(crate) fn is_namespaced(&self, api_version: &str, kind: &str) -> Option<bool> {
        let kind = (LeanString::from(api_version), LeanString::from(kind));
        // What is compiled into the original holds whatever schema is loaded.
        FIXED_SCOPES.get(&kind).or_else(|| self.0.namespaced.get(&kind)).copied()
    }

    /// The schema of a kind's objects.
    pub(crate) fn of(&self, api_version: &str, kind: &str) -> Option<Cursor<'_>> {
        let kind = (LeanString::from(api_version), LeanString::from(kind));
        let at = *self.0.kinds.get(&kind)?;
        Some(Cursor { facts: &self.0, at: (at != NOTHING).then_some(at) })
    }
}

/// A kind about which there is nothing to tell.
const NOTHING: TypeId = TypeId::MAX;

static FIXED_SCOPES: LazyLock<HashMap<Kind, bool>> = LazyLock::new(|| {
    let rows = include_str!("schema/builtin.txt").lines();
    let rows = rows.filter_map(|line| line.strip_prefix("fixed "));
    let row = |line: &str| {
        let mut words = line.split(' ').map(LeanString::from);
        Some(((words.next()?, words.next()?), words.next()? == "namespaced"))
    };
    rows.filter_map(row).collect()
});

impl<'s> Cursor<'s> {
    fn current(self) -> Option<&'s Type> {
        self.at.and_then(|at| self.facts.types.get(at as usize))
    }

    fn follow(self, to: Ref) -> Option<Self> {
        let at = match to {
            Ref::Type(at) => Some(at),
            Ref::Name(name) => self.facts.targets.get(name as usize).copied().flatten(),
        };
        at.map(|at| Self { facts: self.facts, at: (at != NOTHING).then_some(at) })
    }

    /// The schema of a field.
    pub(crate) fn field(self, name: &str) -> Option<Self> {
        let current = self.current()?;
        let found = current.fields.get(name).or(current.any_field.as_ref());
        match found {
            Some(to) => self.follow(*to),
            None => current.is_partial.then_some(Self { at: None, ..self }),
        }
    }

    /// The schema of a list's items.
    pub(crate) fn items(self) -> Option<Self> {
        self.follow(self.current()?.items?)
    }

    /// Whether lists are merged item by item.
    pub(crate) fn merges_items(self) -> bool {
        self.current().is_some_and(|of| of.strategy.split(',').any(|word| word == "merge"))
    }

    /// The fields that tell items apart; none if the items are scalars.
    pub(crate) fn keys(self) -> &'s [LeanString] {
        self.current().map_or(&[], |of| &of.keys)
    }
}

impl Facts {
    fn name(&mut self, name: &str) -> Named {
        if let Some(&known) = self.names.get(name) {
            return known;
        }
        let next = self.targets.len() as Named;
        self.targets.push(None);
        self.names.insert(name.into(), next);
        next
    }

    fn push(&mut self, of: Type) -> TypeId {
        self.types.push(of);
        (self.types.len() - 1) as TypeId
    }

    fn define(&mut self, name: &str, of: Type) -> TypeId {
        let (id, name) = (self.push(of), self.name(name));
        self.targets[name as usize] = Some(id);
        id
    }
}

/// Reads the table that `hack/kustomize-facts` writes.
fn table(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut current = 0;
    for line in text.lines() {
        let words: Vec<&str> = line.trim_start().split(' ').collect();
        match (words.as_slice(), line.starts_with(' ')) {
            (["type", name], false) => {
                current = facts.define(name, Type { is_partial: true, ..Type::default() }) as usize;
            }
            (["kind", api_version, kind, scope, of], false) => {
                let kind = (LeanString::from(*api_version), LeanString::from(*kind));
                let name = (*of != "-").then(|| facts.name(of));
                let of = name.and_then(|name| facts.targets[name as usize]).unwrap_or(NOTHING);
                facts.kinds.insert(kind.clone(), of);
                if *scope != "?" {
                    facts.namespaced.insert(kind, *scope == "namespaced");
                }
            }
            ([field, of, list @ ..], true) => {
                let mut to =
                    if *of == "-" { Ref::Type(NOTHING) } else { Ref::Name(facts.name(of)) };
                if let [strategy, keys @ ..] = list {
                    let keys = keys.iter().flat_map(|keys| keys.split(',')).map(LeanString::from);
                    to = Ref::Type(facts.push(Type {
                        items: Some(to),
                        strategy: strategy.trim_matches('-').into(),
                        keys: keys.collect(),
                        ..Type::default()
                    }));
                }
                if let Some(of) = facts.types.get_mut(current) {
                    of.fields.insert(LeanString::from(*field), to);
                }
            }
            _ => {}
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(schema: &Schema, api_version: &str, kind: &str, path: &str) -> Option<Vec<LeanString>> {
        let mut at = schema.of(api_version, kind)?;
        for part in path.split('.') {
            at = if part == "[]" { at.items()? } else { at.field(part)? };
        }
        at.merges_items().then(|| at.keys().to_vec())
    }

    #[test]
    fn containers_are_told_apart_by_name_and_ports_by_number_and_protocol() {
        let schema = Schema::builtin();
        let of = |path| keys(&schema, "apps/v1", "Deployment", path);
        assert_eq!(of("spec.template.spec.containers"), Some(vec!["name".into()]));
        let ports = of("spec.template.spec.containers.[].ports");
        assert_eq!(ports, Some(vec!["containerPort".into(), "protocol".into()]));
        assert_eq!(of("metadata.finalizers"), Some(Vec::new()));
        assert_eq!(of("spec.template.spec.containers.[].args"), None);
        assert_eq!(keys(&schema, "example.com/v1", "Deployment", "spec"), None);
    }

    #[test]
    fn scopes_are_known_for_kinds_of_1_21() {
        let schema = Schema::builtin();
        assert_eq!(schema.is_namespaced("v1", "Namespace"), Some(false));
        assert_eq!(schema.is_namespaced("v1", "ConfigMap"), Some(true));
        assert_eq!(schema.is_namespaced("policy/v1beta1", "PodSecurityPolicy"), Some(false));
        assert_eq!(schema.is_namespaced("example.com/v1", "Thing"), None);
    }

    const CUSTOM: &str = r##"{
        "definitions": {
            "v1.Thing": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Thing", "version": "v1"}],
                "properties": {
                    "spec": {"$ref": "#/definitions/v1.Spec"},
                    "pod": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}
                }
            },
            "v1.Spec": {"properties": {"parts": {
                "type": "array", "items": {"type": "object"},
                "x-kubernetes-patch-merge-key": "id", "x-kubernetes-patch-strategy": "merge"
            }}}
        },
        "paths": {"/apis/example.com/v1/things": {"get": {
            "x-kubernetes-group-version-kind": {"group": "example.com", "kind": "Thing", "version": "v1"}
        }}}
    }"##;

    #[test]
    fn a_custom_schema_stands_alone_or_over_the_built_in_one() {
        let alone = Schema::from_document(CUSTOM, false).unwrap();
        let of = |schema, path| keys(schema, "example.com/v1", "Thing", path);
        assert_eq!(of(&alone, "spec.parts"), Some(vec!["id".into()]));
        assert_eq!(of(&alone, "pod.containers"), None);
        assert!(alone.of("apps/v1", "Deployment").is_none());
        assert_eq!(alone.is_namespaced("example.com/v1", "Thing"), Some(false));
        assert_eq!(alone.is_namespaced("v1", "Namespace"), Some(false));

        let over = Schema::from_document(CUSTOM, true).unwrap();
        assert_eq!(of(&over, "spec.parts"), Some(vec!["id".into()]));
        assert_eq!(of(&over, "pod.containers"), Some(vec!["name".into()]));
        assert!(over.of("apps/v1", "Deployment").is_some());
    }

    #[test]
    fn definitions_that_name_each_other_end() {
        let text = r##"{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"},
            "c": {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "C"}],
                  "properties": {"x": {"$ref": "#/definitions/a"}}}}}"##;
        let schema = Schema::from_document(text, false).unwrap();
        assert!(schema.of("v1", "C").unwrap().field("x").is_none());
        assert!(Schema::from_document("{", false).is_err());
        assert!(Schema::from_document("[1]", false).is_err());
    }
}
