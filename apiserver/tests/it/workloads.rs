//! The kinds that run something: defaults, demands, what cannot change.

use serde_json::{Value, json};

use crate::client::{Cluster, names};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "main", "image": "main:1", "livenessProbe": { "httpGet": { "port": 80 } } }] },
            },
        },
    })
}

#[tokio::test]
async fn a_deployment_is_filled_in_as_upstream_does() {
    let cluster = Cluster::start().await;
    let (code, created) = cluster.post(DEPLOYMENTS, deployment()).await;
    assert_eq!(code, 201);
    let rolling = json!({ "maxSurge": "25%", "maxUnavailable": "25%" });
    assert_eq!(
        created["spec"],
        json!({
            "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "selector": { "matchLabels": { "app": "web" } },
            "strategy": { "type": "RollingUpdate", "rollingUpdate": rolling },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": {
                    "containers": [{
                        "name": "main", "image": "main:1", "imagePullPolicy": "IfNotPresent", "resources": {},
                        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                        "livenessProbe": {
                            "httpGet": { "port": 80, "path": "/", "scheme": "HTTP" },
                            "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
                        },
                    }],
                    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
                    "securityContext": {}, "schedulerName": "default-scheduler",
                },
            },
        })
    );
}

#[tokio::test]
async fn applying_the_same_deployment_twice_writes_once() {
    let cluster = Cluster::start().await;
    let path = format!("{DEPLOYMENTS}/web?fieldManager=m");
    let (code, first) = cluster.apply(&path, deployment()).await;
    assert_eq!(code, 201);
    let (code, second) = cluster.apply(&path, deployment()).await;
    assert_eq!((code, second), (200, first));
}

#[tokio::test]
async fn a_deployment_needs_what_it_runs_and_keeps_its_selector() {
    let cluster = Cluster::start().await;
    let (code, refusal) = cluster.post(DEPLOYMENTS, json!({ "metadata": { "name": "a" } })).await;
    assert_eq!(code, 422);
    assert_eq!(
        refusal["message"],
        "Deployment.apps \"a\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, spec.template.spec.containers: Required value]"
    );
    let (_, mut changed) = cluster.post(DEPLOYMENTS, deployment()).await;
    for pointer in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        *changed.pointer_mut(pointer).unwrap() = json!({ "app": "other" });
    }
    let (code, refusal) = cluster.put(&format!("{DEPLOYMENTS}/web"), changed).await;
    assert_eq!(code, 422);
    assert_eq!(
        refusal["message"],
        "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"other\"}}: field is immutable"
    );
}

#[tokio::test]
async fn a_pod_waits_and_is_given_its_grace() {
    let cluster = Cluster::start().await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({ "metadata": { "name": "a" }, "spec": { "nodeName": "n", "containers": [{ "name": "c", "image": "i" }] } });
    let (_, created) = cluster.post(pods, pod).await;
    assert_eq!(
        (&created["status"]["phase"], &created["spec"]["containers"][0]["imagePullPolicy"]),
        (&json!("Pending"), &json!("Always"))
    );
    assert_eq!(
        names(&cluster.get(&format!("{pods}?fieldSelector=status.phase%3DPending")).await.1),
        ["a"]
    );
    let (_, ending) = cluster.delete(&format!("{pods}/a"), json!(null)).await;
    assert_eq!(ending["metadata"]["deletionGracePeriodSeconds"], 30);
    assert_eq!(
        cluster.delete(&format!("{pods}/a"), json!({ "gracePeriodSeconds": 0 })).await.0,
        200
    );
    assert_eq!(cluster.get(&format!("{pods}/a")).await.0, 404);
}

#[tokio::test]
async fn a_strategic_patch_merges_containers_by_name() {
    let cluster = Cluster::start().await;
    cluster.post(DEPLOYMENTS, deployment()).await;
    let patch = json!({ "spec": { "template": { "spec": { "containers": [{ "name": "side", "image": "side:1" }] } } } });
    let path = format!("{DEPLOYMENTS}/web");
    let (code, patched) =
        cluster.send("PATCH", &path, "application/strategic-merge-patch+json", patch).await;
    assert_eq!(code, 200);
    let containers = patched["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    let mut found: Vec<_> = containers.iter().map(|c| c["name"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["main", "side"]);
}

#[tokio::test]
async fn a_service_and_a_binding_have_their_defaults() {
    let cluster = Cluster::start().await;
    let service = json!({ "metadata": { "name": "a" }, "spec": { "ports": [{ "port": 80 }] } });
    let (_, service) = cluster.post("/api/v1/namespaces/default/services", service).await;
    assert_eq!(
        service["spec"]["ports"],
        json!([{ "port": 80, "protocol": "TCP", "targetPort": 80 }])
    );
    assert_eq!(service["status"], json!({ "loadBalancer": {} }));
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
    let binding = json!({ "metadata": { "name": "a:b" }, "roleRef": { "kind": "ClusterRole", "name": "x" }, "subjects": [{ "kind": "User", "name": "u" }] });
    let (code, binding) = cluster.post(bindings, binding).await;
    assert_eq!(
        (code, &binding["subjects"][0]["apiGroup"]),
        (201, &json!("rbac.authorization.k8s.io"))
    );
    let (code, refusal) =
        cluster.merge(&format!("{bindings}/a:b"), json!({ "roleRef": { "name": "y" } })).await;
    assert_eq!((code, &refusal["details"]["causes"][0]["field"]), (422, &json!("roleRef")));
}
