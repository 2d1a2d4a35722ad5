//! What a schema says about merging: which lists have keys, which maps are one value.

mod document;
pub(crate) mod openapi;
mod smd;
pub(crate) mod table;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use smol_str::SmolStr;

use crate::error::Error;

/// The types of a family of objects, and which kind has which.
///
/// Made by [`Schema::builtin`], [`Schema::from_openapi`], [`Schema::from_crd`] or
/// [`Schema::from_smd`]; [`Schema::kind`] and [`Schema::type_named`] give the types out.
#[derive(Debug)]
pub struct Schema {
    pub(crate) atoms: Vec<Atom>,
    pub(crate) names: HashMap<SmolStr, TypeId>,
    pub(crate) kinds: HashMap<Gvk, TypeId>,
    pub(crate) version: String,
}

/// Group, version and kind.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Gvk {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version within the group.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// An index into [`Schema::atoms`].
pub(crate) type TypeId = u32;

/// A type: what a value of it may be. Where several are set, the value's own kind selects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Atom {
    pub(crate) name: Option<SmolStr>,
    pub(crate) scalar: Option<ScalarType>,
    pub(crate) list: Option<ListType>,
    pub(crate) map: Option<MapType>,
    /// The name of a type that was referred to and is not there.
    pub(crate) missing: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ScalarType {
    Numeric,
    String,
    Boolean,
    Untyped,
}

#[derive(Clone, Debug)]
pub(crate) struct ListType {
    pub(crate) element: TypeId,
    /// Atomic lists are one value. The others are sets, or keyed where there are keys.
    pub(crate) atomic: bool,
    pub(crate) keys: Vec<SmolStr>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct MapType {
    /// By name.
    pub(crate) fields: Vec<Field>,
    /// The type of keys that are not declared. `None` refuses them.
    pub(crate) element: Option<TypeId>,
    pub(crate) atomic: bool,
}

/// A declared field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: SmolStr,
    pub(crate) of: TypeId,
    pub(crate) default: Option<Value>,
    pub(crate) facts: FieldFacts,
}

/// What merging does not need but a server's validation and strategic merge do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct FieldFacts {
    pub(crate) required: bool,
    pub(crate) patch_merge: bool,
    pub(crate) patch_retain_keys: bool,
    pub(crate) merge_key: Option<SmolStr>,
    pub(crate) format: Option<SmolStr>,
    pub(crate) allowed: Vec<SmolStr>,
}

impl MapType {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        let at = self.fields.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        Some(&self.fields[at])
    }

    /// The type of a child, declared or not.
    pub(crate) fn child(&self, name: &str) -> Option<TypeId> {
        self.field(name).map(|field| field.of).or(self.element)
    }

    /// Free-form content without a declared field.
    pub(crate) fn is_deduced(&self, schema: &Schema) -> bool {
        let deduced = |atom: &Atom| match &atom.name {
            Some(name) => name == DEDUCED,
            None => atom.scalar == Some(ScalarType::Untyped),
        };
        self.fields.is_empty() && self.element.is_some_and(|id| deduced(schema.atom(id)))
    }
}

impl Schema {
    pub(crate) fn atom(&self, id: TypeId) -> &Atom {
        &self.atoms[id as usize]
    }

    /// The type of a kind, where the schema has it.
    pub fn kind(self: &Arc<Self>, group: &str, version: &str, kind: &str) -> Option<ObjectType> {
        let root = *self.kinds.get(&Gvk::new(group, version, kind))?;
        Some(ObjectType { schema: Self::clone_arc(self), root })
    }

    /// A type by its name, such as `io.k8s.api.apps.v1.Deployment`.
    pub fn type_named(self: &Arc<Self>, name: &str) -> Option<ObjectType> {
        let root = *self.names.get(name)?;
        Some(ObjectType { schema: Self::clone_arc(self), root })
    }

    fn clone_arc(this: &Arc<Self>) -> Arc<Self> {
        Arc::clone(this)
    }

    /// Every kind, in order.
    pub fn kinds(&self) -> Vec<&Gvk> {
        let mut kinds: Vec<_> = self.kinds.keys().collect();
        kinds.sort();
        kinds
    }

    /// The version of what the schema describes: of Kubernetes, for the built-in kinds.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The number of types.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no type.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl Gvk {
    /// From its three parts.
    pub fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() }
    }

    /// The kind that an object says it is.
    pub fn of(object: &Value) -> Self {
        let api_version = crate::value::text_at(object, &["apiVersion"]);
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        Self::new(group, version, crate::value::text_at(object, &["kind"]))
    }

    /// `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// `apps/v1, Kind=Deployment`
impl std::fmt::Display for Gvk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}, Kind={}", self.group, self.version, self.kind)
    }
}

