//! `/openapi/v3`: the kinds and their paths, as far as clients read them.
//!
//! `kubectl` looks up the types to validate, explain and merge by, and asks the paths which options a
//! patch takes. There are no descriptions of built-in kinds; definitions bring theirs.

use std::hash::{DefaultHasher, Hash, Hasher};

use gotk_merge::{Gvk, Schema};
use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::registry::Registry;

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// The documents there are. Clients keep one until its address changes.
pub(crate) fn index(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for (group, versions) in registry.groups() {
        for version in versions {
            let at = address(group, version);
            let hash = hash(registry, group, version);
            let url = format!("/openapi/v3/{at}?hash={hash:016X}");
            paths.insert(at, json!({ "serverRelativeURL": url }));
        }
    }
    json!({ "paths": paths })
}

fn address(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// Changes with what the document would say.
fn hash(registry: &Registry, group: &str, version: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    Schema::builtin().version().hash(&mut hasher);
    for kind in kinds(registry, group, version) {
        kind.kind.hash(&mut hasher);
        kind.subresources.hash(&mut hasher);
        if let Some(custom) = &kind.custom {
            custom.schema().to_string().hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn kinds<'r>(
    registry: &'r Registry,
    group: &'r str,
    version: &'r str,
) -> impl Iterator<Item = &'r Kind> {
    let of = move |kind: &&Kind| &*kind.group == group && &*kind.version == version;
    registry.iter().map(|kind| &**kind).filter(of)
}

/// The document of one group and version.
pub(crate) fn document(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let kinds: Vec<&Kind> = kinds(registry, group, version).collect();
    if kinds.is_empty() {
        return None;
    }
    let mut paths = Map::new();
    for kind in &kinds {
        add_paths(kind, &mut paths);
    }
    Some(json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": format!("v{}", Schema::builtin().version()) },
        "paths": paths,
        "components": { "schemas": schemas(&kinds) },
    }))
}

fn schemas(kinds: &[&Kind]) -> Map<String, Value> {
    // Those of the metadata and of the options are in every document.
    let common = [Gvk::new("", "v1", "DeleteOptions"), Gvk::new("", "v1", "Status")];
    let mut wanted: Vec<Gvk> = common.into();
    for kind in kinds.iter().filter(|kind| kind.built_in) {
        wanted.push(gvk(kind));
        wanted.push(Gvk::new(&kind.group, &kind.version, &kind.list_kind));
        if kind.has("scale") {
            wanted.push(Gvk::new("autoscaling", "v1", "Scale"));
        }
    }
    let mut schemas = Schema::builtin().to_openapi(&wanted);
    let custom: Vec<&&Kind> = kinds.iter().filter(|kind| !kind.built_in).collect();
    if !custom.is_empty() {
        // Metadata comes with any kind that has it.
        let with_metadata = Schema::builtin().to_openapi([&Gvk::new("", "v1", "ConfigMapList")]);
        let meta = with_metadata.into_iter().filter(|(name, _)| name.starts_with(META));
        schemas.extend(meta);
    }
    for kind in custom {
        schemas.insert(name(kind), custom_schema(kind));
        schemas.insert(format!("{}List", name(kind)), list_schema(kind));
    }
    schemas
}

fn gvk(kind: &Kind) -> Gvk {
    Gvk::new(&kind.group, &kind.version, &kind.kind)
}

/// `io.k8s.api.apps.v1.Deployment`, `com.example.v1.Widget`.
fn name(kind: &Kind) -> String {
    if let Some(name) = Schema::builtin().name_of(&gvk(kind)).filter(|_| kind.built_in) {
        return name.to_owned();
    }
    let mut parts: Vec<&str> = kind.group.split('.').rev().collect();
    parts.extend([&*kind.version, &*kind.kind]);
    parts.join(".")
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn custom_schema(kind: &Kind) -> Value {
    let mut schema = kind.custom.as_ref().map_or(Value::Null, |custom| custom.schema().clone());
    if !schema.is_object() {
        schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    }
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    let properties = &mut schema["properties"];
    properties["apiVersion"] = json!({ "type": "string" });
    properties["kind"] = json!({ "type": "string" });
    properties["metadata"] = json!({ "allOf": [reference(&format!("{META}.ObjectMeta"))] });
    schema["x-kubernetes-group-version-kind"] = json!([gvk_value(kind, &kind.kind)]);
    schema
}

fn list_schema(kind: &Kind) -> Value {
    json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": { "type": "string" },
            "kind": { "type": "string" },
            "metadata": { "allOf": [reference(&format!("{META}.ListMeta"))] },
            "items": { "type": "array", "items": { "allOf": [reference(&name(kind))] } },
        },
        "x-kubernetes-group-version-kind": [gvk_value(kind, &kind.list_kind)],
    })
}

