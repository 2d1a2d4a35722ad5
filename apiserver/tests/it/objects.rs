//! Create, read, update, delete.

use gotk_apiserver::{Clock, Options};
use serde_json::json;

use crate::client::{CONFIG_MAPS, Cluster, config_map, version};

#[tokio::test]
async fn a_created_object_has_what_only_the_server_gives() {
    let clock = Clock::stopped("2026-01-02T03:04:05Z".parse().unwrap());
    let cluster = Cluster::start_with(Options::default().clock(clock).seed(7)).await;
    let (code, object) = cluster.post(CONFIG_MAPS, config_map("a")).await;
    assert_eq!(code, 201);
    let meta = &object["metadata"];
    assert_eq!(meta["creationTimestamp"], "2026-01-02T03:04:05Z");
    assert_eq!(meta["namespace"], "default");
    assert_eq!(meta["uid"].as_str().unwrap().len(), 36);
    assert_eq!(
        meta["managedFields"],
        json!([{
            "manager": "tester", "operation": "Update", "apiVersion": "v1", "time": "2026-01-02T03:04:05Z",
            "fieldsType": "FieldsV1", "fieldsV1": { "f:data": { ".": {}, "f:k": {} } },
        }])
    );
    assert_eq!(cluster.get(&format!("{CONFIG_MAPS}/a")).await, (200, object));
}

