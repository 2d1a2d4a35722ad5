//! What a test can do to the server, and see of it.

use std::time::Duration;

use gotk_apiserver::{Fault, Harm, Options};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::client::{CONFIG_MAPS, Cluster, config_map, names, version};

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let cluster = Cluster::start().await;
    let harm = Harm::TooManyRequests { retry_after: 7 };
    let rule =
        cluster.server.inject(Fault::new(harm).verb("create").resource("configmaps").times(1));
    let body = config_map("a").to_string();
    let refused = cluster.open("POST", CONFIG_MAPS, "application/json", body).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "7");
    let bytes = refused.into_body().collect().await.unwrap().to_bytes();
    let status: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status["reason"], "TooManyRequests");
    assert_eq!(status["details"]["retryAfterSeconds"], 7);
    assert_eq!(cluster.post(CONFIG_MAPS, config_map("a")).await.0, 201);
    assert_eq!(rule.struck(), 1);
}

#[tokio::test]
async fn a_conflict_and_a_broken_server_look_as_upstream() {
    let cluster = Cluster::start().await;
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    let path = format!("{CONFIG_MAPS}/a");
    cluster.server.inject(Fault::new(Harm::Conflict).verb("patch").name("a").times(1));
    let (code, status) = cluster.merge(&path, json!({ "data": { "k": "v" } })).await;
    assert_eq!((code, &status["reason"]), (409, &json!("Conflict")));
    assert_eq!(
        status["message"],
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes to the latest version and try again"
    );
    for (harm, reason) in [(500, "InternalError"), (503, "ServiceUnavailable"), (504, "Timeout")] {
        cluster.server.inject(Fault::new(Harm::Status(harm)).times(1));
        let (code, status) = cluster.get(&path).await;
        assert_eq!((code, &status["reason"]), (harm, &json!(reason)));
    }
    cluster.server.inject(Fault::new(Harm::Status(500)));
    cluster.server.lift_faults();
    assert_eq!(cluster.get(&path).await.0, 200);
}

#[tokio::test]
async fn an_answer_is_late_and_another_never_comes() {
    let cluster = Cluster::start().await;
    let late = Duration::from_millis(60);
    cluster.server.inject(Fault::new(Harm::Delay(late)).verb("list").times(1));
    let begun = Instant::now();
    assert_eq!(cluster.get(CONFIG_MAPS).await.0, 200);
    assert!(begun.elapsed() >= late);
    let hang = cluster.server.inject(Fault::new(Harm::Hang).verb("list"));
    assert!(timeout(late, cluster.get(CONFIG_MAPS)).await.is_err());
    hang.lift();
    assert_eq!(cluster.get(CONFIG_MAPS).await.0, 200);
}

/// A client without the habit of asking again.
async fn ask_once(cluster: &Cluster, method: &str, path: &str, body: String) -> Option<u16> {
    let client: Client<_, Full<bytes::Bytes>> =
        Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http();
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", cluster.server.url()))
        .header("content-type", "application/json")
        .body(Full::from(body))
        .unwrap();
    client.request(request).await.ok().map(|response| response.status().as_u16())
}

#[tokio::test]
async fn a_cut_write_was_not_made_and_a_cut_answer_hides_one_that_was() {
    let cluster = Cluster::start().await;
    let create = async |name: &str| {
        ask_once(&cluster, "POST", CONFIG_MAPS, config_map(name).to_string()).await
    };
    cluster.server.inject(Fault::new(Harm::Cut).verb("create").times(1));
    assert_eq!(create("a").await, None);
    cluster.server.inject(Fault::new(Harm::CutAnswer).verb("create").times(1));
    assert_eq!(create("b").await, None);
    let (_, list) = cluster.get(CONFIG_MAPS).await;
    assert_eq!(names(&list), ["b"]);
}

#[tokio::test]
async fn a_watch_is_cut_frozen_or_expired_after_so_many_events() {
    let cluster = Cluster::start().await;
    let path = format!("{CONFIG_MAPS}?watch=true");
    cluster.post(CONFIG_MAPS, config_map("a")).await;
    cluster.post(CONFIG_MAPS, config_map("b")).await;
    cluster.server.inject(Fault::new(Harm::CutAfter(1)).verb("watch").times(1));
    let mut watch = cluster.watch(&path).await;
    assert_eq!(watch.next_name().await.1, "a");
    assert!(watch.next().await.is_none());

    cluster.server.inject(Fault::new(Harm::FreezeAfter(1)).verb("watch").times(1));
    let mut watch = cluster.watch(&path).await;
    assert_eq!(watch.next_name().await.1, "a");
    assert!(timeout(Duration::from_millis(60), watch.next()).await.is_err());

    cluster.server.inject(Fault::new(Harm::ExpireAfter(1)).verb("watch").times(1));
    let mut watch = cluster.watch(&path).await;
    assert_eq!(watch.next_name().await.1, "a");
    let (kind, status) = watch.next().await.unwrap();
    assert_eq!(
        (&*kind, &status["code"], &status["reason"]),
        ("ERROR", &json!(410), &json!("Expired"))
    );
    assert!(watch.next().await.is_none());

    let mut watch = cluster.watch(&path).await;
    assert_eq!((watch.next_name().await.1, watch.next_name().await.1), ("a".into(), "b".into()));
}

