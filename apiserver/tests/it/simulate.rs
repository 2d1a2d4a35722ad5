//! Workloads that are moved to ready, or not, by the server's clock.

use std::time::Duration;

use gotk_apiserver::{Clock, Options};
use serde_json::{Value, json};

use crate::client::{Cluster, names};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
const STATEFUL: &str = "/apis/apps/v1/namespaces/default/statefulsets";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const PODS: &str = "/api/v1/namespaces/default/pods";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

/// A cluster whose pods take ten seconds, and the clock that tells when they are over.
async fn cluster() -> (Cluster, Clock) {
    let clock = Clock::stopped("2026-01-02T03:04:05Z".parse().unwrap());
    let options =
        Options::default().clock(clock.clone()).simulate_workloads(Duration::from_secs(10));
    (Cluster::start_with(options).await, clock)
}

fn template(name: &str, policy: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": name } },
        "spec": { "restartPolicy": policy, "containers": [{ "name": "main", "image": "main:1" }] },
    })
}

fn deployment(replicas: i64, annotations: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "annotations": annotations },
        "spec": {
            "replicas": replicas, "selector": { "matchLabels": { "app": "web" } },
            "template": template("web", "Always"),
        },
    })
}

fn job(annotations: Value, more: Value) -> Value {
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": { "name": "once", "annotations": annotations },
        "spec": { "template": template("once", "Never") },
    });
    for (key, value) in more.as_object().unwrap() {
        job["spec"][key] = value.clone();
    }
    job
}

async fn found(cluster: &Cluster, path: &str) -> Value {
    let (code, object) = cluster.get(path).await;
    assert_eq!(code, 200, "{object:#}");
    object
}

fn condition<'a>(object: &'a Value, kind: &str) -> &'a Value {
    let conditions = object["status"]["conditions"].as_array().unwrap();
    conditions.iter().find(|condition| condition["type"] == kind).unwrap_or(&Value::Null)
}

fn reason<'a>(object: &'a Value, kind: &str) -> (&'a str, &'a str) {
    let found = condition(object, kind);
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    (text("status"), text("reason"))
}

#[tokio::test]
async fn a_deployment_becomes_available_when_its_time_has_come() {
    let (cluster, clock) = cluster().await;
    cluster.post(DEPLOYMENTS, deployment(2, json!({}))).await;
    let web = format!("{DEPLOYMENTS}/web");
    clock.advance(Duration::from_millis(9_999));
    let before = found(&cluster, &web).await;
    assert_eq!(before["status"]["unavailableReplicas"], 2);
    assert_eq!(reason(&before, "Progressing"), ("True", "ReplicaSetUpdated"));
    assert_eq!(reason(&before, "Available"), ("False", "MinimumReplicasUnavailable"));
    clock.advance(Duration::from_millis(1));
    let after = found(&cluster, &web).await;
    assert_eq!(after["status"]["availableReplicas"], 2);
    assert_eq!(reason(&after, "Progressing"), ("True", "NewReplicaSetAvailable"));
    let pods = found(&cluster, PODS).await;
    for pod in pods["items"].as_array().unwrap() {
        assert_eq!(reason(pod, "Ready").0, "True");
        assert_eq!(pod["spec"]["nodeName"], "simulated");
        assert_eq!(pod["metadata"]["ownerReferences"][0]["kind"], "ReplicaSet");
    }
}

#[tokio::test]
async fn a_watch_sees_it_without_anybody_asking() {
    let (cluster, clock) = cluster().await;
    cluster.post(DEPLOYMENTS, deployment(1, json!({}))).await;
    let version = found(&cluster, DEPLOYMENTS).await["metadata"]["resourceVersion"].clone();
    let path = format!("{DEPLOYMENTS}?watch=true&resourceVersion={}", version.as_str().unwrap());
    let mut watch = cluster.watch(&path).await;
    clock.advance(Duration::from_secs(10));
    let (kind, object) = watch.next().await.unwrap();
    assert_eq!(kind, "MODIFIED");
    assert_eq!(object["status"]["readyReplicas"], 1);
}

