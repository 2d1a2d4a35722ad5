//! Controllers at work.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::deployment;
use crate::server::{MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(a_deployment_makes_a_replica_set_and_pending_pods, 9, [Workloads]),
    fact!(a_changed_template_makes_another_replica_set, 9, [Workloads]),
    fact!(a_deployment_takes_its_pods_along, 9, [Workloads]),
    fact!(a_namespace_gets_its_service_account_and_root_certificate, 20, [Workloads]),
    fact!(a_paused_deployment_keeps_its_template, 9, [Workloads]),
];

async fn items(s: &Server, path: &str) -> Vec<Value> {
    s.get(path).await.is(200)["items"].as_array().unwrap().clone()
}

async fn a_deployment_makes_a_replica_set_and_pending_pods(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    let applied = s.apply("one", &path, &deployment("web", 2)).await.is(201);
    s.eventually("the deployment has seen its spec", async || {
        let now = s.get(&path).await.is(200);
        now["status"]["observedGeneration"] == 1 && now["status"]["unavailableReplicas"] == 2
    })
    .await;
    let sets = items(&s, &s.apps("replicasets")).await;
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0]["metadata"]["ownerReferences"][0]["uid"], applied["metadata"]["uid"]);
    s.eventually("two pods pend", async || {
        let pods = items(&s, &s.core("pods")).await;
        pods.len() == 2 && pods.iter().all(|pod| pod["status"]["phase"] == "Pending")
    })
    .await;
    // The controller's status and annotation do not disturb who applies.
    let again = s.apply("one", &path, &deployment("web", 2)).await.is(200);
    assert_eq!(again["metadata"]["generation"], 1);
    assert_eq!(again["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
}

async fn a_changed_template_makes_another_replica_set(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    s.apply("one", &path, &deployment("web", 1)).await.is(201);
    s.eventually("one set", async || items(&s, &s.apps("replicasets")).await.len() == 1).await;
    let patch = json!({ "spec": { "template": { "metadata": { "annotations": { "k": "v" } } } } });
    s.patch(MERGE_PATCH, &path, &patch).await.is(200);
    s.eventually("two sets", async || items(&s, &s.apps("replicasets")).await.len() == 2).await;
}

async fn a_deployment_takes_its_pods_along(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    s.apply("one", &path, &deployment("web", 1)).await.is(201);
    s.eventually("a pod", async || items(&s, &s.core("pods")).await.len() == 1).await;
    s.delete_with(&path, &json!({ "propagationPolicy": "Background" })).await.is(200);
    s.eventually("no pod", async || items(&s, &s.core("pods")).await.is_empty()).await;
    assert_eq!(items(&s, &s.apps("replicasets")).await.len(), 0);
}

async fn a_namespace_gets_its_service_account_and_root_certificate(s: Server) {
    s.eventually("the account", async || {
        s.get(&format!("{}/default", s.core("serviceaccounts"))).await.code == 200
    })
    .await;
    s.eventually("the certificate", async || {
        let root = s.get(&format!("{}/kube-root-ca.crt", s.core("configmaps"))).await;
        root.code == 200 && root.body["data"]["ca.crt"].is_string()
    })
    .await;
}

async fn a_paused_deployment_keeps_its_template(s: Server) {
    let path = format!("{}/web", s.apps("deployments"));
    s.apply("one", &path, &deployment("web", 1)).await.is(201);
    s.eventually("one set", async || items(&s, &s.apps("replicasets")).await.len() == 1).await;
    let template = json!({ "metadata": { "annotations": { "k": "v" } } });
    let patch = json!({ "spec": { "paused": true, "template": template } });
    let generation =
        s.patch(MERGE_PATCH, &path, &patch).await.is(200)["metadata"]["generation"].clone();
    s.eventually("the deployment has seen its spec", async || {
        s.get(&path).await.is(200)["status"]["observedGeneration"] == generation
    })
    .await;
    assert_eq!(items(&s, &s.apps("replicasets")).await.len(), 1);
}
