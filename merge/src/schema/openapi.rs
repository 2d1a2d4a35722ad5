//! Schemas from OpenAPI documents and from custom resource definitions.

use std::sync::Arc;

use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::{
    Atom, Builder, DEDUCED, Field, FieldFacts, Gvk, ListType, MapType, ScalarType, Schema, TypeId,
    UNTYPED, bad_schema,
};
use crate::error::Error;
use crate::value::{self, MAX_DEPTH};

const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const RAW_EXTENSION: &str = "io.k8s.apimachinery.pkg.runtime.RawExtension";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

impl Schema {
    /// Reads OpenAPI documents as an API server publishes them: version 3 (one for each group and
    /// version) or version 2.
    ///
    /// # Errors
    ///
    /// When a type is described in a way that cannot be merged by, such as a keyed list without
    /// keys.
    pub fn from_openapi<'d>(documents: impl IntoIterator<Item = &'d Value>) -> Result<Self, Error> {
        let mut reader = Reader::default();
        let mut version = String::new();
        for document in documents {
            reader.read_document(document)?;
            let said = value::text_at(document, &["info", "version"]).trim_start_matches('v');
            if version.is_empty() || version == "unversioned" {
                said.clone_into(&mut version);
            }
        }
        Ok(Self::assemble(reader.builder, version))
    }

    /// Reads the schema of one version of a `CustomResourceDefinition`.
    ///
    /// Metadata is typed as in every object. A version without a schema merges by shape.
    ///
    /// # Errors
    ///
    /// When the version is not there, or its schema cannot be merged by.
    pub fn from_crd(definition: &Value, version: &str) -> Result<Self, Error> {
        let spec = definition.get("spec").unwrap_or(&Value::Null);
        let versions =
            spec.get("versions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let found = versions.iter().find(|it| value::text_at(it, &["name"]) == version);
        let found =
            found.ok_or_else(|| bad_schema(version, "no such version in the definition"))?;
        let kind = value::text_at(spec, &["names", "kind"]);
        let gvk = Gvk::new(value::text_at(spec, &["group"]), version, kind);

        let preserve = is_true(spec, "preserveUnknownFields");
        let mut reader = Reader { preserve, ..Reader::default() };
        reader.import_metadata();
        let schema = found.get("schema").and_then(|it| it.get("openAPIV3Schema"));
        let name = format!("{}.{kind}", gvk.api_version());
        let free =
            serde_json::json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let id = reader.define(&name, &with_type_meta(schema.unwrap_or(&free)))?;
        reader.builder.kind(gvk, id);
        Ok(Self::assemble(reader.builder, version.to_owned()))
    }
}

/// What the API server adds to the schema of a custom resource, or of an object embedded in one.
fn with_type_meta(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(root) = schema.as_object_mut() {
        let properties = root.entry("properties").or_insert_with(|| Value::Object(Map::new()));
        if let Some(properties) = properties.as_object_mut() {
            let text = serde_json::json!({"type": "string"});
            properties.insert("apiVersion".to_owned(), text.clone());
            properties.insert("kind".to_owned(), text);
            properties.insert("metadata".to_owned(), serde_json::json!({"$ref": OBJECT_META}));
        }
    }
    schema
}

#[derive(Default)]
struct Reader {
    builder: Builder,
    /// Whether unknown fields are kept everywhere.
    preserve: bool,
}

/// What holds while reading one type: where it is, and whether unknown fields are kept.
#[derive(Clone, Copy)]
struct Scope<'n> {
    at: &'n str,
    preserve: bool,
    depth: usize,
}

impl Reader {
    fn read_document(&mut self, document: &Value) -> Result<(), Error> {
        if self.builder.kinds.is_empty() && !self.builder.is_defined(UNTYPED) {
            self.builder = Builder::new();
        }
        let components = document.get("components").and_then(|it| value::map_at(it, "schemas"));
        let definitions = components.or_else(|| value::map_at(document, "definitions"));
        let definitions = definitions
            .ok_or_else(|| bad_schema("document", "has neither schemas nor definitions"))?;
        for (name, schema) in definitions {
            // Documents of other groups repeat what they share.
            if !self.builder.is_defined(name) && schema.get("$ref").is_none() {
                let id = self.define(name, schema)?;
                self.index_kinds(schema, id);
            }
        }
        Ok(())
    }