#[tokio::test]
async fn a_rollout_keeps_as_many_available_as_it_promises() {
    let (cluster, clock) = cluster().await;
    let web = format!("{DEPLOYMENTS}/web");
    cluster.post(DEPLOYMENTS, deployment(4, json!({}))).await;
    clock.advance(Duration::from_secs(10));
    let image = json!([{ "name": "main", "image": "main:2" }]);
    let patch = json!({ "spec": { "template": { "spec": { "containers": image } } } });
    cluster.merge(&web, patch).await;
    let mut steps = Vec::new();
    for _ in 0..8 {
        let now = found(&cluster, &web).await;
        let count = |field: &str| now["status"][field].as_i64().unwrap_or_default();
        assert!(count("availableReplicas") >= 3 && count("replicas") <= 5, "{now:#}");
        steps.push((count("updatedReplicas"), count("availableReplicas")));
        clock.advance(Duration::from_secs(10));
    }
    assert_eq!(steps[0], (2, 3));
    assert_eq!(steps.last(), Some(&(4, 4)));
    let sets = found(&cluster, SETS).await;
    let sizes: Vec<_> =
        sets["items"].as_array().unwrap().iter().map(|set| &set["spec"]["replicas"]).collect();
    assert!(sizes.contains(&&json!(0)) && sizes.contains(&&json!(4)), "{sizes:?}");
    let annotations = &found(&cluster, &web).await["metadata"]["annotations"];
    assert_eq!(annotations["deployment.kubernetes.io/revision"], "2");
}

#[tokio::test]
async fn recreating_ends_the_old_pods_first() {
    let (cluster, clock) = cluster().await;
    let web = format!("{DEPLOYMENTS}/web");
    let mut object = deployment(2, json!({}));
    object["spec"]["strategy"] = json!({ "type": "Recreate" });
    cluster.post(DEPLOYMENTS, object).await;
    clock.advance(Duration::from_secs(10));
    let patch = json!({ "spec": { "template": { "metadata": { "labels": { "v": "2" } } } } });
    cluster.merge(&web, patch).await;
    let now = found(&cluster, &web).await;
    assert_eq!(
        (&now["status"]["replicas"], &now["status"]["availableReplicas"]),
        (&json!(2), &Value::Null)
    );
    clock.advance(Duration::from_secs(10));
    assert_eq!(found(&cluster, &web).await["status"]["availableReplicas"], 2);
}

#[tokio::test]
async fn scaling_goes_up_and_down_without_a_new_revision() {
    let (cluster, clock) = cluster().await;
    let web = format!("{DEPLOYMENTS}/web");
    cluster.post(DEPLOYMENTS, deployment(1, json!({}))).await;
    for replicas in [3, 1, 0] {
        cluster.merge(&web, json!({ "spec": { "replicas": replicas } })).await;
        clock.advance(Duration::from_secs(10));
        let now = found(&cluster, &web).await;
        assert_eq!(now["status"]["availableReplicas"].as_i64().unwrap_or_default(), replicas);
        assert_eq!(names(&found(&cluster, PODS).await).len() as i64, replicas);
    }
    assert_eq!(names(&found(&cluster, SETS).await).len(), 1);
}

#[tokio::test]
async fn failure_is_asked_for_by_an_annotation_and_healed_by_taking_it_away() {
    let (cluster, clock) = cluster().await;
    let web = format!("{DEPLOYMENTS}/web");
    cluster.post(DEPLOYMENTS, deployment(1, json!({ "gotk.dev/simulate": "fail" }))).await;
    clock.advance(Duration::from_secs(10));
    let failed = found(&cluster, &web).await;
    assert_eq!(reason(&failed, "Progressing"), ("False", "ProgressDeadlineExceeded"));
    let pods = found(&cluster, PODS).await;
    let state = &pods["items"][0]["status"]["containerStatuses"][0]["state"];
    assert_eq!(state["waiting"]["reason"], "CrashLoopBackOff");
    let heal = json!({ "metadata": { "annotations": { "gotk.dev/simulate": null } } });
    cluster.merge(&web, heal).await;
    clock.advance(Duration::from_secs(10));
    let healed = found(&cluster, &web).await;
    assert_eq!(reason(&healed, "Progressing"), ("True", "NewReplicaSetAvailable"));
}

#[tokio::test]
async fn what_stalls_runs_into_its_deadline() {
    let (cluster, clock) = cluster().await;
    let web = format!("{DEPLOYMENTS}/web");
    cluster.post(DEPLOYMENTS, deployment(1, json!({ "gotk.dev/simulate": "stall" }))).await;
    clock.advance(Duration::from_secs(599));
    assert_eq!(reason(&found(&cluster, &web).await, "Progressing").0, "True");
    clock.advance(Duration::from_secs(1));
    let reached = found(&cluster, &web).await;
    assert_eq!(reason(&reached, "Progressing"), ("False", "ProgressDeadlineExceeded"));
}

