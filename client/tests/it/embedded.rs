//! Against the embedded server: the same answers as from the real one, without any binary.

use futures::TryStreamExt;
use gotk_apiserver::ApiServer;
use gotk_client::{Discovery, Options, Transport, Verb};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{Patch, PatchParams, WatchEvent, WatchParams};
use serde_json::json;

async fn transport() -> (ApiServer, Transport) {
    let server = ApiServer::start().await.unwrap();
    let config = kube::Config::new(server.url().parse().unwrap());
    let transport = Transport::new(&config, Options::default()).unwrap();
    (server, transport)
}

#[tokio::test]
async fn requests_are_counted_by_what_they_do() {
    let (_server, transport) = transport().await;
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"},
    });
    let dry_run = PatchParams { dry_run: true, ..PatchParams::apply("me") };
    api.patch("a", &dry_run, &Patch::Apply(&object)).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none(), "a dry-run stores nothing");
    api.patch("a", &PatchParams::apply("me"), &Patch::Apply(&object)).await.unwrap();
    let counts = transport.counts();
    assert_eq!((counts.of(Verb::Apply), counts.dry_runs(), counts.of(Verb::Get)), (1, 1, 1));

    let mut events = Box::pin(api.watch(&WatchParams::default(), "0").await.unwrap());
    let first = events.try_next().await.unwrap();
    assert!(
        matches!(first, Some(WatchEvent::Added(map)) if map.metadata.name.as_deref() == Some("a"))
    );
}

#[tokio::test]
async fn every_kind_is_discovered_with_two_requests() {
    let (_server, transport) = transport().await;
    let discovery = Discovery::new(&transport);
    let deployment = discovery.resolve("apps", None, "Deployment").await.unwrap();
    assert_eq!(deployment.resource.plural, "deployments");
    assert!(deployment.is_namespaced() && deployment.can_watch());
    assert!(discovery.kinds().await.unwrap().len() > 50);
    assert!(discovery.resolve("example.com", None, "Thing").await.is_err());
    assert_eq!(transport.counts().total(), 2);
}

#[tokio::test]
async fn what_others_define_is_noticed() {
    let (server, ours) = transport().await;
    let config = kube::Config::new(server.url().parse().unwrap());
    let theirs = Transport::new(&config, Options::default()).unwrap();
    crate::discovery::what_others_define_is_noticed(&ours, &theirs).await;
}
