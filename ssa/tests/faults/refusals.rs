//! A server that refuses, is overloaded, or loses answers.

use gotk_apiserver::{ApiServer, Fault, Harm};
use gotk_ssa::{Action, Error};
use kube::Config;

use crate::set::Worker;

async fn shop() -> (ApiServer, Worker) {
    let server = ApiServer::start().await.unwrap();
    let worker = Worker::new(&Config::new(server.url().parse().unwrap()), "shop");
    worker.make_namespace().await;
    (server, worker)
}

/// Delivers both versions while requests of one verb meet a harm now and then.
async fn deliver_through(verb: &str, harm: Harm) {
    let (server, worker) = shop().await;
    for version in [1, 2] {
        let rule = server.inject(Fault::new(harm.clone()).verb(verb).after(3).times(2));
        let delivered = worker.deliver(worker.version(version)).await;
        delivered.unwrap_or_else(|error| panic!("{verb} {harm:?}: {error:?}"));
        assert!(rule.struck() > 0 || verb == "delete", "{verb} {harm:?} struck nothing");
        server.lift_faults();
        worker.assert_is(version).await;
    }
}

#[tokio::test]
async fn too_many_requests_are_waited_for() {
    for verb in ["get", "patch", "delete"] {
        deliver_through(verb, Harm::TooManyRequests { retry_after: 0 }).await;
    }
}

#[tokio::test]
async fn a_server_that_fails_now_and_then_is_asked_again() {
    for code in [502, 503, 504] {
        for verb in ["get", "patch"] {
            deliver_through(verb, Harm::Status(code)).await;
        }
    }
}

#[tokio::test]
async fn a_conflict_is_tried_again() {
    deliver_through("patch", Harm::Conflict).await;
    deliver_through("delete", Harm::Conflict).await;
}

#[tokio::test]
async fn a_connection_that_ends_is_opened_again() {
    for verb in ["get", "patch"] {
        deliver_through(verb, Harm::Cut).await;
        deliver_through(verb, Harm::CutAnswer).await;
    }
}

/// What was done is told, the inventory lists it, and the next run goes on from there.
#[tokio::test]
async fn what_was_done_before_a_refusal_is_told() {
    let (server, worker) = shop().await;
    let plan = worker.applier.plan(worker.version(1)).await.unwrap();
    let recorded = plan.record(&worker.inventory).await.unwrap();
    server.inject(Fault::new(Harm::Status(500)).verb("patch").resource("secrets").name("same-3"));
    let error = recorded.apply().await.unwrap_err();
    assert_eq!(error.object().unwrap().to_string(), "Secret/shop/same-3");
    assert!(error.is_transient());
    let Error::Incomplete { done, .. } = &error else { panic!("{error:?}") };
    // ConfigMaps come before Secrets; all of them are there.
    assert!(done.count(Action::Create) >= 20, "{}", done.count(Action::Create));
    let ours = worker.ours().await;
    for change in done.iter() {
        assert!(ours.contains_key(&change.object.to_string()), "{} is not there", change.object);
    }
    worker.assert_superset().await;
    server.lift_faults();
    worker.deliver(worker.version(1)).await.unwrap();
    worker.assert_is(1).await;
}

/// A plan that cannot be made writes nothing, not even the inventory.
#[tokio::test]
async fn a_refusal_while_planning_leaves_nothing_behind() {
    let (server, worker) = shop().await;
    server.inject(Fault::new(Harm::Status(403)).verb("patch").name("same-3"));
    let error = worker.deliver(worker.version(1)).await.unwrap_err();
    assert!(error.to_string().contains("same-3"), "{error}");
    assert!(worker.ours().await.is_empty() && worker.recorded().await.is_empty());
}

/// An immutable field is no last word while nobody could read whether the live object excuses it.
#[tokio::test]
async fn a_refusal_that_could_not_be_looked_into_may_pass() {
    let (server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    server.inject(Fault::new(Harm::Status(500)).verb("get").name("fixed-2"));
    let error = worker.deliver(worker.version(2)).await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("fixed-2"), "{error:?}");
    server.lift_faults();
    worker.deliver(worker.version(2)).await.unwrap();
    worker.assert_is(2).await;
}

/// What cannot be deleted stays in the inventory, and goes another day.
#[tokio::test]
async fn what_cannot_be_deleted_is_not_forgotten() {
    let (server, worker) = shop().await;
    worker.deliver(worker.version(1)).await.unwrap();
    server.inject(Fault::new(Harm::Status(500)).verb("delete").name("of-1-2"));
    let error = worker.deliver(worker.version(2)).await.unwrap_err();
    let Error::Undeleted { failures, .. } = &error else { panic!("{error:?}") };
    assert_eq!(failures.len(), 2, "a ConfigMap and a Secret");
    let left = ["ConfigMap/shop/of-1-2", "Secret/shop/of-1-2"];
    let recorded = worker.recorded().await;
    assert!(left.iter().all(|id| recorded.contains(*id)), "{recorded:?}");
    worker.assert_superset().await;
    server.lift_faults();
    worker.deliver(worker.version(2)).await.unwrap();
    worker.assert_is(2).await;
}

/// Two processes of one set record at once: no entry is lost.
#[tokio::test]
async fn two_processes_that_record_at_once_lose_nothing() {
    let (server, worker) = shop().await;
    let second = Worker::new(&Config::new(server.url().parse().unwrap()), "shop");
    let own = |version: u32| {
        let mut objects = worker.version(version);
        // Both may not want something else of one object.
        objects.retain(|it| it["metadata"]["name"].as_str().unwrap().starts_with("of-"));
        objects
    };
    let (one, two) = (own(1), own(2));
    let plans = (worker.applier.plan(one).await.unwrap(), second.applier.plan(two).await.unwrap());
    let both = tokio::join!(plans.0.record(&worker.inventory), plans.1.record(&second.inventory));
    let applied = tokio::join!(both.0.unwrap().apply(), both.1.unwrap().apply());
    let _applied = (applied.0.unwrap(), applied.1.unwrap());
    worker.assert_superset().await;
    assert_eq!(worker.recorded().await.len(), 20, "ten of each");
}
