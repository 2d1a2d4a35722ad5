//! Lists, whole and in pages, of now and of then.

use serde_json::json;

use crate::fact::{Fact, fact};
use crate::facts::{config_map, labelled, names, version};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(pages_hold_every_object_once_and_are_of_one_version, 0),
    fact!(a_list_of_an_exact_version_is_of_that_version, 19),
    fact!(a_list_not_older_than_a_write_has_it, 19),
    fact!(a_list_from_the_cache_is_of_some_version, 0),
    fact!(a_list_of_all_namespaces_has_those_of_each, 0),
    fact!(metadata_alone_can_be_listed, 15, [PartialMetadata]),
    fact!(a_table_is_for_people, 15, [PartialMetadata]),
    fact!(a_match_needs_a_version, 19),
    fact!(an_exact_match_needs_a_version_that_was, 19),
    fact!(a_match_cannot_be_continued, 19),
    fact!(an_unknown_match_is_refused, 19),
    fact!(a_token_that_is_none_is_refused, 0),
    fact!(initial_events_are_for_watches, 27),
    fact!(a_version_that_is_still_to_come_is_too_large, 18),
    fact!(a_form_that_nobody_knows_is_not_acceptable, 15),
];

async fn three(s: &Server) -> String {
    let path = s.core("configmaps");
    for name in ["a", "b", "c"] {
        s.post(&path, &labelled(name, json!({ "of": "fact" }))).await.is(201);
    }
    path
}

const OF_FACT: &str = "labelSelector=of%3Dfact";

async fn pages_hold_every_object_once_and_are_of_one_version(s: Server) {
    let path = s.core("secrets");
    for name in ["a", "b", "c", "d", "e"] {
        let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name } });
        s.post(&path, &secret).await.is(201);
    }
    let first = s.get(&format!("{path}?limit=2")).await.is(200);
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);

    // What happens between the pages is not in them.
    s.delete(&format!("{path}/d")).await.is(200);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = s.get(&format!("{path}?limit=2&continue={token}")).await.is(200);
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(version(&second), version(&first));
    let token = second["metadata"]["continue"].as_str().unwrap();
    let last = s.get(&format!("{path}?limit=2&continue={token}")).await.is(200);
    assert_eq!(names(&last), ["e"]);
    assert_eq!(last["metadata"].get("continue"), None);
}

async fn a_list_of_an_exact_version_is_of_that_version(s: Server) {
    let path = three(&s).await;
    let then = version(&s.get(&path).await.is(200));
    s.delete(&format!("{path}/b")).await.is(200);
    let query = format!("{path}?{OF_FACT}&resourceVersion={then}&resourceVersionMatch=Exact");
    let list = s.get(&query).await.is(200);
    assert_eq!((names(&list), version(&list)), (vec!["a", "b", "c"], then));
}

async fn a_list_not_older_than_a_write_has_it(s: Server) {
    let path = s.core("configmaps");
    let created = version(&s.post(&path, &config_map("a", json!({}))).await.is(201));
    let query = format!("{path}?resourceVersion={created}&resourceVersionMatch=NotOlderThan");
    let list = s.get(&query).await.is(200);
    assert!(names(&list).contains(&"a") && version(&list) >= created);
}

async fn a_list_from_the_cache_is_of_some_version(s: Server) {
    let path = three(&s).await;
    s.eventually("the cache has all three", async || {
        names(&s.get(&format!("{path}?{OF_FACT}&resourceVersion=0")).await.is(200))
            == ["a", "b", "c"]
    })
    .await;
}

async fn a_list_of_all_namespaces_has_those_of_each(s: Server) {
    let label = json!({ "all": s.namespace });
    s.post(&s.core("configmaps"), &labelled("here", label.clone())).await.is(201);
    let there = format!("all-{}", s.namespace);
    s.post("/api/v1/namespaces/default/configmaps", &labelled(&there, label)).await.is(201);
    let query = format!("/api/v1/configmaps?labelSelector=all%3D{}", s.namespace);
    assert_eq!(names(&s.get(&query).await.is(200)), [there.as_str(), "here"]);
}

