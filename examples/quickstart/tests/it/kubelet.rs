//! A control plane has no nodes: this says of every pod what a kubelet would.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, json};

/// Runs every pod that appears; those that are not to be restarted are done at once. Never ends.
pub(crate) async fn run(client: Client) {
    let pods: Api<Pod> = Api::all(client.clone());
    loop {
        let listed = pods.list(&ListParams::default()).await.map(|list| list.items);
        for pod in listed.unwrap_or_default().iter().filter(|pod| is_pending(pod)) {
            let api: Api<Pod> =
                Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
            let status = Patch::Merge(json!({ "status": status(pod) }));
            // A pod that is gone meanwhile needs no status.
            let _ = api.patch_status(&pod.name_any(), &PatchParams::default(), &status).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn is_pending(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Pending")
}

fn status(pod: &Pod) -> Value {
    let spec = pod.spec.clone().unwrap_or_default();
    let runs = spec.restart_policy.as_deref() != Some("Never");
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    let state = match runs {
        true => json!({"running": {"startedAt": now}}),
        false => {
            json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}})
        }
    };
    let containers = spec.containers.iter().map(|container| {
        json!({
            "name": container.name, "image": container.image, "imageID": "", "restartCount": 0,
            "ready": runs, "started": runs, "state": state,
        })
    });
    let condition = |kind: &str, holds: bool| {
        let status = if holds { "True" } else { "False" };
        json!({"type": kind, "status": status, "lastTransitionTime": now})
    };
    json!({
        "phase": if runs { "Running" } else { "Succeeded" },
        "startTime": now,
        "conditions": [
            condition("PodScheduled", true), condition("Initialized", true),
            condition("ContainersReady", runs), condition("Ready", runs),
        ],
        "containerStatuses": containers.collect::<Vec<_>>(),
    })
}
