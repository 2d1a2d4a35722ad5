//! Objects of every kind, bent at one place or at several: whatever is sent is answered.
//!
//! A panic would end the connection without an answer, and the test with it.

use serde_json::{Value, json};

use crate::client::Cluster;

/// What the real server was asked for each kind, by the conformance suite.
const CASES: &str = include_str!("../../../testenv/tests/conformance/kinds.jsonl");

/// splitmix64: the same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    /// Something that is seldom where it is.
    fn odd(&mut self) -> Value {
        let all = json!([
            null, true, -1, 0, 1.5, 1e300, i64::MIN, u64::MAX, "", " ", "x", "-1", "10%", "1e9999",
            "é\u{0}", "2026-13-45T00:00:00Z", "x".repeat(300), [], [null], [[]], ["x"], [{}], {},
            { "": null }, { "x": {} }, { "type": "x" }, { "name": null }, { "matchLabels": 3 },
        ]);
        let at = self.roll(all.as_array().unwrap().len());
        all[at].clone()
    }

    /// Puts something odd at some place in a value.
    fn bend(&mut self, value: &mut Value) {
        let places = match value {
            Value::Object(map) => map.len(),
            Value::Array(list) => list.len(),
            _ => 0,
        };
        let chosen = self.roll(places + 1);
        let inner = match value {
            Value::Object(map) => map.values_mut().nth(chosen),
            Value::Array(list) => list.get_mut(chosen),
            _ => None,
        };
        match inner {
            Some(inner) if self.roll(4) > 0 => self.bend(inner),
            Some(inner) => *inner = self.odd(),
            None => *value = self.odd(),
        }
    }
}

fn rounds() -> usize {
    std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(4)
}

/// Sends one object by every verb that takes one.
async fn send_all(cluster: &Cluster, path: &str, object: &Value) {
    let one = format!("{path}/a");
    let mut codes = vec![cluster.post(path, object.clone()).await.0];
    codes.push(cluster.put(&one, object.clone()).await.0);
    codes.push(cluster.merge(&one, object.clone()).await.0);
    codes.push(cluster.merge(&format!("{one}/status"), object.clone()).await.0);
    codes.push(cluster.apply(&format!("{one}?fieldManager=m&force=true"), object.clone()).await.0);
    codes.push(cluster.get(&one).await.0);
    codes.push(cluster.get(&format!("{one}/scale")).await.0);
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    codes.push(cluster.open_as(path, table).await.status().as_u16());
    codes.push(cluster.delete(&one, object.clone()).await.0);
    cluster.delete(&one, json!({ "gracePeriodSeconds": 0 })).await;
    assert!(codes.iter().all(|code| (200..600).contains(code)), "{codes:?} for {object}");
}

#[tokio::test]
async fn a_bent_object_of_any_kind_is_answered() {
    let cluster = Cluster::start().await;
    let mut dice = Dice(9);
    for case in CASES.lines() {
        let case: Value = serde_json::from_str(&case.replace("$NS", "default")).unwrap();
        let path = case["path"].as_str().unwrap();
        for _ in 0..rounds() {
            let mut object = case["object"].clone();
            for _ in 0..=dice.roll(2) {
                dice.bend(&mut object);
            }
            send_all(&cluster, path, &object).await;
        }
    }
    assert_eq!(cluster.get("/readyz").await.0, 200);
}

#[tokio::test]
async fn a_bent_object_of_a_bent_definition_is_answered() {
    let cluster = Cluster::start().await;
    let mut dice = Dice(10);
    let text = json!({ "type": "string", "default": "d", "pattern": "^[a-z]*$" });
    let item = json!({ "type": "object", "required": ["name"], "properties": { "name": text } });
    let list = json!({
        "type": "array", "items": item,
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    });
    let rule = json!([{ "rule": "self.size < 9", "message": "m" }]);
    let spec = json!({
        "type": "object", "x-kubernetes-validations": rule,
        "properties": { "size": { "type": "integer" }, "list": list, "text": text },
    });
    let status = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let scale = json!({ "specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size" });
    let version = |name: &str, stored: bool| {
        json!({
            "name": name, "served": true, "storage": stored,
            "subresources": { "status": {}, "scale": scale },
            "schema": { "openAPIV3Schema": {
                "type": "object", "properties": { "spec": spec, "status": status },
            } },
        })
    };
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "widgets.example.com" },
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": { "kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList" },
            "versions": [version("v1", true), version("v2", false)],
        },
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for round in 0..rounds() * 25 {
        let mut bent = definition.clone();
        if round % 2 == 1 {
            dice.bend(&mut bent["spec"]["versions"][round % 3 % 2]);
        }
        let code = cluster.post(definitions, bent).await.0;
        assert!((200..600).contains(&code));
        let widget = json!({
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "a" },
            "spec": { "size": 3, "text": "x", "list": [{ "name": "n" }] }, "status": { "size": 1 },
        });
        for version in ["v1", "v2"] {
            let mut object = widget.clone();
            object["apiVersion"] = format!("example.com/{version}").into();
            dice.bend(&mut object);
            let path = format!("/apis/example.com/{version}/namespaces/default/widgets");
            send_all(&cluster, &path, &object).await;
        }
        cluster.delete(&format!("{definitions}/widgets.example.com"), json!({})).await;
    }
    assert_eq!(cluster.get("/readyz").await.0, 200);
}
