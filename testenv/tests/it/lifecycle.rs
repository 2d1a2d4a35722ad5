//! Starting, ending, and what is said when it does not work.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use gotk_testenv::{Assets, Authorization, Component, Controllers, Error, Options, User};
use serde_json::json;

use crate::{apply, get, post, start};

/// A folder whose programs are these shell scripts.
fn scripts(scripts: &[(Component, &str)]) -> (tempfile::TempDir, Assets) {
    let folder = tempfile::tempdir().unwrap();
    for (component, script) in scripts {
        let path = folder.path().join(component.program());
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let assets = Assets::at(folder.path()).unwrap();
    (folder, assets)
}

#[tokio::test]
async fn three_control_planes_run_at_once_and_leave_nothing() {
    let begin = Instant::now();
    let options = || Options::default().authorization(Authorization::AlwaysAllow);
    let (a, b, c) = tokio::join!(start(options()), start(options()), start(options()));
    let (Some(a), Some(b), Some(c)) = (a, b, c) else { return };
    println!("three were ready after {:?}", begin.elapsed());

    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } });
    post(&a.client().unwrap(), "/api/v1/namespaces", &namespace).await.unwrap();
    let elsewhere = get(&b.client().unwrap(), "/api/v1/namespaces/x").await;
    assert!(
        elsewhere.is_err_and(|e| matches!(e, kube::Error::Api(status) if status.is_not_found()))
    );

    let all = [a, b, c];
    let folders: Vec<_> = all.iter().map(|plane| plane.folder().to_owned()).collect();
    let pids: Vec<_> = all.iter().map(|plane| plane.pid(Component::ApiServer).unwrap()).collect();
    drop(all);
    assert!(folders.iter().all(|folder| !folder.exists()));
    assert!(pids.iter().all(|&pid| !crate::killed::is_alive(pid)));
}

#[tokio::test]
async fn a_panic_ends_it_too() {
    let Some(plane) = start(Options::default()).await else { return };
    let (folder, pid) = (plane.folder().to_owned(), plane.pid(Component::Etcd).unwrap());
    let panicked = std::thread::spawn(move || {
        let _plane = plane;
        panic!("a test that fails");
    })
    .join();
    assert!(panicked.is_err());
    assert!(!folder.exists());
    assert!(!crate::killed::is_alive(pid));
}

#[tokio::test]
async fn users_are_who_they_say_and_may_what_roles_allow() {
    let Some(plane) = start(Options::default()).await else { return };
    let jane = plane.client_as(&User::new("jane").group("dev")).unwrap();

    let review = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let me = post(&jane, path, &review).await.unwrap();
    assert_eq!(me["status"]["userInfo"]["username"], "jane");
    assert_eq!(me["status"]["userInfo"]["groups"], json!(["dev", "system:authenticated"]));

    let error = get(&jane, "/api/v1/namespaces/default/configmaps").await.unwrap_err();
    assert!(
        error.to_string().contains(r#"User "jane" cannot list resource "configmaps""#),
        "{error}"
    );

    let admin = plane.client().unwrap();
    let account =
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "bot" } });
    post(&admin, "/api/v1/namespaces/default/serviceaccounts", &account).await.unwrap();
    let bot = plane.client_as_service_account("default", "bot").await.unwrap();
    let me = post(&bot, path, &review).await.unwrap();
    assert_eq!(me["status"]["userInfo"]["username"], "system:serviceaccount:default:bot");
}

#[tokio::test]
async fn a_kubeconfig_file_is_enough_for_another_program() {
    let Some(plane) = start(Options::default()).await else { return };
    let text = fs::read_to_string(plane.kubeconfig()).unwrap();
    let kubeconfig = kube::config::Kubeconfig::from_yaml(&text).unwrap();
    let config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default()).await.unwrap();
    let client = kube::Client::try_from(config).unwrap();
    let version = client.apiserver_version().await.unwrap().git_version;
    assert_eq!(version, plane.version().await.unwrap());
    println!("version of kube-apiserver in use: {version}");
}

#[tokio::test]
async fn with_controllers_a_deployment_makes_pods_and_a_namespace_goes() {
    let options = Options::default().controllers(Controllers::Usual);
    let Some(plane) = start(options).await else { return };
    let client = plane.client().unwrap();
    let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" } });
    post(&client, "/api/v1/namespaces", &namespace).await.unwrap();
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
            },
        },
    });
    apply(&client, "/apis/apps/v1/namespaces/x/deployments/web", &deployment).await.unwrap();
    let pods = "/api/v1/namespaces/x/pods";
    crate::faults::eventually("two pods pend", async || {
        let list = get(&client, pods).await.unwrap();
        let pending = |pod: &serde_json::Value| pod["status"]["phase"] == "Pending";
        list["items"].as_array().unwrap().iter().filter(|pod| pending(pod)).count() == 2
    })
    .await;
    let delete = http::Request::delete("/api/v1/namespaces/x").body(Vec::new()).unwrap();
    client.request_text(delete).await.unwrap();
    crate::faults::eventually("the namespace is gone", async || {
        get(&client, "/api/v1/namespaces/x").await.is_err()
    })
    .await;
}

#[tokio::test]
async fn what_a_component_said_last_is_in_the_error() {
    let script = "for i in 1 2 3 4 5; do echo line $i; done; exit 3";
    let (_folder, assets) = scripts(&[(Component::Etcd, script)]);
    let error = Options::default().assets(assets).start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "etcd ended with exit status: 3; its last lines:\nline 1\nline 2\nline 3\nline 4\nline 5"
    );
}

#[tokio::test]
async fn a_component_that_never_gets_ready_is_given_up() {
    let script = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo waiting $i; done; exec sleep 600";
    let (_folder, assets) = scripts(&[(Component::Etcd, script)]);
    // The script has said all it says long before; how long it takes is not the test's business.
    let limit = Duration::from_secs(5);
    let error = Options::default().assets(assets).ready_within(limit).start().await.unwrap_err();
    let expected = (11..=30).map(|i| format!("\nwaiting {i}")).collect::<String>();
    assert_eq!(
        error.to_string(),
        format!("etcd was not ready after 5s; its last lines:{expected}")
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_port_that_was_asked_for_and_is_taken_is_named() {
    let Some(assets) = Assets::or_skip("a taken port").unwrap() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = Options::default().assets(assets).api_port(port).start().await.unwrap_err();
    let expected = format!("port {port} of kube-apiserver is taken by another process");
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_missing_program_is_found_out_before_anything_runs() {
    let (folder, assets) = scripts(&[]);
    let error = Options::default().assets(assets).start().await.unwrap_err();
    assert!(
        matches!(error, Error::BinaryMissing { ref path } if *path == folder.path().join("etcd"))
    );
}
