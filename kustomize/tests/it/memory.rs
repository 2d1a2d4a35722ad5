//! How much memory a build takes at its peak: bytes are counted, and the same in every run.

use std::fmt::Write as _;

use allocation_counter::measure;
use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::{Build, build};

/// Four objects that belong together.
fn app(out: &mut String, app: usize) {
    let head = |api_version: &str, kind: &str| {
        format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata:\n  name: web-{app}\n  labels: {{app: web-{app}}}\n"
        )
    };
    let (account, settings) = (head("v1", "ServiceAccount"), head("v1", "ConfigMap"));
    let (service, deployment) = (head("v1", "Service"), head("apps/v1", "Deployment"));
    writeln!(
        out,
        "{account}---
{settings}data:
  host: web-{app}.example.com
  level: info
  greeting: |
    hello
    world
---
{service}spec:
  selector: {{app: web-{app}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
---
{deployment}spec:
  replicas: 2
  selector:
    matchLabels: {{app: web-{app}}}
  template:
    metadata:
      labels: {{app: web-{app}}}
    spec:
      serviceAccountName: web-{app}
      containers:
      - name: web
        image: registry.example.com/web:1
        args: [--listen=0.0.0.0:8080, --log=info]
        envFrom:
        - configMapRef: {{name: web-{app}}}
        ports:
        - containerPort: 8080
          name: http
        resources:
          requests: {{cpu: 10m, memory: 64Mi}}
          limits: {{memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /healthz, port: http}}
---"
    )
    .expect("memory");
}

const OVERLAY: &str = "
namespace: shop
namePrefix: prod-
resources: [../base]
labels: [{pairs: {env: production}, includeSelectors: true}]
commonAnnotations: {team: platform}
images: [{name: registry.example.com/web, newTag: '2'}]
patches:
- target: {kind: Deployment}
  patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": false}]'
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        spec:
          containers:
          - name: web
            env: [{name: REGION, value: eu}]
configMapGenerator: [{name: settings, literals: [a=b]}]
sortOptions: {order: legacy}
";

/// An overlay over so many times four objects, so many to a file.
fn files(apps: usize, in_a_file: usize) -> Vec<(String, String)> {
    let mut files = vec![("overlay/kustomization.yaml".to_owned(), OVERLAY.to_owned())];
    let mut base = "resources:\n".to_owned();
    for first in (0..apps).step_by(in_a_file) {
        let mut text = String::new();
        (first..apps.min(first + in_a_file)).for_each(|at| app(&mut text, at));
        writeln!(base, "- {first}.yaml").expect("memory");
        files.push((format!("base/{first}.yaml"), text));
    }
    files.push(("base/kustomization.yaml".to_owned(), base));
    files
}

fn overlay(files: &[(String, String)]) -> Tree {
    let add = |tree: TreeBuilder, (path, text): &(String, String)| {
        tree.file(path.as_str(), text.clone()).expect("a new path")
    };
    files.iter().fold(TreeBuilder::new(), add).build().at("overlay").expect("a folder")
}

/// How many times the input a build takes at its peak, the tree itself and what is made of the
/// result among it.
fn peak(apps: usize, in_a_file: usize, of_result: impl Fn(Build)) -> f64 {
    let files = files(apps, in_a_file);
    let input: usize = files.iter().map(|(_, text)| text.len()).sum();
    let run = |files: &[(String, String)]| {
        let build = build(&overlay(files)).expect("a build");
        assert!(build.len() > 4);
        of_result(build);
    };
    // What every program has once is not what a build takes.
    run(&self::files(1, 1));
    measure(|| run(&files)).bytes_max as f64 / input as f64
}

fn write_away(build: Build) {
    build.into_documents().for_each(|document| drop(document.expect("YAML")));
}

#[test]
fn a_build_takes_less_than_ten_times_its_input() {
    for (apps, in_a_file) in [(300, 25), (300, 300), (150, 1)] {
        let written = peak(apps, in_a_file, write_away);
        let whole = peak(apps, in_a_file, |build| drop(build.to_yaml().expect("YAML")));
        println!(
            "{apps} times 4 objects, {in_a_file} to a file: {written:.2}, as one text {whole:.2}"
        );
        assert!(written <= 8.0, "{written:.2} times the input");
        assert!(whole <= 10.0, "{whole:.2} times the input");
    }
}

#[test]
fn what_a_build_takes_grows_with_its_input() {
    let (few, many) = (peak(100, 25, write_away), peak(400, 25, write_away));
    assert!(many / few < 1.1, "{few:.2} times the input became {many:.2}");
}