async fn metadata_alone_can_be_listed(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({ "k": "v" }))).await.is(201);
    let one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let object = s.get_as(&format!("{path}/a"), one).await.is(200);
    assert_eq!((&object["kind"], object.get("data")), (&json!("PartialObjectMetadata"), None));
    let many = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = s.get_as(&path, many).await.is(200);
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert!(names(&list).contains(&"a"));
    assert!(list["items"].as_array().unwrap().iter().all(|object| object.get("data").is_none()));
}

async fn a_table_is_for_people(s: Server) {
    let path = s.core("configmaps");
    s.post(&path, &config_map("a", json!({ "k": "v" }))).await.is(201);
    let table = s
        .get_as(&format!("{path}/a"), "application/json;as=Table;g=meta.k8s.io;v=v1")
        .await
        .is(200);
    assert_eq!(table["columnDefinitions"][1]["name"], "Data");
    assert_eq!(table["rows"][0]["cells"][1], 1);
}

async fn a_match_needs_a_version(s: Server) {
    let path = s.core("configmaps");
    let message = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless \
        resourceVersion is provided";
    let query = format!("{path}?resourceVersionMatch=NotOlderThan");
    let status = s.get(&query).await.is(422);
    assert_eq!(status["message"], format!("ListOptions.meta.k8s.io \"\" is invalid: {message}"));
}

async fn an_exact_match_needs_a_version_that_was(s: Server) {
    let query = format!("{}?resourceVersionMatch=Exact&resourceVersion=0", s.core("configmaps"));
    let message = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: \
        resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
    s.get(&query).await.refused(422, "Invalid", message);
}

async fn a_match_cannot_be_continued(s: Server) {
    let path = three(&s).await;
    let first = s.get(&format!("{path}?limit=1")).await.is(200);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let query =
        format!("{path}?continue={token}&resourceVersionMatch=NotOlderThan&resourceVersion=1");
    let message = "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: \
        resourceVersionMatch is forbidden when continue is provided";
    s.get(&query).await.refused(422, "Invalid", message);
}

async fn an_unknown_match_is_refused(s: Server) {
    let query = format!("{}?resourceVersionMatch=Newest&resourceVersion=1", s.core("configmaps"));
    let status = s.get(&query).await.is(422);
    let message = status["message"].as_str().unwrap();
    assert!(message.contains("resourceVersionMatch: Unsupported value: \"Newest\""), "{message}");
}

async fn a_token_that_is_none_is_refused(s: Server) {
    let answer = s.get(&format!("{}?limit=1&continue=nonsense", s.core("configmaps"))).await;
    let status = answer.is(400);
    assert_eq!(status["reason"], "BadRequest");
    assert!(
        status["message"].as_str().unwrap().contains("continue key is not valid"),
        "{status:#}"
    );
}

async fn initial_events_are_for_watches(s: Server) {
    let status = s.get(&format!("{}?sendInitialEvents=true", s.core("configmaps"))).await.is(422);
    let message = "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: \
        sendInitialEvents is forbidden for list";
    assert_eq!(status["message"], message);
}

async fn a_version_that_is_still_to_come_is_too_large(s: Server) {
    let path = s.core("configmaps");
    let later = version(&s.get(&path).await.is(200)) + 1_000_000;
    let status = s.get(&format!("{path}?resourceVersion={later}")).await.is(504);
    assert_eq!(status["reason"], "Timeout");
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with(&format!("Timeout: Too large resource version: {later}, current: ")),
        "{message}"
    );
}

async fn a_form_that_nobody_knows_is_not_acceptable(s: Server) {
    for form in [
        "application/json;as=Odd;v=v1;g=meta.k8s.io",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
    ] {
        let answer = s.get_as(&s.core("configmaps"), form).await;
        assert_eq!(answer.is(406)["reason"], "NotAcceptable", "{form}");
    }
}