fn gvk_value(kind: &Kind, name: &str) -> Value {
    json!({ "group": kind.group, "version": kind.version, "kind": name })
}

fn add_paths(kind: &Kind, paths: &mut Map<String, Value>) {
    let root = format!("/{}", address(&kind.group, &kind.version));
    let collection = match kind.namespaced() {
        true => format!("{root}/namespaces/{{namespace}}/{}", kind.plural),
        false => format!("{root}/{}", kind.plural),
    };
    let item = format!("{collection}/{{name}}");
    for subresource in kind.subresources.iter().filter(|s| matches!(&***s, "status" | "scale")) {
        paths.insert(format!("{item}/{subresource}"), operations(kind, &["get", "patch", "put"]));
    }
    if kind.namespaced() {
        paths.insert(format!("{root}/{}", kind.plural), operations(kind, &["get"]));
    }
    if kind.told {
        paths.insert(item, operations(kind, &["get"]));
        paths.insert(collection, operations(kind, &["get"]));
    } else if kind.verbs().contains(&"list") {
        paths.insert(item, operations(kind, &["delete", "get", "patch", "put"]));
        paths.insert(collection, operations(kind, &["delete", "get", "post"]));
    } else {
        paths.insert(collection, operations(kind, &["post"]));
    }
}

fn operations(kind: &Kind, methods: &[&str]) -> Value {
    let all = methods.iter().map(|method| ((*method).to_owned(), operation(kind, method)));
    Value::Object(all.collect())
}

fn operation(kind: &Kind, method: &str) -> Value {
    let parameters: &[&str] = match method {
        "get" | "delete" => &[],
        "patch" => &["dryRun", "fieldManager", "fieldValidation", "force"],
        _ => &["dryRun", "fieldManager", "fieldValidation"],
    };
    let parameters: Vec<Value> = parameters.iter().map(|name| parameter(name)).collect();
    let mut operation = json!({
        "parameters": parameters,
        "responses": { "200": {
            "description": "OK",
            "content": { "application/json": { "schema": reference(&name(kind)) } },
        } },
        "x-kubernetes-group-version-kind": gvk_value(kind, &kind.kind),
    });
    let bodies: &[&str] = match method {
        "patch" if kind.built_in => &[
            "application/apply-patch+yaml",
            "application/json-patch+json",
            "application/merge-patch+json",
            "application/strategic-merge-patch+json",
        ],
        "patch" => &[
            "application/apply-patch+yaml",
            "application/json-patch+json",
            "application/merge-patch+json",
        ],
        "put" | "post" => &["application/json", "application/yaml"],
        _ => &[],
    };
    if !bodies.is_empty() {
        let schema = match method {
            "patch" => json!({ "type": "object" }),
            _ => reference(&name(kind)),
        };
        let content = bodies.iter().map(|media| ((*media).to_owned(), json!({ "schema": schema })));
        operation["requestBody"] =
            json!({ "content": Value::Object(content.collect()), "required": true });
    }
    operation
}

fn parameter(name: &str) -> Value {
    let of = if name == "force" { "boolean" } else { "string" };
    json!({ "name": name, "in": "query", "schema": { "type": of, "uniqueItems": true } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_a_document_whose_references_lead_somewhere() {
        let registry = Registry::built_in();
        let index = index(&registry);
        for path in index["paths"].as_object().unwrap().keys() {
            let parts: Vec<&str> = path.split('/').collect();
            let (group, version) = match parts[..] {
                ["api", version] => ("", version),
                ["apis", group, version] => (group, version),
                _ => panic!("{path}"),
            };
            let document = document(&registry, group, version).unwrap();
            let schemas = document["components"]["schemas"].as_object().unwrap();
            for name in references(&document) {
                assert!(schemas.contains_key(name), "{path}: {name}");
            }
        }
        assert!(document(&registry, "foo", "v1").is_none());
    }

    fn references(value: &Value) -> Vec<&str> {
        match value {
            Value::Object(map) => map
                .iter()
                .flat_map(|(key, value)| match (key.as_str(), value) {
                    ("$ref", Value::String(to)) => vec![to.rsplit('/').next().unwrap()],
                    (_, value) => references(value),
                })
                .collect(),
            Value::Array(items) => items.iter().flat_map(references).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_patch_says_which_options_it_takes() {
        let document = document(&Registry::built_in(), "apps", "v1").unwrap();
        let path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
        let patch = &document["paths"][path]["patch"];
        let parameters = patch["parameters"].as_array().unwrap();
        assert!(parameters.iter().any(|p| p["name"] == "fieldValidation" && p["in"] == "query"));
        assert_eq!(patch["x-kubernetes-group-version-kind"]["kind"], "Deployment");
    }
}
