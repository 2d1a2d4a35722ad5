//! The documents that tell clients what is served.

use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::registry::Registry;

const SUBRESOURCE_VERBS: [&str; 3] = ["get", "patch", "update"];

/// `/version`
pub(crate) fn version() -> Value {
    json!({
        "major": "1",
        "minor": "37",
        "gitVersion": "v1.37.1+gotk",
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

/// `/api`
pub(crate) fn legacy(address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": address }],
    })
}

/// `/apis`
pub(crate) fn groups(registry: &Registry) -> Value {
    let groups: Vec<Value> =
        named_groups(registry).map(|(group, versions)| group_members(group, &versions)).collect();
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

/// `/apis/<group>`
pub(crate) fn group(registry: &Registry, name: &str) -> Option<Value> {
    let (group, versions) = named_groups(registry).find(|(group, _)| *group == name)?;
    let mut document = group_members(group, &versions);
    document["kind"] = "APIGroup".into();
    document["apiVersion"] = "v1".into();
    Some(document)
}

fn named_groups(registry: &Registry) -> impl Iterator<Item = (&str, Vec<&str>)> {
    registry.groups().into_iter().filter(|(group, _)| !group.is_empty())
}

fn group_members(group: &str, versions: &[&str]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({ "groupVersion": format!("{group}/{version}"), "version": version }))
        .collect();
    json!({ "name": group, "preferredVersion": versions.first(), "versions": versions })
}

/// `/api/v1`, `/apis/<group>/<version>`
pub(crate) fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut kinds =
        registry.iter().filter(|k| &*k.group == group && &*k.version == version).peekable();
    kinds.peek()?;
    let mut document = json!({ "kind": "APIResourceList" });
    document["groupVersion"] =
        if group.is_empty() { version.into() } else { format!("{group}/{version}").into() };
    if !group.is_empty() {
        document["apiVersion"] = "v1".into();
    }
    document["resources"] = kinds.flat_map(|kind| resource_and_subresources(kind)).collect();
    Some(document)
}

fn resource_and_subresources(kind: &Kind) -> Vec<Value> {
    let mut main = json!({
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced(),
        "kind": kind.kind,
        "verbs": kind.verbs(),
    });
    add_names(kind, &mut main);
    let subresources = kind.subresources.iter().map(|subresource| {
        let mut entry = json!({
            "name": format!("{}/{subresource}", kind.plural),
            "singularName": "",
            "namespaced": kind.namespaced(),
            "kind": kind.kind,
            "verbs": subresource_verbs(subresource),
        });
        if let Some((group, version, name)) = response(kind, subresource) {
            if !group.is_empty() {
                entry["group"] = group.into();
                entry["version"] = version.into();
            }
            entry["kind"] = name.into();
        }
        entry
    });
    std::iter::once(main).chain(subresources).collect()
}

/// The aggregated document of `/api` (`legacy`) or `/apis`.
pub(crate) fn aggregated(registry: &Registry, legacy: bool) -> Value {
    let groups = registry.groups().into_iter().filter(|(group, _)| group.is_empty() == legacy);
    let items: Vec<Value> =
        groups.map(|(group, versions)| aggregated_group(registry, group, &versions)).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn aggregated_group(registry: &Registry, group: &str, versions: &[&str]) -> Value {
    let mut metadata = Map::new();
    if !group.is_empty() {
        metadata.insert("name".to_owned(), group.into());
    }
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| {
            let kinds = registry.iter().filter(|k| &*k.group == group && &*k.version == *version);
            let resources: Vec<Value> = kinds.map(|kind| aggregated_resource(kind)).collect();
            json!({ "version": version, "resources": resources, "freshness": "Current" })
        })
        .collect();
    json!({ "metadata": metadata, "versions": versions })
}

fn aggregated_resource(kind: &Kind) -> Value {
    let mut entry = json!({
        "resource": kind.plural,
        "responseKind": { "group": "", "version": "", "kind": kind.kind },
        "scope": if kind.namespaced() { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular,
        "verbs": kind.verbs(),
    });
    add_names(kind, &mut entry);
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|subresource| {
            let response = match response(kind, subresource) {
                Some((group, version, name)) => {
                    let version = if group.is_empty() { "" } else { version };
                    json!({ "group": group, "version": version, "kind": name })
                }
                None => json!({ "group": "", "version": "", "kind": kind.kind }),
            };
            json!({
                "subresource": subresource,
                "responseKind": response,
                "verbs": subresource_verbs(subresource),
            })
        })
        .collect();
    if !subresources.is_empty() {
        entry["subresources"] = subresources.into();
    }
    entry
}

fn add_names(kind: &Kind, entry: &mut Value) {
    if !kind.short_names.is_empty() {
        entry["shortNames"] = json!(kind.short_names);
    }
    if !kind.categories.is_empty() {
        entry["categories"] = json!(kind.categories);
    }
}

/// The kind that a subresource takes or gives, where it is not the resource's.
fn response(kind: &Kind, subresource: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match (&*kind.kind, subresource) {
        (_, "scale") => ("autoscaling", "v1", "Scale"),
        ("Pod", "eviction") => ("policy", "v1", "Eviction"),
        ("Pod", "binding") => ("", "v1", "Binding"),
        ("Pod", "attach") => ("", "v1", "PodAttachOptions"),
        ("Pod", "exec") => ("", "v1", "PodExecOptions"),
        ("Pod", "portforward") => ("", "v1", "PodPortForwardOptions"),
        ("Pod", "proxy") => ("", "v1", "PodProxyOptions"),
        ("Node", "proxy") => ("", "v1", "NodeProxyOptions"),
        ("Service", "proxy") => ("", "v1", "ServiceProxyOptions"),
        ("ServiceAccount", "token") => ("authentication.k8s.io", "v1", "TokenRequest"),
        _ => return None,
    })
}

fn subresource_verbs(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "finalize" => &["update"],
        "binding" | "eviction" | "token" => &["create"],
        "attach" | "exec" | "portforward" => &["create", "get"],
        "log" => &["get"],
        "proxy" => &["create", "delete", "get", "patch", "update"],
        _ => &SUBRESOURCE_VERBS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_discoveries_tell_the_same() {
        let registry = Registry::built_in();
        let aggregated = aggregated(&registry, false);
        for item in aggregated["items"].as_array().unwrap() {
            let name = item["metadata"]["name"].as_str().unwrap();
            let legacy =
                resources(&registry, name, item["versions"][0]["version"].as_str().unwrap())
                    .unwrap();
            let main: Vec<&Value> = item["versions"][0]["resources"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| &r["resource"])
                .collect();
            let names = legacy["resources"].as_array().unwrap().iter().map(|r| &r["name"]);
            let names: Vec<&Value> = names.filter(|n| !n.as_str().unwrap().contains('/')).collect();
            assert_eq!(main, names);
        }
    }

    #[test]
    fn a_scale_is_of_another_group() {
        let apps = resources(&Registry::built_in(), "apps", "v1").unwrap();
        let entries = apps["resources"].as_array().unwrap();
        let scale = entries.iter().find(|r| r["name"] == "deployments/scale").unwrap();
        assert_eq!((&scale["group"], &scale["kind"]), (&json!("autoscaling"), &json!("Scale")));
    }

    #[test]
    fn an_unknown_group_has_no_document() {
        assert!(group(&Registry::built_in(), "foo").is_none());
        assert!(resources(&Registry::built_in(), "apps", "v2").is_none());
    }
}
