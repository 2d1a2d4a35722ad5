//! What holds for the list of kinds on any server.

use std::time::Duration;

use gotk_client::{Discovery, Transport};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;
use tokio::time::{sleep, timeout};

/// Somebody else adds a subresource to a kind that is known already.
pub(crate) async fn what_others_define_is_noticed(ours: &Transport, theirs: &Transport) {
    define(theirs, json!({})).await;
    let discovery = Discovery::new(ours);
    let subresources = |at_least: usize| {
        let discovery = discovery.clone();
        async move {
            loop {
                let known = discovery.resolve("follow.example.com", Some("v1"), "Gear").await;
                match known {
                    Ok(kind) if kind.subresources.len() >= at_least => {
                        return kind.subresources.clone();
                    }
                    _ => sleep(Duration::from_millis(50)).await,
                }
            }
        }
    };
    let noticed = async {
        assert_eq!(subresources(0).await, [""; 0]);
        define(theirs, json!({"status": {}})).await;
        assert_eq!(subresources(1).await, ["status"]);
    };
    tokio::select! {
        never = discovery.follow() => match never {},
        noticed = timeout(Duration::from_secs(60), noticed) => noticed.expect("it is noticed"),
    }
}

async fn define(transport: &Transport, subresources: serde_json::Value) {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "gears.follow.example.com"},
        "spec": {
            "group": "follow.example.com",
            "names": {"kind": "Gear", "plural": "gears", "singular": "gear", "listKind": "GearList"},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": subresources,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }],
        },
    });
    let api: Api<CustomResourceDefinition> = Api::all(transport.client());
    let apply = Patch::Apply(&definition);
    api.patch("gears.follow.example.com", &PatchParams::apply("them"), &apply).await.unwrap();
}
