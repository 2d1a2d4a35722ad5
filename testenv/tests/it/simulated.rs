//! The embedded server's simulated controllers beside the real ones.
//!
//! Both are given the same objects. Nodes do not exist on either side, so the real pods are told
//! what the simulated ones report of themselves; then everything controllers wrote has to be equal.

use std::time::Duration;

use gotk_apiserver::ApiServer;
use gotk_testenv::{Controllers, Options};
use http::Request;
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::faults::eventually;
use crate::{apply, get, post, start};

const SPACE: &str = "shapes";

/// The two servers.
struct Pair {
    real: Client,
    embedded: Client,
    _running: (gotk_testenv::ControlPlane, ApiServer),
}

async fn pair() -> Option<Pair> {
    let plane = start(Options::default().controllers(Controllers::Usual)).await?;
    let options = gotk_apiserver::Options::default().simulate_workloads(Duration::ZERO);
    let server = ApiServer::start_with(options).await.unwrap();
    let embedded = Client::try_from(Config::new(server.url().parse().unwrap())).unwrap();
    let pair = Pair { real: plane.client().unwrap(), embedded, _running: (plane, server) };
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": SPACE } });
    for client in [&pair.real, &pair.embedded] {
        post(client, "/api/v1/namespaces", &namespace).await.unwrap();
    }
    let mut node = get(&pair.embedded, "/api/v1/nodes/simulated").await.unwrap();
    strip(&mut node);
    post(&pair.real, "/api/v1/nodes", &node).await.unwrap();
    status(&pair.real, "/api/v1/nodes/simulated", &node["status"]).await;
    // A new node is tainted until the controller that no node has here takes the taint away.
    let untaint = json!({ "spec": { "taints": null } });
    merge(&pair.real, "/api/v1/nodes/simulated", &untaint).await;
    Some(pair)
}

fn path(api: &str, plural: &str) -> String {
    format!("{api}/namespaces/{SPACE}/{plural}")
}

fn apps(plural: &str) -> String {
    path("/apis/apps/v1", plural)
}

fn pods() -> String {
    path("/api/v1", "pods")
}

async fn items(client: &Client, path: &str) -> Vec<Value> {
    get(client, path).await.unwrap()["items"].as_array().unwrap().clone()
}

async fn status(client: &Client, path: &str, status: &Value) {
    merge(client, &format!("{path}/status"), &json!({ "status": status })).await;
}

async fn merge(client: &Client, path: &str, patch: &Value) {
    let request = Request::patch(path).header("Content-Type", "application/merge-patch+json");
    let request = request.body(patch.to_string().into_bytes()).unwrap();
    client.request::<Value>(request).await.unwrap();
}

fn strip(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation"] {
        metadata.remove(field);
    }
}

impl Pair {
    async fn apply(&self, path: &str, object: &Value) {
        for client in [&self.real, &self.embedded] {
            apply(client, path, object).await.unwrap();
        }
    }

    /// Tells real pods what simulated ones say, until `done` on the real server.
    #[expect(clippy::future_not_send, reason = "a test stays on its thread")]
    async fn play_kubelet(&self, what: &str, done: impl AsyncFn(&Client) -> bool) {
        eventually(what, async || {
            if done(&self.real).await {
                return true;
            }
            let simulated = items(&self.embedded, &pods()).await;
            for pod in items(&self.real, &pods()).await {
                self.start_pod(&pod, &simulated).await;
            }
            false
        })
        .await;
    }

