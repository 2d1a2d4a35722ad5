//! How much is asked at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::future::{join_all, pending};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::WatchParams;
use tokio::sync::Barrier;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::server::{Server, half_an_object, hasty, impatient, object, refusal};

#[tokio::test]
async fn no_more_are_under_way_than_there_are_places() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counting, highest) = (Arc::clone(&now), Arc::clone(&most));
    let all_places = Arc::new(Barrier::new(PLACES));
    let server = Server::start(move |index| {
        let (now, most) = (Arc::clone(&counting), Arc::clone(&highest));
        let all_places = Arc::clone(&all_places);
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            if index < PLACES {
                all_places.wait().await; // as many as that come, or none is answered
            }
            yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            object()
        }
    })
    .await;
    let mut options = hasty();
    (options.concurrency.start, options.concurrency.most) = (PLACES, PLACES);
    let api: Api<ConfigMap> = Api::default_namespaced(server.transport(options).client());
    join_all((0..30).map(|_| api.get("a"))).await.into_iter().for_each(|got| drop(got.unwrap()));
    assert_eq!(most.load(Ordering::SeqCst), PLACES);
}

const PLACES: usize = 3;

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
    let api: Api<ConfigMap> = Api::default_namespaced(server.transport(options).client());
    tokio::select! {
        _ = api.get("a") => panic!("nobody answers"),
        () = server.was_asked(1) => {} // and gives up
    }
    api.get("a").await.expect("there is a place");
}

#[tokio::test]
async fn watches_take_no_place_and_may_be_silent() {
    let watching = Arc::new(AtomicBool::new(true));
    let half = Arc::clone(&watching);
    let server = Server::start(move |_| {
        let half = half.load(Ordering::SeqCst);
        async move { if half { half_an_object() } else { object() } }
    })
    .await;
    let mut options = impatient();
    (options.concurrency.start, options.concurrency.most) = (1, 1);
    let transport = server.transport(options.clone());
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let mut open = Vec::new();
    while open.len() < 4 {
        // A server that is busy may take longer to begin its answer than is waited here.
        if let Ok(watch) = api.watch(&WatchParams::default(), "0").await {
            open.push(Box::pin(watch));
        }
    }
    let silent = timeout(options.answer_limit * 2, futures::StreamExt::next(&mut open[0])).await;
    assert!(silent.is_err(), "a silent watch stays open");
    watching.store(false, Ordering::SeqCst);
    for _ in 0..100 {
        if api.get("a").await.is_ok() {
            return;
        }
    }
    panic!("there is no place");
}
