//! Watches that end, fall behind or cannot be opened while definitions are waited for.

use gotk_apiserver::{ApiServer, Fault, Harm};
use gotk_ssa::Action;
use kube::Config;
use serde_json::{Value, json};

use crate::set::Worker;

fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    })
}

fn thing() -> Value {
    json!({
        "apiVersion": "example.com/v1", "kind": "Thing",
        "metadata": {"name": "a", "namespace": "shop"}, "spec": {"size": 1},
    })
}

async fn shop() -> (ApiServer, Worker) {
    let server = ApiServer::start().await.unwrap();
    let worker = Worker::new(&Config::new(server.url().parse().unwrap()), "shop");
    worker.make_namespace().await;
    (server, worker)
}

#[tokio::test]
async fn a_definition_is_waited_for_through_broken_watches() {
    for harm in [
        Harm::CutAfter(0),
        Harm::ExpireAfter(0),
        Harm::Cut,
        Harm::Status(503),
        Harm::Status(410),
        Harm::TooManyRequests { retry_after: 0 },
    ] {
        let (server, worker) = shop().await;
        server.inject(Fault::new(harm.clone()).verb("watch").times(2));
        let delivered = worker.deliver(vec![definition(), thing()]).await;
        let (changes, _) = delivered.unwrap_or_else(|error| panic!("{harm:?}: {error:?}"));
        assert_eq!(changes.count(Action::Create), 2, "{harm:?}");
    }
}

/// A definition that somebody deletes takes its objects with it; the next run brings both back.
#[tokio::test]
async fn a_definition_that_was_deleted_comes_back_with_its_objects() {
    let (_server, worker) = shop().await;
    worker.deliver(vec![definition(), thing()]).await.unwrap();
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com";
    worker.send("DELETE", path, &Value::Null).await.unwrap();
    let (changes, _) = worker.deliver(vec![definition(), thing()]).await.unwrap();
    assert_eq!(changes.count(Action::Create), 2);
    let live =
        worker.send("GET", "/apis/example.com/v1/namespaces/shop/things/a", &Value::Null).await;
    assert_eq!(live.unwrap()["spec"]["size"], 1);
}

/// Deleted between plan and apply: the apply says which object has no kind any more, or brings it
/// back; the run after that heals it in any case.
#[tokio::test]
async fn a_definition_that_is_deleted_after_the_plan() {
    let (_server, worker) = shop().await;
    worker.deliver(vec![definition(), thing()]).await.unwrap();
    let mut changed = thing();
    changed["spec"]["size"] = json!(2);
    let plan = worker.applier.plan(vec![definition(), changed.clone()]).await.unwrap();
    let recorded = plan.record(&worker.inventory).await.unwrap();
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com";
    worker.send("DELETE", path, &Value::Null).await.unwrap();
    let error = recorded.apply().await.unwrap_err();
    assert_eq!(error.object().unwrap().to_string(), "Thing/shop/a", "{error:?}");
    worker.deliver(vec![definition(), changed]).await.unwrap();
    let live =
        worker.send("GET", "/apis/example.com/v1/namespaces/shop/things/a", &Value::Null).await;
    assert_eq!(live.unwrap()["spec"]["size"], 2);
}

/// A kind whose definition is gone has no objects left to prune.
#[tokio::test]
async fn objects_of_a_kind_that_is_gone_are_pruned() {
    let (_server, worker) = shop().await;
    worker.deliver(vec![definition(), thing(), worker.map("a", "1")]).await.unwrap();
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com";
    worker.send("DELETE", path, &Value::Null).await.unwrap();
    let (_, pruned) = worker.deliver(vec![worker.map("a", "1")]).await.unwrap();
    assert_eq!(pruned.count(Action::Delete), 2);
    assert_eq!(worker.recorded().await.len(), 1);
}