/// What is in the stream of one watch until its connection ends.
async fn watched(cluster: &Cluster, http2: bool) -> String {
    let client: Client<_, Full<bytes::Bytes>> =
        Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
    let uri = format!("{}{CONFIG_MAPS}?watch=true", cluster.server.url());
    let mut body = client.get(uri.parse().unwrap()).await.unwrap().into_body();
    let mut read = Vec::new();
    loop {
        match body.frame().await {
            Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap()),
            Some(Err(_)) => return String::from_utf8(read).unwrap(),
            None => return "the stream came to its end".to_owned(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_cut_has_told_all_that_came_before() {
    let cluster = Cluster::start().await;
    let mut large = config_map("a");
    large["data"]["k"] = "x".repeat(900_000).into();
    cluster.post(CONFIG_MAPS, large).await;
    cluster.post(CONFIG_MAPS, config_map("b")).await;
    cluster.post(CONFIG_MAPS, config_map("c")).await;
    for http2 in [false, true] {
        for events in 0..3 {
            let rule = cluster.server.inject(Fault::new(Harm::CutAfter(events)).verb("watch"));
            let read = watched(&cluster, http2).await;
            rule.lift();
            assert_eq!(read.lines().count(), events, "{http2}");
            assert!(read.is_empty() || read.ends_with('\n'), "a line was cut");
        }
    }
}

#[tokio::test]
async fn requests_are_counted_by_whom_they_are_made_for() {
    let cluster = Cluster::start().await;
    let before = cluster.server.requests();
    cluster.get(CONFIG_MAPS).await;
    cluster.post(&format!("{CONFIG_MAPS}?dryRun=All"), config_map("a")).await;
    cluster.get(&format!("{CONFIG_MAPS}/none")).await;
    let made = cluster.server.requests().since(&before);
    assert_eq!(
        made.to_string(),
        "     1  create configmaps by system:admin (dry-run)\n     1  get configmaps by system:admin\n     1  list configmaps by system:admin\n     3  in all"
    );
    let log = cluster.server.log();
    let last = log.last().unwrap();
    assert_eq!((&*last.name, &*last.namespace, last.code), ("none", "default", Some(404)));
}

#[tokio::test]
async fn a_snapshot_comes_back_whole() {
    let cluster = Cluster::start_with(Options::default().seed(1)).await;
    let (_, kept) = cluster.post(CONFIG_MAPS, config_map("kept")).await;
    let snapshot = cluster.server.snapshot();
    cluster.post(CONFIG_MAPS, config_map("new")).await;
    cluster.merge(&format!("{CONFIG_MAPS}/kept"), json!({ "data": { "k": "other" } })).await;
    let last = cluster.server.resource_version();
    let path = format!("{CONFIG_MAPS}?watch=true&resourceVersion={last}");
    let mut watch = cluster.watch(&path).await;
    cluster.server.restore(&snapshot);
    assert_eq!(watch.next().await.unwrap().1["code"], 410);
    let (_, list) = cluster.get(CONFIG_MAPS).await;
    assert_eq!(names(&list), ["kept"]);
    assert!(version(&list) > last);
    assert_eq!(cluster.get(&format!("{CONFIG_MAPS}/kept")).await.1, kept);
    // Owners are known again, and another server can take it over.
    let other = Cluster::start().await;
    other.server.restore(&snapshot);
    assert_eq!(other.get(&format!("{CONFIG_MAPS}/kept")).await.1, kept);
    let owned = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "owned", "ownerReferences": [{
            "apiVersion": "v1", "kind": "ConfigMap", "name": "kept", "uid": kept["metadata"]["uid"],
        }]},
    });
    other.post(CONFIG_MAPS, owned).await;
    other.delete(&format!("{CONFIG_MAPS}/kept"), Value::Null).await;
    assert_eq!(names(&other.get(CONFIG_MAPS).await.1), [""; 0]);
}