#[tokio::test]
async fn an_object_may_have_a_delay_of_its_own() {
    let (cluster, clock) = cluster().await;
    let soon = json!({ "gotk.dev/simulate-after": "250ms" });
    cluster.post(DEPLOYMENTS, deployment(1, soon)).await;
    clock.advance(Duration::from_millis(250));
    let web = found(&cluster, &format!("{DEPLOYMENTS}/web")).await;
    assert_eq!(web["status"]["availableReplicas"], 1);
}

#[tokio::test]
async fn a_stateful_set_fills_in_order_and_claims_its_disks() {
    let (cluster, clock) = cluster().await;
    let claim = json!({
        "metadata": { "name": "disk" },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } },
        },
    });
    let set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "db" },
        "spec": {
            "replicas": 2, "serviceName": "db", "selector": { "matchLabels": { "app": "db" } },
            "template": template("db", "Always"), "volumeClaimTemplates": [claim],
        },
    });
    cluster.post(STATEFUL, set).await;
    assert_eq!(names(&found(&cluster, PODS).await), ["db-0"]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(names(&found(&cluster, PODS).await), ["db-0", "db-1"]);
    clock.advance(Duration::from_secs(10));
    let db = found(&cluster, &format!("{STATEFUL}/db")).await;
    assert_eq!(db["status"]["availableReplicas"], 2);
    let claims = found(&cluster, CLAIMS).await;
    assert_eq!(names(&claims), ["disk-db-0", "disk-db-1"]);
    assert_eq!(claims["items"][0]["status"]["phase"], "Bound");
    let volumes = found(&cluster, "/api/v1/persistentvolumes").await;
    assert_eq!(volumes["items"][0]["status"]["phase"], "Bound");
    // The roll begins at the end.
    let patch = json!({ "spec": { "template": { "metadata": { "labels": { "v": "2" } } } } });
    cluster.merge(&format!("{STATEFUL}/db"), patch).await;
    let updated = |pods: &Value| -> Vec<bool> {
        let pods = pods["items"].as_array().unwrap();
        pods.iter().map(|pod| pod["metadata"]["labels"]["v"] == "2").collect()
    };
    assert_eq!(updated(&found(&cluster, PODS).await), [false, true]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(updated(&found(&cluster, PODS).await), [true, true]);
    clock.advance(Duration::from_secs(10));
    let status = found(&cluster, &format!("{STATEFUL}/db")).await["status"].clone();
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(status["updatedReplicas"], 2);
}

#[tokio::test]
async fn a_daemon_set_has_a_pod_on_every_node() {
    let (cluster, clock) = cluster().await;
    let path = "/apis/apps/v1/namespaces/default/daemonsets";
    let set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": { "name": "each" },
        "spec": {
            "selector": { "matchLabels": { "app": "each" } }, "template": template("each", "Always"),
        },
    });
    cluster.post(path, set).await;
    let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "second" } });
    cluster.post("/api/v1/nodes", node).await;
    clock.advance(Duration::from_secs(10));
    let each = found(&cluster, &format!("{path}/each")).await;
    assert_eq!(each["status"]["desiredNumberScheduled"], 2);
    assert_eq!(each["status"]["numberAvailable"], 2);
    cluster.delete("/api/v1/nodes/second", Value::Null).await;
    assert_eq!(names(&found(&cluster, PODS).await).len(), 1);
}

#[tokio::test]
async fn a_job_completes_and_goes_when_its_time_to_live_is_over() {
    let (cluster, clock) = cluster().await;
    let more = json!({ "completions": 2, "ttlSecondsAfterFinished": 60 });
    cluster.post(JOBS, job(json!({}), more)).await;
    let once = format!("{JOBS}/once");
    assert_eq!(found(&cluster, &once).await["status"]["active"], 1);
    clock.advance(Duration::from_secs(10));
    let half = found(&cluster, &once).await;
    assert_eq!((&half["status"]["active"], &half["status"]["succeeded"]), (&json!(1), &json!(1)));
    clock.advance(Duration::from_secs(10));
    let done = found(&cluster, &once).await;
    assert_eq!(reason(&done, "Complete"), ("True", "CompletionsReached"));
    assert_eq!(done["status"]["succeeded"], 2);
    clock.advance(Duration::from_secs(60));
    assert_eq!(cluster.get(&once).await.0, 404);
    assert_eq!(names(&found(&cluster, PODS).await), [""; 0]);
}

