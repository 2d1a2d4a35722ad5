//! Choosing by labels and by fields.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, crds, labelled, names};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(labels_are_selected_by_equality_sets_and_existence, 0),
    fact!(every_kind_is_selected_by_name_and_namespace, 0),
    fact!(pods_are_selected_by_node_and_phase, 0),
    fact!(secrets_are_selected_by_type, 0),
    fact!(events_are_selected_by_what_they_are_about, 0),
    fact!(a_custom_kind_is_selected_by_the_fields_it_names, 32),
    fact!(a_selector_that_cannot_be_read_is_refused, 0),
    fact!(a_field_that_cannot_be_selected_is_refused, 0),
];

async fn labels_are_selected_by_equality_sets_and_existence(s: Server) {
    let path = s.core("configmaps");
    for (name, labels) in [
        ("a", json!({ "of": "fact", "tier": "web" })),
        ("b", json!({ "of": "fact", "tier": "db" })),
        ("c", json!({ "of": "fact" })),
    ] {
        s.post(&path, &labelled(name, labels)).await.is(201);
    }
    for (selector, expected) in [
        ("tier=web", vec!["a"]),
        ("tier==web", vec!["a"]),
        ("tier!=web", vec!["b", "c"]),
        ("tier in (web, db)", vec!["a", "b"]),
        ("tier notin (web)", vec!["b", "c"]),
        ("tier", vec!["a", "b"]),
        ("!tier", vec!["c"]),
        ("tier,tier!=db", vec!["a"]),
    ] {
        let query: String = selector.bytes().map(|b| format!("%{b:02X}")).collect();
        let list = s.get(&format!("{path}?labelSelector=of%3Dfact,{query}")).await.is(200);
        assert_eq!(names(&list), expected, "{selector}");
    }
}

async fn every_kind_is_selected_by_name_and_namespace(s: Server) {
    for (name, data) in [("a", json!({})), ("b", json!({}))] {
        s.post(&s.core("configmaps"), &config_map(name, data)).await.is(201);
    }
    let namespace = &s.namespace;
    let query = format!("metadata.namespace%3D{namespace},metadata.name!%3Da,metadata.name%3Db");
    let list = s.get(&format!("/api/v1/configmaps?fieldSelector={query}")).await.is(200);
    assert_eq!(names(&list), ["b"]);
    let list = s
        .get(&format!("/api/v1/namespaces?fieldSelector=metadata.name%3D{namespace}"))
        .await
        .is(200);
    assert_eq!(names(&list), [namespace.as_str()]);
}

async fn pods_are_selected_by_node_and_phase(s: Server) {
    let path = s.core("pods");
    for (name, node) in [("a", "n1"), ("b", "n2")] {
        let containers = json!([{ "name": "main", "image": "main:1" }]);
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
            "spec": { "nodeName": node, "containers": containers },
        });
        s.post(&path, &pod).await.is(201);
    }
    let on = |selector: &str| format!("{path}?fieldSelector={selector}");
    assert_eq!(names(&s.get(&on("spec.nodeName%3Dn2")).await.is(200)), ["b"]);
    assert_eq!(names(&s.get(&on("status.phase%3DPending")).await.is(200)), ["a", "b"]);
    assert_eq!(names(&s.get(&on("status.phase!%3DPending")).await.is(200)).len(), 0);
}

async fn secrets_are_selected_by_type(s: Server) {
    let path = s.core("secrets");
    for (name, kind) in [("a", "Opaque"), ("b", "gotk.dev/other")] {
        let metadata = json!({ "name": name });
        let secret =
            json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind });
        s.post(&path, &secret).await.is(201);
    }
    let list = s.get(&format!("{path}?fieldSelector=type%3Dgotk.dev/other")).await.is(200);
    assert_eq!(names(&list), ["b"]);
}

async fn events_are_selected_by_what_they_are_about(s: Server) {
    let path = s.core("events");
    for (name, about) in [("a", "web"), ("b", "db")] {
        let object = json!({ "kind": "Deployment", "namespace": s.namespace, "name": about });
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": name }, "involvedObject": object,
            "reason": "Tested",
        });
        s.post(&path, &event).await.is(201);
    }
    let query = "involvedObject.kind%3DDeployment,involvedObject.name%3Ddb,reason%3DTested";
    assert_eq!(names(&s.get(&format!("{path}?fieldSelector={query}")).await.is(200)), ["b"]);
}

async fn a_custom_kind_is_selected_by_the_fields_it_names(s: Server) {
    let spec = json!({ "type": "object", "properties": { "color": { "type": "string" } } });
    let crd = crds::register(&s, spec, |version| {
        version["selectableFields"] = json!([{ "jsonPath": ".spec.color" }]);
    })
    .await;
    for (name, color) in [("a", "red"), ("b", "blue")] {
        s.post(&crd.path, &crd.widget(name, json!({ "color": color }))).await.is(201);
    }
    let list = s.get(&format!("{}?fieldSelector=spec.color%3Dblue", crd.path)).await.is(200);
    assert_eq!(names(&list), ["b"]);
}

async fn a_selector_that_cannot_be_read_is_refused(s: Server) {
    let answer = s.get(&format!("{}?labelSelector=a%20in", s.core("configmaps"))).await;
    let status = answer.is(400);
    assert_eq!(status["reason"], "BadRequest");
    let message = status["message"].as_str().unwrap();
    assert!(message.starts_with("unable to parse requirement: "), "{message}");
}

async fn a_field_that_cannot_be_selected_is_refused(s: Server) {
    let answer = s.get(&format!("{}?fieldSelector=data.k%3Dv", s.core("configmaps"))).await;
    let message =
        "\"data.k\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
    answer.refused(400, "BadRequest", message);
}