    fn import_metadata(&mut self) {
        self.builder = Builder::new();
        let builtin = super::table::builtin();
        if let Some(id) = builtin.names.get(OBJECT_META) {
            import_reference(builtin, *id, &mut self.builder);
        }
    }

    fn define(&mut self, name: &str, schema: &Value) -> Result<TypeId, Error> {
        let atom = match name {
            QUANTITY => Atom { scalar: Some(ScalarType::Untyped), ..Atom::default() },
            RAW_EXTENSION => {
                let untyped = self.builder.named(UNTYPED);
                self.builder.atoms[untyped as usize].clone()
            }
            _ => self.atom(schema, Scope { at: name, preserve: self.preserve, depth: 0 })?,
        };
        self.builder.define(name, atom);
        Ok(self.builder.named(name))
    }

    fn index_kinds(&mut self, schema: &Value, id: TypeId) {
        let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        for gvk in kinds.into_iter().flatten() {
            let part = |name| value::text_at(gvk, &[name]);
            self.builder.kind(Gvk::new(part("group"), part("version"), part("kind")), id);
        }
    }

    fn atom(&mut self, schema: &Value, mut scope: Scope<'_>) -> Result<Atom, Error> {
        if scope.depth > MAX_DEPTH {
            return Err(bad_schema(scope.at, format!("nested deeper than {MAX_DEPTH}")));
        }
        scope.preserve |= is_true(schema, "x-kubernetes-preserve-unknown-fields");
        let format = value::text_at(schema, &["format"]);
        let scalar = |scalar| Atom { scalar: Some(scalar), ..Atom::default() };
        Ok(match value::text_at(schema, &["type"]) {
            "object" => Atom { map: Some(self.map(schema, scope)?), ..Atom::default() },
            "array" => Atom { list: Some(self.list(schema, scope)?), ..Atom::default() },
            "integer" | "number" => scalar(ScalarType::Numeric),
            "boolean" => scalar(ScalarType::Boolean),
            "string" if matches!(format, "" | "byte") => scalar(ScalarType::String),
            "string" => scalar(ScalarType::Untyped),
            "" if format == "int-or-string" || is_true(schema, "x-kubernetes-int-or-string") => {
                scalar(ScalarType::Untyped)
            }
            "" => Atom {
                scalar: Some(ScalarType::Untyped),
                list: Some(self.list(schema, scope)?),
                map: Some(self.map(schema, scope)?),
                ..Atom::default()
            },
            other => return Err(bad_schema(scope.at, format!("unrecognized type {other:?}"))),
        })
    }

    fn map(&mut self, schema: &Value, scope: Scope<'_>) -> Result<MapType, Error> {
        let embedded =
            is_true(schema, "x-kubernetes-embedded-resource").then(|| with_type_meta(schema));
        let schema = embedded.as_ref().unwrap_or(schema);
        let properties = value::map_at(schema, "properties");
        let required = schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|it| it.iter().any(|it| it == name));
        let mut fields = Vec::with_capacity(properties.map_or(0, Map::len));
        for (name, member) in properties.into_iter().flatten() {
            let at = format!("{}.{name}", scope.at);
            fields.push(Field {
                name: SmolStr::new(name),
                of: self.reference(member, Scope { at: &at, ..scope })?,
                default: member.get("default").filter(|it| !it.is_null()).cloned(),
                facts: facts(member, is_required(name)),
            });
        }
        let element = match schema.get("additionalProperties") {
            None if scope.preserve || fields.is_empty() => Some(self.builder.named(DEDUCED)),
            None | Some(Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some(self.builder.named(DEDUCED)),
            Some(element) => Some(self.reference(element, scope)?),
        };
        Ok(MapType { fields, element, atomic: map_is_atomic(schema, scope.at)?.unwrap_or(false) })
    }