#[tokio::test]
async fn a_stale_update_is_refused() {
    let cluster = Cluster::start().await;
    let (_, first) = cluster.post(CONFIG_MAPS, config_map("a")).await;
    let path = format!("{CONFIG_MAPS}/a");
    let (_, second) = cluster.merge(&path, json!({ "data": { "k": "2" } })).await;
    assert!(version(&second) > version(&first));
    let (code, refusal) = cluster.put(&path, first).await;
    assert_eq!((code, &refusal["reason"]), (409, &json!("Conflict")));
    assert_eq!(
        refusal["message"],
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let cluster = Cluster::start().await;
    let (_, object) = cluster.post(CONFIG_MAPS, config_map("a")).await;
    let (_, same) = cluster.put(&format!("{CONFIG_MAPS}/a"), object.clone()).await;
    assert_eq!(same, object);
    let (_, patched) = cluster.merge(&format!("{CONFIG_MAPS}/a"), json!({})).await;
    assert_eq!(version(&patched), version(&object));
}

#[tokio::test]
async fn a_dry_run_answers_and_stores_nothing() {
    let cluster = Cluster::start().await;
    let before = cluster.server.resource_version();
    let (code, object) = cluster.post(&format!("{CONFIG_MAPS}?dryRun=All"), config_map("a")).await;
    assert_eq!((code, object["metadata"].get("resourceVersion")), (201, None));
    assert_eq!(cluster.get(&format!("{CONFIG_MAPS}/a")).await.0, 404);
    assert_eq!(cluster.server.resource_version(), before);
}

#[tokio::test]
async fn generation_counts_the_spec_and_nothing_else() {
    let cluster = Cluster::start().await;
    let policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
    let policy = json!({ "metadata": { "name": "a" }, "spec": { "podSelector": {} } });
    let (_, created) = cluster.post(policies, policy).await;
    assert_eq!(created["metadata"]["generation"], 1);
    let path = format!("{policies}/a");
    let (_, labelled) =
        cluster.merge(&path, json!({ "metadata": { "labels": { "x": "y" } } })).await;
    assert_eq!(labelled["metadata"]["generation"], 1);
    let (_, changed) = cluster.merge(&path, json!({ "spec": { "policyTypes": ["Egress"] } })).await;
    assert_eq!(changed["metadata"]["generation"], 2);
}

#[tokio::test]
async fn the_status_and_the_rest_are_written_apart() {
    let cluster = Cluster::start().await;
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = json!({ "metadata": { "name": "a" }, "spec": { "minAvailable": 1 }, "status": { "currentHealthy": 9 } });
    let (code, created) = cluster.post(budgets, budget).await;
    assert_eq!((code, &created["status"]["currentHealthy"]), (201, &json!(0)));
    let both = json!({ "spec": { "minAvailable": 2 }, "status": { "currentHealthy": 3 } });
    let (_, status) = cluster.merge(&format!("{budgets}/a/status"), both.clone()).await;
    assert_eq!(
        (&status["spec"]["minAvailable"], &status["status"]["currentHealthy"]),
        (&json!(1), &json!(3))
    );
    let both = json!({ "spec": { "minAvailable": 2 }, "status": { "currentHealthy": 4 } });
    let (_, main) = cluster.merge(&format!("{budgets}/a"), both).await;
    assert_eq!(
        (&main["spec"]["minAvailable"], &main["status"]["currentHealthy"]),
        (&json!(2), &json!(3))
    );
}

#[tokio::test]
async fn replicas_are_reached_through_scale() {
    let cluster = Cluster::start().await;
    let sets = "/api/v1/namespaces/default/replicationcontrollers";
    let template = json!({ "metadata": { "labels": { "a": "b" } }, "spec": { "containers": [{ "name": "c", "image": "i" }] } });
    let set = json!({ "metadata": { "name": "a" }, "spec": { "replicas": 2, "selector": { "a": "b" }, "template": template } });
    assert_eq!(cluster.post(sets, set).await.0, 201);
    let (code, scale) = cluster.get(&format!("{sets}/a/scale")).await;
    assert_eq!(
        (code, &scale["kind"], &scale["spec"]),
        (200, &json!("Scale"), &json!({ "replicas": 2 }))
    );
    assert_eq!(scale["status"]["selector"], "a=b");
    let (code, scaled) =
        cluster.merge(&format!("{sets}/a/scale"), json!({ "spec": { "replicas": 5 } })).await;
    assert_eq!((code, &scaled["spec"]["replicas"]), (200, &json!(5)));
    assert_eq!(cluster.get(&format!("{sets}/a")).await.1["spec"]["replicas"], 5);
    assert_eq!(cluster.put(&format!("{sets}/a/scale"), scale).await.0, 409);
}

#[tokio::test]
async fn unknown_fields_are_dropped_warned_about_or_refused() {
    let cluster = Cluster::start().await;
    // They are named in the order of the text, which must not depend on how maps are kept.
    let odd = json!({ "dat": {}, "metadata": { "foo": 1, "name": "a" } });
    let response = cluster.open("POST", CONFIG_MAPS, "application/json", odd.to_string()).await;
    assert_eq!(response.status(), 201);
    let warnings: Vec<_> = response.headers().get_all("warning").iter().collect();
    assert_eq!(
        warnings,
        ["299 - \"unknown field \\\"dat\\\"\"", "299 - \"unknown field \\\"metadata.foo\\\"\""]
    );
    let (code, refusal) = cluster.post(&format!("{CONFIG_MAPS}?fieldValidation=Strict"), odd).await;
    assert_eq!((code, &refusal["reason"]), (400, &json!("BadRequest")));
    assert_eq!(
        refusal["message"],
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"dat\", unknown field \"metadata.foo\""
    );
}

#[tokio::test]
async fn what_is_not_served_is_answered_as_upstream_does() {
    let cluster = Cluster::start().await;
    assert_eq!(cluster.get("/nope").await, (404, json!("404 page not found\n")));
    let (code, body) = cluster.get("/api/v1/foos").await;
    assert_eq!(
        (code, &body["message"]),
        (404, &json!("the server could not find the requested resource"))
    );
    let (code, body) = cluster.put(CONFIG_MAPS, json!({})).await;
    assert_eq!((code, &body["reason"]), (405, &json!("MethodNotAllowed")));
    assert_eq!(
        cluster.send("PATCH", &format!("{CONFIG_MAPS}/a"), "text/plain", json!({})).await.0,
        415
    );
    let large = json!({ "data": { "a": "a".repeat(4_000_000) } });
    assert_eq!(cluster.post(CONFIG_MAPS, large).await.0, 413);
}

#[tokio::test]
async fn aggregated_discovery_says_what_it_is() {
    let cluster = Cluster::start().await;
    let form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let response = cluster.open_as("/apis", form).await;
    assert_eq!(response.headers()["content-type"], form);
    let response = cluster.open_as("/apis", "application/json").await;
    assert_eq!(response.headers()["content-type"], "application/json");
}
