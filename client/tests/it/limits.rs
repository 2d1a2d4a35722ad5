//! How much is asked at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{join_all, pending};
use gotk_client::Verb;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::WatchParams;
use tokio::time::{sleep, timeout};

use crate::server::{Server, half_an_object, hasty, object, refusal};

#[tokio::test]
async fn no_more_are_under_way_than_there_are_places() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counting, highest) = (Arc::clone(&now), Arc::clone(&most));
    let server = Server::start(move |_| {
        let (now, most) = (Arc::clone(&counting), Arc::clone(&highest));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_millis(5)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            object()
        }
    })
    .await;
    let mut options = hasty();
    (options.concurrency.start, options.concurrency.most) = (3, 3);
    let api: Api<ConfigMap> = Api::default_namespaced(server.transport(options).client());
    join_all((0..30).map(|_| api.get("a"))).await.into_iter().for_each(|got| drop(got.unwrap()));
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn refusals_leave_fewer_places() {
    let server =
        Server::start(
            |index| async move { if index < 3 { refusal(429, Some(0)) } else { object() } },
        )
        .await;
    let transport = server.transport(hasty());
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    api.get("a").await.unwrap();
    assert_eq!(transport.concurrency(), 2, "16 halved three times");
}

#[tokio::test]
async fn a_cancelled_request_gives_its_place_back() {
    let server = Server::start(|index| async move {
        if index == 0 {
            pending::<()>().await;
        }
        object()
    })
    .await;
    let mut options = hasty();
    (options.concurrency.start, options.concurrency.most) = (1, 1);
    options.answer_limit = Duration::from_secs(30);
    let api: Api<ConfigMap> = Api::default_namespaced(server.transport(options).client());
    timeout(Duration::from_millis(50), api.get("a")).await.unwrap_err();
    timeout(Duration::from_secs(5), api.get("a")).await.expect("there is a place").unwrap();
}

#[tokio::test]
async fn watches_take_no_place_and_may_be_silent() {
    let server =
        Server::start(|index| async move { if index < 4 { half_an_object() } else { object() } })
            .await;
    let mut options = hasty();
    (options.concurrency.start, options.concurrency.most) = (1, 1);
    let transport = server.transport(options.clone());
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let parameters = WatchParams::default();
    let watches = join_all((0..4).map(|_| api.watch(&parameters, "0"))).await;
    let mut open = watches.into_iter().map(|watch| Box::pin(watch.unwrap()));
    let mut first = open.next().unwrap();
    let silent = timeout(options.answer_limit * 2, futures::StreamExt::next(&mut first)).await;
    assert!(silent.is_err(), "a silent watch stays open");
    api.get("a").await.unwrap();
    assert_eq!(transport.counts().of(Verb::Watch), 4);
}