    async fn start_pod(&self, pod: &Value, simulated: &[Value]) {
        let name = pod["metadata"]["name"].as_str().unwrap();
        if pod["status"]["phase"] != "Pending" || pod["metadata"]["deletionTimestamp"].is_string() {
            return;
        }
        let app = &pod["metadata"]["labels"]["app"];
        let like = simulated.iter().find(|other| other["metadata"]["labels"]["app"] == *app);
        let Some(like) = like.filter(|like| like["status"]["phase"] != "Pending") else { return };
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": { "name": name },
            "target": { "apiVersion": "v1", "kind": "Node", "name": "simulated" },
        });
        post(&self.real, &format!("{}/{name}/binding", pods()), &binding).await.ok();
        status(&self.real, &format!("{}/{name}", pods()), &like["status"]).await;
    }

    /// What both servers say of an object, in words that do not depend on who said them.
    async fn compare(&self, path: &str) {
        let real = told(get(&self.real, path).await.unwrap());
        let embedded = told(get(&self.embedded, path).await.unwrap());
        assert_eq!(
            serde_json::to_string_pretty(&real).unwrap(),
            serde_json::to_string_pretty(&embedded).unwrap(),
            "{path}"
        );
    }

    /// The same for the objects of a collection.
    async fn compare_all(&self, path: &str) {
        let of = async |client: &Client| {
            let mut all: Vec<Value> = items(client, path).await.into_iter().map(told).collect();
            all.sort_by_key(Value::to_string);
            serde_json::to_string_pretty(&all).unwrap()
        };
        assert_eq!(of(&self.real).await, of(&self.embedded).await, "{path}");
    }
}

/// The labels that hold one.
const HASHES: [&str; 3] =
    ["pod-template-hash", "controller-revision-hash", "controller.kubernetes.io/hash"];

