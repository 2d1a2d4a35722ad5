//! The facts, by topic.

mod apply;
mod conversions;
mod crds;
mod deletion;
mod discovery;
mod errors;
mod garbage;
mod hooks;
mod kinds;
mod lists;
mod managers;
mod metadata;
mod namespaces;
mod objects;
mod patches;
mod reviews;
mod runtime;
mod selectors;
mod status;
mod tools;
mod versions;
mod watches;
mod workloads;

use serde_json::{Value, json};

use crate::fact::Fact;

/// All facts there are.
pub(crate) fn all() -> impl Iterator<Item = &'static Fact> {
    const TOPICS: [&[Fact]; 23] = [
        apply::FACTS,
        conversions::FACTS,
        crds::FACTS,
        deletion::FACTS,
        discovery::FACTS,
        errors::FACTS,
        garbage::FACTS,
        hooks::FACTS,
        kinds::FACTS,
        lists::FACTS,
        managers::FACTS,
        metadata::FACTS,
        namespaces::FACTS,
        objects::FACTS,
        patches::FACTS,
        reviews::FACTS,
        runtime::FACTS,
        selectors::FACTS,
        status::FACTS,
        tools::FACTS,
        versions::FACTS,
        watches::FACTS,
        workloads::FACTS,
    ];
    TOPICS.into_iter().flatten()
}

fn config_map(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": data })
}

fn labelled(name: &str, labels: Value) -> Value {
    let metadata = json!({ "name": name, "labels": labels });
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata })
}

fn deployment(name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "main", "image": "main:1" }] },
            },
        },
    })
}

/// The names of a list's items, in order.
fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["metadata"]["name"].as_str().unwrap())
        .collect()
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

/// The object with a value somewhere else.
fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[key] = value;
    object
}
