//! A schema written down again as OpenAPI 3 describes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Atom, DEDUCED, Field, Gvk, ListType, MapType, ScalarType, Schema, TypeId, UNTYPED};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const EXTENSIONS: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";

/// Where references in a document lead.
const COMPONENTS: &str = "#/components/schemas/";

impl Schema {
    /// The types of some kinds, and all that these refer to, as `components.schemas` of an OpenAPI 3
    /// document: names, fields, formats, what is required, lists and their keys, patch strategies.
    /// Descriptions are not kept in a schema, so there are none.
    pub fn to_openapi<'k>(&self, kinds: impl IntoIterator<Item = &'k Gvk>) -> Map<String, Value> {
        let mut writer = Writer { schema: self, wanted: BTreeSet::new(), done: Map::new() };
        for gvk in kinds {
            if let Some(id) = self.kinds.get(gvk) {
                writer.kind(*id);
            }
        }
        while let Some(id) = writer.wanted.pop_first() {
            writer.named(id);
        }
        writer.done
    }

    /// The name of a kind's type, such as `io.k8s.api.apps.v1.Deployment`.
    pub fn name_of(&self, gvk: &Gvk) -> Option<&str> {
        self.atom(*self.kinds.get(gvk)?).name.as_deref()
    }

    fn gvks_of(&self, id: TypeId) -> Vec<Value> {
        let mut gvks: Vec<&Gvk> =
            self.kinds.iter().filter(|(_, of)| **of == id).map(|(gvk, _)| gvk).collect();
        gvks.sort();
        let one = |gvk: &Gvk| json!({"group": gvk.group, "version": gvk.version, "kind": gvk.kind});
        gvks.into_iter().map(one).collect()
    }

    /// The name by which a type can be referred to.
    fn reference_name(&self, id: TypeId) -> Option<&str> {
        let name = self.atom(id).name.as_ref()?;
        (self.names.get(name) == Some(&id) && name != UNTYPED && name != DEDUCED)
            .then_some(name.as_str())
    }
}

struct Writer<'s> {
    schema: &'s Schema,
    wanted: BTreeSet<TypeId>,
    done: Map<String, Value>,
}

impl Writer<'_> {
    fn kind(&mut self, id: TypeId) {
        self.named(id);
        let gvks = self.schema.gvks_of(id);
        let name = self.schema.atom(id).name.as_deref().unwrap_or_default();
        if let Some(described) = self.done.get_mut(name).filter(|_| !gvks.is_empty()) {
            described["x-kubernetes-group-version-kind"] = gvks.into();
        }
    }

    fn named(&mut self, id: TypeId) {
        let atom = self.schema.atom(id);
        let Some(name) = atom.name.as_deref() else { return };
        if !self.done.contains_key(name) {
            // Entered first, so that types may refer to themselves.
            self.done.insert(name.to_owned(), Value::Null);
            let described = special(name).unwrap_or_else(|| self.atom(atom, None));
            self.done.insert(name.to_owned(), described);
        }
    }

    /// A type where it is used: by its name where it has one.
    fn used(&mut self, id: TypeId, field: Option<&Field>) -> Value {
        let Some(name) = self.schema.reference_name(id) else {
            // A copy that says itself how it is merged keeps the name of what it copies.
            let atom = self.schema.atom(id);
            return self.atom(atom, field);
        };
        if !self.done.contains_key(name) {
            self.wanted.insert(id);
        }
        json!({"$ref": format!("{COMPONENTS}{name}")})
    }

    fn atom(&mut self, atom: &Atom, field: Option<&Field>) -> Value {
        let format = field.and_then(|field| field.facts.format.as_deref()).unwrap_or_default();
        match (atom.scalar, &atom.list, &atom.map) {
            (None, None, Some(map)) => self.map(map),
            (None, Some(list), None) => self.list(list),
            (Some(ScalarType::Numeric), ..) if matches!(format, "double" | "float") => {
                json!({"type": "number", "format": format})
            }
            (Some(ScalarType::Numeric), ..) => formatted("integer", format),
            (Some(ScalarType::Boolean), ..) => json!({"type": "boolean"}),
            (Some(ScalarType::String), ..) => formatted("string", format),
            (Some(ScalarType::Untyped), None, None) => match format {
                "int-or-string" | "" => int_or_string(),
                format => formatted("string", format),
            },
            _ => json!({}),
        }
    }

    fn map(&mut self, map: &MapType) -> Value {
        let mut described = json!({"type": "object"});
        let mut properties = Map::new();
        for field in &map.fields {
            properties.insert(field.name.to_string(), self.field(field));
        }
        let required: Vec<&str> = map
            .fields
            .iter()
            .filter(|field| field.facts.required)
            .map(|field| field.name.as_str())
            .collect();
        if !required.is_empty() {
            described["required"] = json!(required);
        }
        let free =
            map.element.is_some_and(|id| self.schema.atom(id).name.as_deref() == Some(DEDUCED));
        match map.element {
            Some(element) if !free => {
                described["additionalProperties"] = self.used(element, None);
            }
            Some(_) if !properties.is_empty() => {
                described["x-kubernetes-preserve-unknown-fields"] = true.into();
            }
            _ => {}
        }
        if !properties.is_empty() {
            described["properties"] = properties.into();
        }
        if map.atomic {
            described["x-kubernetes-map-type"] = "atomic".into();
        }
        described
    }

    fn list(&mut self, list: &ListType) -> Value {
        let mut described = json!({"type": "array", "items": self.used(list.element, None)});
        described["x-kubernetes-list-type"] = match (list.atomic, list.keys.is_empty()) {
            (true, _) => "atomic",
            (false, true) => "set",
            (false, false) => "map",
        }
        .into();
        if !list.atomic && !list.keys.is_empty() {
            let keys: Vec<&str> = list.keys.iter().map(|key| key.as_str()).collect();
            described["x-kubernetes-list-map-keys"] = json!(keys);
        }
        described
    }

    fn field(&mut self, field: &Field) -> Value {
        let mut described = self.used(field.of, Some(field));
        // Beside a reference nothing else may stand.
        if described.get("$ref").is_some() {
            described = json!({"allOf": [described]});
        }
        let facts = &field.facts;
        if let Some(default) = &field.default {
            described["default"] = default.clone();
        }
        if !facts.allowed.is_empty() {
            let allowed: Vec<&str> = facts.allowed.iter().map(|it| it.as_str()).collect();
            described["enum"] = json!(allowed);
        }
        let strategy = match (facts.patch_merge, facts.patch_retain_keys) {
            (true, true) => "merge,retainKeys",
            (true, false) => "merge",
            (false, true) => "retainKeys",
            (false, false) => "",
        };
        if !strategy.is_empty() {
            described["x-kubernetes-patch-strategy"] = strategy.into();
        }
        if let Some(key) = &facts.merge_key {
            described["x-kubernetes-patch-merge-key"] = key.as_str().into();
        }
        described
    }
}