    fn list(&mut self, schema: &Value, scope: Scope<'_>) -> Result<ListType, Error> {
        let element = match schema.get("items") {
            Some(items) => self.reference(items, scope)?,
            None if value::text_at(schema, &["type"]).is_empty() => self.builder.named(UNTYPED),
            None => return Err(bad_schema(scope.at, "`items` must be specified on arrays")),
        };
        let (atomic, keys) = list_relationship(schema, scope.at)?;
        Ok(ListType { element, atomic, keys })
    }

    fn reference(&mut self, schema: &Value, scope: Scope<'_>) -> Result<TypeId, Error> {
        let Some(name) = referred(schema) else {
            let atom = self.atom(schema, Scope { depth: scope.depth + 1, ..scope })?;
            return Ok(self.builder.inline(atom));
        };
        let id = self.builder.named(name);
        Ok(match map_is_atomic(schema, scope.at)? {
            None => id,
            Some(atomic) => self.builder.overridden(id, atomic),
        })
    }
}

/// The last part of a reference, which may be wrapped in an `allOf` of one.
fn referred(schema: &Value) -> Option<&str> {
    let direct = schema.get("$ref");
    let wrapped = || schema.get("allOf")?.as_array().filter(|it| it.len() == 1)?[0].get("$ref");
    let text = direct.or_else(wrapped)?.as_str()?;
    Some(text.rsplit('/').next().unwrap_or(text))
}