#[tokio::test]
async fn a_job_fails_after_all_its_attempts() {
    let (cluster, clock) = cluster().await;
    let fail = json!({ "gotk.dev/simulate": "fail" });
    cluster.post(JOBS, job(fail, json!({ "backoffLimit": 2 }))).await;
    clock.advance(Duration::from_secs(10));
    let failed = found(&cluster, &format!("{JOBS}/once")).await;
    assert_eq!(reason(&failed, "Failed"), ("True", "BackoffLimitExceeded"));
    assert_eq!(failed["status"]["failed"], 3);
}

#[tokio::test]
async fn a_suspended_job_has_no_pods() {
    let (cluster, clock) = cluster().await;
    cluster.post(JOBS, job(json!({}), json!({ "suspend": true }))).await;
    let once = format!("{JOBS}/once");
    assert_eq!(reason(&found(&cluster, &once).await, "Suspended"), ("True", "JobSuspended"));
    assert_eq!(names(&found(&cluster, PODS).await), [""; 0]);
    cluster.merge(&once, json!({ "spec": { "suspend": false } })).await;
    clock.advance(Duration::from_secs(10));
    assert_eq!(reason(&found(&cluster, &once).await, "Complete").0, "True");
}

#[tokio::test]
async fn indexed_pods_carry_their_index() {
    let (cluster, clock) = cluster().await;
    let more = json!({ "completions": 3, "parallelism": 3, "completionMode": "Indexed" });
    cluster.post(JOBS, job(json!({}), more)).await;
    clock.advance(Duration::from_secs(10));
    let done = found(&cluster, &format!("{JOBS}/once")).await;
    assert_eq!(done["status"]["completedIndexes"], "0-2");
}

#[tokio::test]
async fn a_deployment_takes_everything_along() {
    let (cluster, clock) = cluster().await;
    cluster.post(DEPLOYMENTS, deployment(2, json!({}))).await;
    clock.advance(Duration::from_secs(10));
    let foreground = json!({ "propagationPolicy": "Foreground" });
    cluster.delete(&format!("{DEPLOYMENTS}/web"), foreground).await;
    for path in [DEPLOYMENTS, SETS, PODS] {
        assert_eq!(names(&found(&cluster, path).await), [""; 0], "{path}");
    }
}

#[tokio::test]
async fn a_namespace_goes_with_its_workloads() {
    let (cluster, clock) = cluster().await;
    let space = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } });
    cluster.post("/api/v1/namespaces", space).await;
    let path = "/apis/apps/v1/namespaces/x/deployments";
    cluster.post(path, deployment(2, json!({}))).await;
    clock.advance(Duration::from_secs(10));
    cluster.delete("/api/v1/namespaces/x", Value::Null).await;
    assert_eq!(cluster.get("/api/v1/namespaces/x").await.0, 404);
    assert_eq!(names(&found(&cluster, "/api/v1/pods").await), [""; 0]);
}

#[tokio::test]
async fn two_servers_of_one_seed_are_alike_to_the_byte() {
    let run = async || {
        let clock = Clock::stopped("2026-01-02T03:04:05Z".parse().unwrap());
        let options = Options::default().clock(clock.clone()).seed(7).service_accounts(true);
        let options = options.simulate_workloads(Duration::from_secs(10));
        let cluster = Cluster::start_with(options).await;
        let map = json!({ "kind": "ConfigMap", "metadata": { "generateName": "a-" } });
        let made = cluster.post("/api/v1/namespaces/default/configmaps", map).await;
        cluster.post(DEPLOYMENTS, deployment(3, json!({}))).await;
        clock.advance(Duration::from_secs(10));
        let mut seen = vec![made.1];
        for path in [DEPLOYMENTS, SETS, PODS, "/api/v1/namespaces", "/api/v1/serviceaccounts"] {
            seen.push(found(&cluster, path).await);
        }
        (seen, cluster.server.resource_version())
    };
    let first = run().await;
    assert_eq!(names(&first.0[3]).len(), 3);
    assert_eq!(first, run().await);
}