#[tokio::test]
async fn manifests_are_seeded_with_what_they_need_first() {
    let cluster = Cluster::start().await;
    let manifests = r"
apiVersion: example.com/v1
kind: Widget
metadata: {name: w, namespace: shop}
spec: {size: 3}
status: {phase: Done}
---
apiVersion: v1
kind: List
items:
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: widgets.example.com}
  spec:
    group: example.com
    names: {kind: Widget, plural: widgets}
    scope: Namespaced
    versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema:
        openAPIV3Schema:
          type: object
          x-kubernetes-preserve-unknown-fields: true
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop, labels: {team: a}, uid: of-another-cluster, resourceVersion: '17'}
";
    assert_eq!(cluster.server.seed(manifests).unwrap(), 3);
    let path = "/apis/example.com/v1/namespaces/shop/widgets/w";
    let (_, widget) = cluster.get(path).await;
    assert_eq!((&widget["spec"]["size"], &widget["status"]["phase"]), (&json!(3), &json!("Done")));
    assert_eq!(widget["metadata"]["managedFields"][0]["manager"], "seed");
    // Seeding again is no change.
    let last = cluster.server.resource_version();
    cluster.server.seed(manifests).unwrap();
    assert_eq!(cluster.server.resource_version(), last);
}

#[tokio::test]
async fn what_cannot_be_seeded_is_named() {
    let cluster = Cluster::start().await;
    let why = |manifest: &str| cluster.server.seed(manifest).unwrap_err().to_string();
    assert_eq!(
        why("{apiVersion: v2, kind: Pod, metadata: {name: a}}"),
        "Pod a of the manifests is refused: no kind \"Pod\" of \"v2\" is served"
    );
    assert_eq!(
        why("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}"),
        "ConfigMap x/a of the manifests is refused: namespaces \"x\" not found"
    );
    assert_eq!(why("a: [").split(" of ").next(), Some("failed to read the objects"));
    let missing = cluster.server.seed_from("/nonexistent").unwrap_err();
    assert_eq!(missing.to_string(), "failed to read /nonexistent");
}

#[tokio::test]
async fn a_folder_of_manifests_is_seeded() {
    let folder = std::env::temp_dir().join(format!("gotk-seed-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    std::fs::write(folder.join("a.yaml"), config_map("a").to_string()).unwrap();
    std::fs::write(folder.join("deep/b.json"), config_map("b").to_string()).unwrap();
    std::fs::write(folder.join("README.md"), "no manifest").unwrap();
    let cluster = Cluster::start().await;
    let seeded = cluster.server.seed_from(&folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(seeded, 2);
    assert_eq!(names(&cluster.get(CONFIG_MAPS).await.1), ["a", "b"]);
}

#[tokio::test]
async fn every_namespace_is_given_an_account_and_keeps_it() {
    let cluster = Cluster::start_with(Options::default().service_accounts(true)).await;
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    let (_, first) = cluster.get(account).await;
    cluster.delete(account, Value::Null).await;
    let (code, second) = cluster.get(account).await;
    assert_eq!(code, 200);
    assert_ne!(first["metadata"]["uid"], second["metadata"]["uid"]);
    let root = format!("{CONFIG_MAPS}/kube-root-ca.crt");
    cluster.merge(&root, json!({ "data": { "ca.crt": "mine" } })).await;
    assert_eq!(cluster.get(&root).await.1["data"]["ca.crt"], "");
    let space = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } });
    cluster.post("/api/v1/namespaces", space).await;
    assert_eq!(cluster.get("/api/v1/namespaces/x/serviceaccounts/default").await.0, 200);
    cluster.delete("/api/v1/namespaces/x", Value::Null).await;
    assert_eq!(cluster.get("/api/v1/namespaces/x").await.0, 404);
}

#[tokio::test]
async fn a_link_is_cut_and_others_notice_nothing() {
    let cluster = Cluster::start().await;
    let link = cluster.server.link().await.unwrap();
    let client: Client<_, Full<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let ask = || client.get(format!("{}/version", link.url()).parse().unwrap());
    ask().await.unwrap();
    link.freeze();
    let mut asked = Box::pin(ask());
    assert!(timeout(Duration::from_millis(60), &mut asked).await.is_err());
    assert_eq!(cluster.get("/version").await.0, 200);
    link.thaw();
    asked.await.unwrap();
    link.cut();
    // A client may notice only when it uses the connection again.
    let again = async {
        while ask().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), again).await.unwrap();
    assert!(link.connections() >= 2);
}