/// An object without names that are made up, uids, times and versions.
fn told(object: Value) -> Value {
    let mut object = object;
    let made_up: Vec<String> = HASHES
        .iter()
        .filter_map(|label| object["metadata"]["labels"][*label].as_str())
        .map(|hash| hash.rsplit('-').next().unwrap_or(hash).to_owned())
        .chain(["currentRevision", "updateRevision"].iter().filter_map(|field| {
            let name = object["status"][*field].as_str()?;
            Some(name.rsplit_once('-')?.1.to_owned())
        }))
        .collect();
    if object["metadata"]["generateName"].is_string() {
        object["metadata"]["name"] = "-".into();
        object["metadata"]["generateName"] = "-".into();
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["resourceVersion", "uid", "creationTimestamp", "managedFields"] {
        metadata.remove(field);
    }
    // The API server's, not a controller's.
    match object["kind"].as_str() {
        Some("DaemonSet") => object["metadata"]["annotations"] = Value::Null,
        Some("Job") => object["metadata"]["labels"] = Value::Null,
        _ if object["revision"].is_number() => object["metadata"]["annotations"] = Value::Null,
        _ => {}
    }
    let mut kept = json!({ "metadata": object["metadata"], "status": object["status"] });
    mask(&mut kept, &made_up);
    kept
}

fn mask(value: &mut Value, made_up: &[String]) {
    match value {
        Value::Object(map) => {
            for (key, member) in map.iter_mut() {
                match key.as_str() {
                    "uid" | "containerID" | "podIP" | "ip" | "message" if !key.is_empty() => {
                        if key == "message" {
                            mask(member, made_up);
                        } else {
                            *member = "-".into();
                        }
                    }
                    "controller-uid" | "batch.kubernetes.io/controller-uid" => *member = "-".into(),
                    key if key.ends_with("Time") || key.ends_with("At") => {
                        if !member.is_null() {
                            *member = "-".into();
                        }
                    }
                    _ => mask(member, made_up),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| mask(item, made_up)),
        Value::String(text) => {
            for word in made_up {
                *text = text.replace(word.as_str(), "-");
            }
            // A replica set's hash in a message, where the object itself has no label.
            if let Some((before, after)) = text.split_once("\"web-") {
                let rest = after.split_once('"').map_or("", |(_, rest)| rest);
                *text = format!("{before}\"web--\"{rest}");
            }
        }
        _ => {}
    }
}

fn template(name: &str, image: &str) -> Value {
    json!({
        "metadata": { "labels": { "app": name } },
        "spec": { "containers": [{ "name": "main", "image": image }] },
    })
}

fn workload(kind: &str, name: &str, image: &str, more: Value) -> Value {
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": name },
        "spec": {
            "selector": { "matchLabels": { "app": name } }, "template": template(name, image),
        },
    });
    for (key, value) in more.as_object().unwrap() {
        object["spec"][key] = value.clone();
    }
    object
}

#[tokio::test]
async fn a_deployment_ends_as_with_the_real_controllers() {
    let Some(pair) = pair().await else { return };
    let web = format!("{}/web", apps("deployments"));
    let complete = async |client: &Client| {
        let now = get(client, &web).await.unwrap();
        now["status"]["observedGeneration"] == now["metadata"]["generation"]
            && now["status"]["replicas"] == 3
            && now["status"]["updatedReplicas"] == 3
            && now["status"]["availableReplicas"] == 3
            && now["status"]["terminatingReplicas"].as_i64().unwrap_or_default() == 0
    };
    for image in ["web:1", "web:2"] {
        pair.apply(&web, &workload("Deployment", "web", image, json!({ "replicas": 3 }))).await;
        pair.play_kubelet(&format!("{image} is rolled out"), async |client| {
            finish_deleted(client).await;
            complete(client).await
        })
        .await;
        assert!(complete(&pair.embedded).await);
        pair.compare(&web).await;
        pair.compare_all(&apps("replicasets")).await;
        pair.compare_all(&pods()).await;
    }
}

/// Lets go of pods that wait for their kubelet.
async fn finish_deleted(client: &Client) {
    for pod in items(client, &pods()).await {
        if pod["metadata"]["deletionTimestamp"].is_string() {
            let name = pod["metadata"]["name"].as_str().unwrap();
            let request = Request::delete(format!("{}/{name}?gracePeriodSeconds=0", pods()));
            client.request_text(request.body(Vec::new()).unwrap()).await.ok();
        }
    }
}

#[tokio::test]
async fn sets_and_jobs_end_as_with_the_real_controllers() {
    let Some(pair) = pair().await else { return };
    let row = format!("{}/row", apps("statefulsets"));
    let claims = json!([{
        "metadata": { "name": "disk" },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } },
        },
    }]);
    let more = json!({ "replicas": 2, "serviceName": "row", "volumeClaimTemplates": claims });
    pair.apply(&row, &workload("StatefulSet", "row", "row:1", more)).await;
    let each = format!("{}/each", apps("daemonsets"));
    pair.apply(&each, &workload("DaemonSet", "each", "each:1", json!({}))).await;
    let job = path("/apis/batch/v1", "jobs/once");
    let mut task = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "once" },
        "spec": { "completions": 2, "template": template("once", "once:1") },
    });
    task["spec"]["template"]["spec"]["restartPolicy"] = "Never".into();
    pair.apply(&job, &task).await;
    let broken = path("/apis/batch/v1", "jobs/broken");
    task["metadata"] = json!({ "name": "broken", "annotations": { "gotk.dev/simulate": "fail" } });
    task["spec"]["backoffLimit"] = 0.into();
    task["spec"]["completions"] = 1.into();
    task["spec"]["template"]["metadata"]["labels"]["app"] = "broken".into();
    pair.apply(&broken, &task).await;
    pair.play_kubelet("all are there", async |client| {
        let row = get(client, &row).await.unwrap();
        let each = get(client, &each).await.unwrap();
        let job = get(client, &job).await.unwrap();
        row["status"]["availableReplicas"] == 2
            && row["status"]["observedGeneration"].is_number()
            && each["status"]["numberAvailable"] == 1
            && job["status"]["completionTime"].is_string()
            && get(client, &broken).await.unwrap()["status"]["conditions"][1]["type"] == "Failed"
    })
    .await;
    for path in [&row, &each, &job, &broken] {
        pair.compare(path).await;
    }
    pair.compare_all(&apps("controllerrevisions")).await;
    pair.compare_all(&pods()).await;
}
