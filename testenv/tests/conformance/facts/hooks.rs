//! What tests can do to a server, and see of it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fact::{Fact, fact};
use crate::facts::version;
use crate::server::{Asked, Events, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(every_request_is_in_the_log, 0, [Faults]),
    fact!(what_was_not_asked_is_not_in_the_log, 0, [Faults]),
    fact!(a_dropped_watch_is_continued_where_it_was, 0, [Faults]),
    fact!(a_stalled_request_is_answered_late, 0, [Faults]),
    fact!(a_cut_request_fails, 0, [Faults]),
];

async fn every_request_is_in_the_log(s: Server) {
    // Nobody else asks for leases by a user of this name.
    let path = s.path("/apis/coordination.k8s.io/v1", "leases");
    let count = async || {
        let all = asked(&s).await.into_iter();
        all.filter(|r| (&*r.verb, &*r.resource) == ("list", "leases.coordination.k8s.io"))
            .map(|r| r.count)
            .sum::<u64>()
    };
    assert_eq!(count().await, 0);
    for asked in 1..=3 {
        s.send(http::Request::get(&path).header("Impersonate-User", &s.namespace), None).await;
        assert_eq!(count().await, asked, "forbidden requests are requests");
    }
}

async fn what_was_not_asked_is_not_in_the_log(s: Server) {
    assert!(asked(&s).await.is_empty());
    assert!(asked(&s).await.is_empty());
}

/// What the user who is called as the namespace has asked for.
async fn asked(s: &Server) -> Vec<Asked> {
    s.hooks.requests().await.into_iter().filter(|r| r.user == s.namespace).collect()
}

fn secret(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name } })
}

async fn a_dropped_watch_is_continued_where_it_was(s: Server) {
    let path = s.core("secrets");
    let start = version(&s.get(&path).await.is(200));
    let wire = s.hooks.wire().await;
    let client = wire.client();
    let watch = async |from| {
        Events::open(&client, &format!("{path}?watch=true&resourceVersion={from}")).await
    };
    let mut events = watch(start).await;
    let first = s.post(&path, &secret("first")).await.is(201);
    assert_eq!(events.next().await.unwrap().1, first);
    wire.cut();
    assert_eq!(events.next().await, None);
    let second = s.post(&path, &secret("second")).await.is(201);
    let mut events = watch(version(&first)).await;
    assert_eq!(events.next().await.unwrap().1, second);
}

async fn a_stalled_request_is_answered_late(s: Server) {
    let wire = s.hooks.wire().await;
    let client = wire.client();
    let ask = || client.request_text(http::Request::get("/version").body(Vec::new()).unwrap());
    ask().await.unwrap();
    wire.freeze();
    let mut asked = Box::pin(ask());
    assert!(timeout(Duration::from_millis(300), &mut asked).await.is_err());
    wire.thaw();
    asked.await.unwrap();
}

async fn a_cut_request_fails(s: Server) {
    let wire = s.hooks.wire().await;
    let client = wire.client();
    let ask = || client.request_text(http::Request::get("/version").body(Vec::new()).unwrap());
    ask().await.unwrap();
    wire.freeze();
    let mut asked = Box::pin(ask());
    assert!(timeout(Duration::from_millis(300), &mut asked).await.is_err());
    wire.cut();
    assert!(asked.await.is_err());
    wire.thaw();
    ask().await.unwrap();
}
