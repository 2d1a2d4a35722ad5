//! Programs that people use.

use std::fs;
use std::process::Output;

use crate::fact::{Fact, fact};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(kubectl_applies_shows_and_deletes, 0, [Kubectl]),
    fact!(kubectl_shows_what_an_apply_would_change, 18, [Kubectl]),
    fact!(kubectl_explains_a_field, 27, [Kubectl]),
    fact!(kubectl_creates_shows_patches_and_waits, 27, [Kubectl]),
    fact!(kubectl_refuses_what_the_schema_does_not_know, 27, [Kubectl]),
    fact!(kubectl_asks_who_may, 27, [Kubectl]),
    fact!(helm_installs_upgrades_and_removes_a_chart, 0, [Helm]),
];

#[track_caller]
fn text(output: &Output, code: i32) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    out.into_owned()
}

fn manifest(replicas: u32) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    fs::write(file.path(), super::deployment("web", replicas).to_string()).unwrap();
    file
}

async fn kubectl_applies_shows_and_deletes(s: Server) {
    let file = manifest(0);
    let file = file.path().to_str().unwrap();
    let said = text(&s.kubectl(&["apply", "--server-side", "-f", file]), 0);
    assert_eq!(said, "deployment.apps/web serverside-applied\n");
    let said = text(&s.kubectl(&["get", "deploy", "--no-headers"]), 0);
    assert!(said.starts_with("web   0/0"), "{said}");
    let said = text(&s.kubectl(&["delete", "-f", file, "--wait=false"]), 0);
    let namespace = &s.namespace;
    assert_eq!(said, format!("deployment.apps \"web\" deleted from {namespace} namespace\n"));
}

async fn kubectl_shows_what_an_apply_would_change(s: Server) {
    let file = manifest(0);
    text(&s.kubectl(&["apply", "--server-side", "-f", file.path().to_str().unwrap()]), 0);
    let file = file.path().to_str().unwrap().to_owned();
    assert_eq!(text(&s.kubectl(&["diff", "--server-side", "-f", &file]), 0), "");
    let file = manifest(3);
    let said = text(&s.kubectl(&["diff", "--server-side", "-f", file.path().to_str().unwrap()]), 1);
    assert!(said.contains("\n-  replicas: 0\n+  replicas: 3\n"), "{said}");
}

async fn kubectl_explains_a_field(s: Server) {
    let said = text(&s.kubectl(&["explain", "deployment.spec.replicas"]), 0);
    assert!(said.contains("FIELD: replicas <integer>"), "{said}");
}

async fn kubectl_creates_shows_patches_and_waits(s: Server) {
    // A typed client: its body is protobuf.
    let said = text(&s.kubectl(&["create", "configmap", "paint", "--from-literal=colour=red"]), 0);
    assert_eq!(said, "configmap/paint created\n");
    let said = text(&s.kubectl(&["get", "configmap", "paint", "-o", "yaml"]), 0);
    assert!(said.starts_with("apiVersion: v1\ndata:\n  colour: red\nkind: ConfigMap\n"), "{said}");
    let file = manifest(0);
    let file = file.path().to_str().unwrap();
    assert_eq!(text(&s.kubectl(&["apply", "-f", file]), 0), "deployment.apps/web created\n");
    assert_eq!(text(&s.kubectl(&["apply", "-f", file]), 0), "deployment.apps/web unchanged\n");
    let patch =
        r#"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"main:2"}]}}}}"#;
    let said = text(&s.kubectl(&["patch", "deployment", "web", "-p", patch]), 0);
    assert_eq!(said, "deployment.apps/web patched\n");
    let image = "--for=jsonpath={.spec.template.spec.containers[0].image}=main:2";
    let said = text(&s.kubectl(&["wait", "deployment/web", image, "--timeout=10s"]), 0);
    assert_eq!(said, "deployment.apps/web condition met\n");
    let said = text(&s.kubectl(&["get", "deployment", "web", "-o", "wide", "--no-headers"]), 0);
    let cells: Vec<&str> = said.split_whitespace().collect();
    assert_eq!((cells[0], cells[1]), ("web", "0/0"));
    assert_eq!(cells[5..], ["main", "main:2", "app=web"]);
}

async fn kubectl_refuses_what_the_schema_does_not_know(s: Server) {
    let file = manifest(0);
    let mut object = super::deployment("web", 0);
    object["spec"]["replica"] = 1.into();
    fs::write(file.path(), object.to_string()).unwrap();
    let refused = s.kubectl(&["apply", "--server-side", "-f", file.path().to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains(".spec.replica"), "{said}");
    s.get(&format!("{}/web", s.apps("deployments"))).await.is(404);
}

async fn kubectl_asks_who_may(s: Server) {
    assert_eq!(text(&s.kubectl(&["auth", "can-i", "create", "pods"]), 0), "yes\n");
    let said = s.kubectl(&["auth", "can-i", "create", "pods", "--as", "john"]);
    assert_eq!(text(&said, 1), "no\n");
}

async fn helm_installs_upgrades_and_removes_a_chart(s: Server) {
    let chart = tempfile::tempdir().unwrap();
    fs::create_dir(chart.path().join("templates")).unwrap();
    fs::write(chart.path().join("Chart.yaml"), "apiVersion: v2\nname: web\nversion: 0.1.0\n")
        .unwrap();
    fs::write(chart.path().join("values.yaml"), "greeting: hello\n").unwrap();
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  \
        greeting: {{ .Values.greeting }}\n";
    fs::write(chart.path().join("templates/greeting.yaml"), template).unwrap();
    let chart = chart.path().to_str().unwrap();
    let path = format!("{}/web", s.core("configmaps"));

    text(&s.helm(&["install", "web", chart, "--wait"]), 0);
    assert_eq!(s.get(&path).await.is(200)["data"]["greeting"], "hello");
    text(&s.helm(&["upgrade", "web", chart, "--set", "greeting=hi", "--wait"]), 0);
    assert_eq!(s.get(&path).await.is(200)["data"]["greeting"], "hi");
    let said = text(&s.helm(&["list", "--short"]), 0);
    assert_eq!(said, "web\n");
    text(&s.helm(&["uninstall", "web", "--wait"]), 0);
    s.get(&path).await.is(404);
}
