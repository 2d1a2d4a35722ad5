//! `kube` as people use it: typed, discovered, reflected, waited for.

use std::pin::pin;

use futures_util::TryStreamExt;
use gotk_apiserver::ApiServer;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, reflector, wait, watcher};
use kube::{Api, Client, Config, Discovery};
use serde_json::json;

fn client(server: &ApiServer) -> Client {
    Client::try_from(Config::new(server.url().parse().unwrap())).unwrap()
}

fn map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({ "metadata": { "name": name }, "data": { "k": "v" } })).unwrap()
}

#[tokio::test]
async fn both_ways_of_discovery_find_the_kinds() {
    let server = ApiServer::start().await.unwrap();
    let legacy = Discovery::new(client(&server)).run().await.unwrap();
    let aggregated = Discovery::new(client(&server)).run_aggregated().await.unwrap();
    for discovery in [legacy, aggregated] {
        let apps = discovery.groups().find(|group| group.name() == "apps").unwrap();
        assert!(apps.recommended_kind("Deployment").is_some());
    }
}

#[tokio::test]
async fn a_reflector_follows_by_lists_and_by_streams() {
    let server = ApiServer::start().await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client(&server), "default");
    api.create(&PostParams::default(), &map("a")).await.unwrap();
    for config in [watcher::Config::default(), watcher::Config::default().streaming_lists()] {
        let (store, writer) = reflector::store();
        let mut stream = pin!(reflector(writer, watcher(api.clone(), config)).applied_objects());
        assert_eq!(stream.try_next().await.unwrap().unwrap().metadata.name.as_deref(), Some("a"));
        let patch = Patch::Merge(
            json!({ "data": { "k": server.url() + &server.resource_version().to_string() } }),
        );
        let patched = api.patch("a", &PatchParams::default(), &patch).await.unwrap();
        let seen = stream.try_next().await.unwrap().unwrap();
        assert_eq!(seen.data, patched.data);
        assert_eq!(store.state().len(), 1);
    }
}

#[tokio::test]
async fn a_deletion_is_awaited() {
    let server = ApiServer::start().await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client(&server), "default");
    let created = api.create(&PostParams::default(), &map("a")).await.unwrap();
    let uid = created.metadata.uid.unwrap();
    let gone = wait::conditions::is_deleted(&uid);
    let waiting = wait::await_condition(api.clone(), "a", gone);
    let options = DeleteParams::default();
    let (_, waited) = tokio::join!(api.delete("a", &options), waiting);
    waited.unwrap();
    assert!(api.list(&ListParams::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn metadata_alone_can_be_asked_for() {
    let server = ApiServer::start().await.unwrap();
    let api: Api<ConfigMap> = Api::namespaced(client(&server), "default");
    api.create(&PostParams::default(), &map("a")).await.unwrap();
    let listed = api.list_metadata(&ListParams::default().limit(1)).await.unwrap();
    assert_eq!(listed.items[0].metadata.name.as_deref(), Some("a"));
    let one = api.get_metadata("a").await.unwrap();
    assert_eq!(one.metadata.resource_version, listed.items[0].metadata.resource_version);
}