fn is_true(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

fn map_is_atomic(schema: &Value, at: &str) -> Result<Option<bool>, Error> {
    match schema.get("x-kubernetes-map-type").map(|it| it.as_str().unwrap_or_default()) {
        None => Ok(None),
        Some("atomic") => Ok(Some(true)),
        Some("granular") => Ok(Some(false)),
        Some(other) => Err(bad_schema(at, format!("unknown map type {other:?}"))),
    }
}

fn list_relationship(schema: &Value, at: &str) -> Result<(bool, Vec<SmolStr>), Error> {
    let text = |name: &str| schema.get(name).map(|it| it.as_str().unwrap_or_default());
    match text("x-kubernetes-list-type") {
        Some("atomic") => return Ok((true, Vec::new())),
        Some("set") => return Ok((false, Vec::new())),
        Some("map") => {
            let keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
            let keys = keys.ok_or_else(|| bad_schema(at, "missing map keys"))?;
            return Ok((false, keys.iter().filter_map(Value::as_str).map(SmolStr::new).collect()));
        }
        Some(other) => return Err(bad_schema(at, format!("unknown list type {other:?}"))),
        None => {}
    }
    let key = text("x-kubernetes-patch-merge-key").map(SmolStr::new);
    match text("x-kubernetes-patch-strategy") {
        None | Some("retainKeys") => Ok((true, Vec::new())),
        Some("merge" | "merge,retainKeys") => Ok((false, key.into_iter().collect())),
        Some(other) => Err(bad_schema(at, format!("unknown patch strategy {other:?}"))),
    }
}

fn facts(member: &Value, required: bool) -> FieldFacts {
    let strategies = value::text_at(member, &["x-kubernetes-patch-strategy"]);
    let has = |name| strategies.split(',').any(|it| it == name);
    let optional = |text: &str| (!text.is_empty()).then(|| SmolStr::new(text));
    let allowed = member.get("enum").and_then(Value::as_array).into_iter().flatten();
    FieldFacts {
        required,
        patch_merge: has("merge"),
        patch_retain_keys: has("retainKeys"),
        merge_key: optional(value::text_at(member, &["x-kubernetes-patch-merge-key"])),
        format: optional(value::text_at(member, &["format"])),
        allowed: allowed.filter_map(Value::as_str).map(SmolStr::new).collect(),
    }
}

/// Copies a map type, and all it refers to, from another schema.
fn import(from: &Arc<Schema>, id: TypeId, into: &mut Builder) -> Option<MapType> {
    let map = from.atom(id).map.as_ref()?;
    let fields = map.fields.iter().map(|field| {
        let of = import_reference(from, field.of, into);
        Field { of, ..field.clone() }
    });
    let fields = fields.collect();
    let element = map.element.map(|id| import_reference(from, id, into));
    Some(MapType { fields, element, atomic: map.atomic })
}

fn import_reference(from: &Arc<Schema>, id: TypeId, into: &mut Builder) -> TypeId {
    let atom = from.atom(id);
    let is_named = atom.name.as_ref().is_some_and(|name| from.names.get(name) == Some(&id));
    if let Some(name) = atom.name.as_ref().filter(|_| is_named) {
        if into.is_defined(name) {
            return into.named(name);
        }
        // Defined before its content, so that types may refer to themselves.
        into.define(name, Atom::default());
        let content = import_content(from, id, into);
        into.define(name, content);
        return into.named(name);
    }
    let content = import_content(from, id, into);
    into.inline(content)
}

fn import_content(from: &Arc<Schema>, id: TypeId, into: &mut Builder) -> Atom {
    let atom = from.atom(id);
    let list = atom.list.as_ref().map(|list| ListType {
        element: import_reference(from, list.element, into),
        ..list.clone()
    });
    Atom { list, map: import(from, id, into), ..atom.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(schema: Value) -> Result<Schema, Error> {
        Schema::from_openapi([&json!({"components": {"schemas": {"a": schema}}})])
    }

    fn list(extra: Value) -> Result<(bool, Vec<SmolStr>), Error> {
        list_relationship(&extra, "a")
    }

    #[test]
    fn list_types_come_before_patch_strategies() {
        let keyed = json!({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"],
            "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "a"});
        assert_eq!(list(keyed).unwrap(), (false, vec!["a".into(), "b".into()]));
        assert_eq!(list(json!({"x-kubernetes-patch-strategy": "merge"})).unwrap(), (false, vec![]));
        assert_eq!(
            list(json!({"x-kubernetes-patch-strategy": "retainKeys"})).unwrap(),
            (true, vec![])
        );
        assert_eq!(list(json!({})).unwrap(), (true, vec![]));
        assert!(list(json!({"x-kubernetes-list-type": "map"})).is_err());
    }

    #[test]
    fn an_object_without_properties_is_free_form() {
        let schema = of(json!({"type": "object"})).unwrap();
        assert!(schema.atom(schema.names["a"]).map.as_ref().unwrap().is_deduced(&schema));
        let schema =
            of(json!({"type": "object", "properties": {"b": {"type": "string"}}})).unwrap();
        assert_eq!(schema.atom(schema.names["a"]).map.as_ref().unwrap().element, None);
    }

    #[test]
    fn unknown_types_are_errors_that_say_where() {
        let error =
            of(json!({"type": "object", "properties": {"b": {"type": "odd"}}})).unwrap_err();
        assert_eq!(error.to_string(), "a.b: unrecognized type \"odd\"");
        assert!(Schema::from_openapi([&json!({})]).is_err());
    }

    #[test]
    fn a_custom_resource_has_typed_metadata() {
        let definition = json!({"spec": {"group": "acme.test", "names": {"kind": "Widget"}, "versions": [
            {"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}});
        let schema = Arc::new(Schema::from_crd(&definition, "v1").unwrap());
        let kind = schema.kind("acme.test", "v1", "Widget").unwrap();
        let root = schema.atom(kind.root).map.as_ref().unwrap();
        let metadata = schema.atom(root.child("metadata").unwrap()).map.as_ref().unwrap();
        let finalizers = schema.atom(metadata.child("finalizers").unwrap());
        assert!(!finalizers.list.as_ref().unwrap().atomic);
        assert!(Schema::from_crd(&definition, "v2").is_err());
    }
}
