//! What others do to the objects while we are at it.

use std::time::Duration;

use gotk_apiserver::{ApiServer, Fault, Harm, Injected};
use gotk_ssa::Action;
use kube::Config;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::set::Worker;

async fn shop() -> (ApiServer, Worker) {
    let server = ApiServer::start().await.unwrap();
    let worker = Worker::new(&Config::new(server.url().parse().unwrap()), "shop");
    worker.make_namespace().await;
    (server, worker)
}

/// One request of a verb waits until the rule is lifted.
fn held(verb: &str) -> Fault {
    Fault::new(Harm::Hold).verb(verb).times(1)
}

async fn struck(rule: &Injected) {
    while rule.struck() == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

async fn replace(worker: &Worker, name: &str) {
    worker.send("DELETE", &worker.path(name), &Value::Null).await.unwrap();
    let collection = "/api/v1/namespaces/shop/configmaps";
    worker.send("POST", collection, &worker.map(name, "theirs")).await.unwrap();
}

#[tokio::test]
async fn an_object_deleted_after_the_plan_is_created() {
    let (_server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    let plan = worker.plan(worker.version(2)).await.unwrap();
    worker.send("DELETE", &worker.path("changed-1"), &Value::Null).await.unwrap();
    worker.send("DELETE", &worker.path("fixed-1"), &Value::Null).await.unwrap();
    let applied = plan.record(&worker.inventory).await.unwrap().apply().await.unwrap();
    applied.prune(&worker.inventory).await.unwrap();
    worker.assert_is(2).await;
}

/// The plan means an object that is not there any more; the one that is gets what is wanted too.
#[tokio::test]
async fn an_object_replaced_after_the_plan_is_configured() {
    let (_server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    let mut wanted = worker.version(1);
    for object in wanted.iter_mut().filter(|it| it["metadata"]["name"] == "changed-1") {
        object["data"]["value"] = json!("2");
    }
    let plan = worker.plan(wanted).await.unwrap();
    replace(&worker, "changed-1").await;
    let applied = plan.record(&worker.inventory).await.unwrap().apply().await.unwrap();
    applied.prune(&worker.inventory).await.unwrap();
    let live = worker.get("changed-1").await.unwrap();
    assert_eq!(live["data"]["value"], "2");
    assert_eq!(live["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "app");
}

/// Between our look at an object and its deletion somebody puts another in its place: that one stays.
#[tokio::test]
async fn an_object_replaced_before_its_deletion_is_not_deleted() {
    let (server, worker) = shop().await;
    worker.deliver(vec![worker.map("a", "1"), worker.map("b", "1")]).await.unwrap();
    let applied = worker.apply(vec![worker.map("a", "1")]).await.unwrap();
    let rule = server.inject(held("delete").name("b"));
    let other = async {
        struck(&rule).await;
        replace(&worker, "b").await;
        rule.lift();
    };
    let (pruned, ()) = tokio::join!(applied.prune(&worker.inventory), other);
    assert_eq!(pruned.unwrap().count(Action::Skip), 1, "it is somebody else's now");
    assert_eq!(worker.get("b").await.unwrap()["data"]["value"], "theirs");
    assert_eq!(worker.recorded().await.len(), 1, "and not ours to remember");
}

/// Immutable objects are replaced exactly as they were read: never one that came in between.
#[tokio::test]
async fn an_object_replaced_before_its_recreation_is_not_deleted_unread() {
    let (server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    let rule = server.inject(held("delete").name("fixed-1"));
    let other = async {
        struck(&rule).await;
        worker.send("DELETE", &worker.path("fixed-1"), &Value::Null).await.ok();
        let collection = "/api/v1/namespaces/shop/configmaps";
        worker.send("POST", collection, &worker.map("fixed-1", "theirs")).await.ok();
        rule.lift();
    };
    let (delivered, ()) = tokio::join!(worker.deliver(worker.version(2)), other);
    if let Err(error) = delivered {
        assert_eq!(error.object().unwrap().to_string(), "ConfigMap/shop/fixed-1", "{error:?}");
        worker.assert_superset().await;
        worker.deliver(worker.version(2)).await.unwrap();
    }
    worker.assert_is(2).await;
}

#[tokio::test]
async fn our_entry_of_the_managed_fields_is_wiped() {
    let (_server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    for name in ["same-1", "changed-1", "of-1-1"] {
        let wipe = json!({"metadata": {"managedFields": [{}]}});
        worker.send("PATCH", &worker.path(name), &wipe).await.unwrap();
    }
    worker.deliver(worker.version(2)).await.unwrap();
    worker.assert_is(2).await;
    let live = worker.get("same-1").await.unwrap();
    let managers = live["metadata"]["managedFields"].as_array().unwrap();
    assert!(managers.iter().any(|it| it["manager"] == "kustomize-controller"), "{managers:?}");
    // What leaves an object now goes, because the field is ours again.
    let mut objects = worker.version(2);
    for object in objects.iter_mut().filter(|it| it["metadata"]["name"] == "same-1") {
        object.as_object_mut().unwrap().remove("data");
        object.as_object_mut().unwrap().remove("stringData");
    }
    worker.deliver(objects).await.unwrap();
    assert!(worker.get("same-1").await.unwrap().get("data").is_none());
}

/// Everything is deleted by somebody in the middle of the apply: the run after that is whole.
#[tokio::test]
async fn a_namespace_emptied_while_we_apply() {
    let (server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    let rule = server.inject(held("patch").after(40));
    let other = async {
        struck(&rule).await;
        for number in 0..5 {
            worker.send("DELETE", &worker.path(&format!("same-{number}")), &Value::Null).await.ok();
        }
        rule.lift();
    };
    let (delivered, ()) = tokio::join!(worker.deliver(worker.version(2)), other);
    delivered.unwrap();
    worker.deliver(worker.version(2)).await.unwrap();
    worker.assert_is(2).await;
}