/// The type of an object: where in a schema it begins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ObjectType {
    pub(crate) schema: Arc<Schema>,
    pub(crate) root: TypeId,
}

impl ObjectType {
    /// The type of objects without a schema: maps are granular, lists are one value.
    pub fn deduced() -> Self {
        let schema = Schema::assemble(Builder::new(), String::new());
        let root = schema.names[DEDUCED];
        Self { schema: Arc::new(schema), root }
    }

    /// The schema it stands in.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
}

/// The whole value is a leaf.
pub(crate) const UNTYPED: &str = "__untyped_atomic_";
/// Merged by the shape of the values.
pub(crate) const DEDUCED: &str = "__untyped_deduced_";

/// Collects types whose references may come before what they refer to.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    atoms: Vec<Atom>,
    names: HashMap<SmolStr, TypeId>,
    defined: Vec<bool>,
    kinds: HashMap<Gvk, TypeId>,
    /// Types referred to with a relationship of the reference's own.
    overrides: Vec<(TypeId, TypeId, bool)>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let mut builder = Self::default();
        for (name, element, atomic) in [(UNTYPED, UNTYPED, true), (DEDUCED, DEDUCED, false)] {
            let (untyped, element) = (builder.named(UNTYPED), builder.named(element));
            let atom = Atom {
                scalar: Some(ScalarType::Untyped),
                list: Some(ListType { element: untyped, atomic: true, keys: Vec::new() }),
                map: Some(MapType { fields: Vec::new(), element: Some(element), atomic }),
                ..Atom::default()
            };
            builder.define(name, atom);
        }
        builder
    }

    /// The id of a named type, defined already or later.
    pub(crate) fn named(&mut self, name: &str) -> TypeId {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        let name = SmolStr::new(name);
        let missing = Atom { name: Some(name.clone()), missing: true, ..Atom::default() };
        let id = self.inline(missing);
        self.defined[id as usize] = false;
        self.names.insert(name, id);
        id
    }

    pub(crate) fn define(&mut self, name: &str, atom: Atom) {
        let id = self.named(name) as usize;
        self.atoms[id] = Atom { name: Some(SmolStr::new(name)), ..atom };
        self.defined[id] = true;
    }

    pub(crate) fn is_defined(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|id| self.defined[*id as usize])
    }

    pub(crate) fn inline(&mut self, atom: Atom) -> TypeId {
        self.atoms.push(atom);
        self.defined.push(true);
        TypeId::try_from(self.atoms.len() - 1).unwrap_or(TypeId::MAX)
    }

    /// A reference that says itself whether the map or list is atomic.
    pub(crate) fn overridden(&mut self, of: TypeId, atomic: bool) -> TypeId {
        let known = self.overrides.iter().find(|it| it.1 == of && it.2 == atomic);
        if let Some((id, ..)) = known {
            return *id;
        }
        let id = self.inline(Atom::default());
        self.overrides.push((id, of, atomic));
        id
    }

    pub(crate) fn kind(&mut self, gvk: Gvk, id: TypeId) {
        self.kinds.insert(gvk, id);
    }
}

impl Schema {
    pub(crate) fn assemble(mut builder: Builder, version: String) -> Self {
        for (id, of, atomic) in std::mem::take(&mut builder.overrides) {
            let mut atom = builder.atoms[of as usize].clone();
            match &mut atom {
                Atom { map: Some(map), .. } => map.atomic = atomic,
                Atom { list: Some(list), .. } => list.atomic = atomic,
                _ => atom.missing = true,
            }
            builder.atoms[id as usize] = atom;
        }
        for atom in &mut builder.atoms {
            if let Some(map) = &mut atom.map {
                map.fields.sort_by(|a, b| a.name.cmp(&b.name));
                map.fields.dedup_by(|later, kept| later.name == kept.name);
            }
        }
        let names =
            builder.names.into_iter().filter(|(_, id)| builder.defined[*id as usize]).collect();
        Self { atoms: builder.atoms, names, kinds: builder.kinds, version }
    }
}

/// How a document that should describe types fails to.
pub(crate) fn bad_schema(at: &str, problem: impl std::fmt::Display) -> Error {
    Error::Schema { message: format!("{at}: {problem}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_kind_has_no_group() {
        let gvk = Gvk::of(&serde_json::json!({"apiVersion": "v1", "kind": "Pod"}));
        assert_eq!(gvk.to_string(), "/v1, Kind=Pod");
        assert_eq!(gvk.api_version(), "v1");
    }

    #[test]
    fn without_a_schema_maps_are_granular_and_lists_are_not() {
        let deduced = ObjectType::deduced();
        let atom = deduced.schema.atom(deduced.root);
        assert!(!atom.map.as_ref().unwrap().atomic);
        assert!(atom.list.as_ref().unwrap().atomic);
    }
}