fn formatted(of: &str, format: &str) -> Value {
    match format {
        "" => json!({"type": of}),
        format => json!({"type": of, "format": format}),
    }
}

fn int_or_string() -> Value {
    json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
}

/// Types that are more than their shape says.
fn special(name: &str) -> Option<Value> {
    let time = |name: &str| name == "Time" || name == "MicroTime";
    Some(match name {
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => int_or_string(),
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => {
            json!({"oneOf": [{"type": "string"}, {"type": "number"}]})
        }
        "io.k8s.apimachinery.pkg.runtime.RawExtension" => json!({"type": "object"}),
        name if name.strip_prefix(META).is_some_and(time) => {
            json!({"type": "string", "format": "date-time"})
        }
        name if name.strip_prefix(META) == Some("FieldsV1") => json!({"type": "object"}),
        name if name
            .strip_prefix(EXTENSIONS)
            .is_some_and(|name| name == "JSON" || name.starts_with("JSONSchemaPropsOr")) =>
        {
            json!({})
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(schema: &Schema) -> Map<String, Value> {
        let kinds: Vec<Gvk> = schema.kinds().into_iter().cloned().collect();
        schema.to_openapi(&kinds)
    }

    #[test]
    fn what_is_written_is_read_again() {
        let builtin = Schema::builtin();
        let written = documents(&builtin);
        let again = Schema::from_openapi([&json!({"components": {"schemas": written}})]).unwrap();
        assert_eq!(again.kinds(), builtin.kinds());
        assert_eq!(documents(&again), documents(&builtin));
    }

    #[test]
    fn a_document_has_what_its_kinds_refer_to_and_no_more() {
        let gvk = Gvk::new("", "v1", "ConfigMap");
        let written = Schema::builtin().to_openapi([&gvk]);
        let of = &written["io.k8s.api.core.v1.ConfigMap"];
        assert_eq!(of["x-kubernetes-group-version-kind"][0]["kind"], "ConfigMap");
        assert_eq!(of["properties"]["binaryData"]["additionalProperties"]["type"], "string");
        assert!(written.contains_key("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
        assert!(!written.contains_key("io.k8s.api.core.v1.PodSpec"));
    }

    #[test]
    fn lists_say_how_they_are_merged() {
        let written = Schema::builtin().to_openapi([&Gvk::new("", "v1", "Pod")]);
        let containers = &written["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"];
        assert_eq!(containers["x-kubernetes-list-map-keys"], json!(["name"]));
        assert_eq!(containers["x-kubernetes-patch-strategy"], "merge");
        assert_eq!(containers["x-kubernetes-patch-merge-key"], "name");
        let meta = &written["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["properties"];
        assert_eq!(meta["generation"], json!({"type": "integer", "format": "int64"}));
    }
}
