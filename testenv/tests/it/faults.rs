//! What can be done to it, and that it comes back.

use std::time::Duration;

use gotk_testenv::{Component, ControlPlane, Error, Options};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{get, post, start};

/// Waits for something the server does in its own time.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: not after a minute");
}

async fn is_silent(plane: &ControlPlane) -> bool {
    let client = plane.client().unwrap();
    timeout(Duration::from_millis(500), get(&client, "/api/v1/namespaces/default")).await.is_err()
}

#[tokio::test]
async fn components_pause_die_and_come_back_with_their_data() {
    let Some(plane) = start(Options::default()).await else { return };
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "kept" } });
    let path = "/api/v1/namespaces/default/configmaps";
    let created = post(&plane.client().unwrap(), path, &object).await.unwrap();
    let kept = format!("{path}/kept");

    for component in [Component::ApiServer, Component::Etcd] {
        plane.pause(component).unwrap();
        assert!(is_silent(&plane).await, "{component} is paused");
        plane.resume(component).unwrap();
        assert_eq!(get(&plane.client().unwrap(), &kept).await.unwrap(), created);
    }

    plane.kill(Component::ApiServer).unwrap();
    assert!(get(&plane.client().unwrap(), &kept).await.is_err());
    assert!(matches!(plane.pid(Component::ApiServer), Err(Error::NotRunning { .. })));
    assert!(matches!(plane.kill(Component::ApiServer), Err(Error::NotRunning { .. })));
    plane.restart(Component::ApiServer).await.unwrap();
    assert_eq!(get(&plane.client().unwrap(), &kept).await.unwrap(), created);

    plane.restart(Component::Etcd).await.unwrap();
    let read = async || get(&plane.client().unwrap(), &kept).await.is_ok_and(|now| now == created);
    eventually("the object is read from the restarted etcd", read).await;

    let error = plane.restart(Component::ControllerManager).await.unwrap_err();
    assert_eq!(error.to_string(), "kube-controller-manager is not running");
}

#[tokio::test]
async fn a_link_freezes_and_is_cut_without_the_server_noticing() {
    let Some(plane) = start(Options::default()).await else { return };
    let link = plane.link().unwrap();
    let client = link.client().unwrap();
    let ask = || get(&client, "/api/v1/namespaces/default");
    ask().await.unwrap();

    link.freeze();
    let mut asked = Box::pin(ask());
    assert!(timeout(Duration::from_millis(500), &mut asked).await.is_err());
    plane.version().await.unwrap(); // the server is well
    link.thaw();
    asked.await.unwrap();

    link.freeze();
    let mut asked = Box::pin(ask());
    assert!(timeout(Duration::from_millis(300), &mut asked).await.is_err());
    link.cut();
    assert!(asked.await.is_err());
    link.thaw();
    ask().await.unwrap();
}
