//! The program as a person runs it: its words and its exit code, on both servers.

mod kubelet;

use std::path::Path;
use std::process::{Output, Stdio};

use gotk_testenv::git::{Change, GitServer, Repository};
use gotk_testenv::{Assets, ControllerRate, Controllers, Options};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

/// What the story says on any server, in this order.
const STORY: &[&str] = &[
    "# install",
    "+ Namespace/shop created",
    "waiting     Deployment/shop/web",
    "ready       Deployment/shop/web",
    "ready       all 11 objects",
    "# upgrade",
    r#"image: "ghcr.io/example/web:1.4.2" -> "ghcr.io/example/web:1.5.0""#,
    "1 created, 1 configured, 9 unchanged, 0 skipped",
    "ready       all 11 objects",
    "# poll",
    "0 created, 0 configured, 11 unchanged, 0 skipped",
    "# drift",
    "~ .spec.replicas: 5 -> 2",
    ".spec.replicas is \"jane\"'s work",
    "configured  Deployment/shop/web",
    "# removal",
    "- ConfigMap/shop/banner left the repository",
    "deleted     ConfigMap/shop/banner",
    "# broken",
    "refused     apps/shop/base/service.yaml:9: did not find expected ',' or ']'",
    "# status",
    "Current     Deployment/shop/web",
    "Current       ReplicaSet/shop/web-",
    "Current     Job/shop/migration",
    "# what it took",
    "  broken ",
];

#[tokio::test]
async fn the_story_is_told_on_the_embedded_server() {
    let output = quickstart(&[]).await;
    assert_in_order(&text(&output), STORY);
    assert!(output.status.success());
    assert!(!text(&output).contains('\x1b'), "colours are for terminals");
    assert!(!text(&output).contains("correct-horse"), "no value of a Secret is shown");
}

#[tokio::test]
async fn the_story_is_the_same_on_a_real_control_plane() {
    let Some(assets) = Assets::or_skip("the story on a real control plane").unwrap() else {
        return;
    };
    let rate = ControllerRate::PerSecond(200);
    let options =
        Options::default().assets(assets).controllers(Controllers::Usual).controller_rate(rate);
    let cluster = options.start().await.unwrap();
    let kubelet = tokio::spawn(kubelet::run(cluster.client().unwrap()));

    let kubeconfig = cluster.kubeconfig();
    let output = quickstart(&["--yes", "--kubeconfig", path(&kubeconfig)]).await;
    kubelet.abort();
    assert_in_order(&text(&output), STORY);
    assert!(output.status.success());
}

#[tokio::test]
async fn a_dry_run_of_somebodys_repository_writes_nothing() {
    let (_server, repository) = repository().await;
    let output = quickstart(&[
        "--repo",
        &repository.url(),
        "--path",
        "app",
        "--namespace",
        "default",
        "--dry-run",
    ])
    .await;
    let words = ["+ ConfigMap/default/settings created", "1 created", "nothing was written"];
    assert_in_order(&text(&output), &words);
    assert!(!text(&output).contains("  created "));
    assert!(output.status.success());
}

#[tokio::test]
async fn a_cluster_is_not_written_to_without_a_word() {
    let cluster = gotk_apiserver::ApiServer::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    std::fs::write(&kubeconfig, cluster.kubeconfig()).unwrap();
    let (_server, repository) = repository().await;
    let url = repository.url();
    let arguments = [
        "--repo",
        &url,
        "--path",
        "app",
        "--namespace",
        "default",
        "--kubeconfig",
        path(&kubeconfig),
    ];

    let output = quickstart(&arguments).await;
    assert!(text(&output).contains("--yes writes, --dry-run does not"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(1));

    let output = quickstart(&[&arguments[..], &["--yes"]].concat()).await;
    assert_in_order(&text(&output), &["created     ConfigMap/default/settings", "all 1 objects"]);
    let output = quickstart(&[&arguments[..], &["--yes"]].concat()).await;
    assert_in_order(
        &text(&output),
        &["0 created, 0 configured, 1 unchanged", "unchanged   1 objects"],
    );
}

#[tokio::test]
async fn what_is_pushed_while_it_watches_is_applied_and_what_is_broken_is_waited_out() {
    let (_server, repository) = repository().await;
    let url = repository.url();
    let mut child =
        command(&["--repo", &url, "--path", "app", "--namespace", "default", "--watch", "1s"])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    until(&mut lines, "created     ConfigMap/default/settings").await;

    repository.apply(Change::on("main").write("app/settings.yaml", "kind: [")).unwrap();
    until(&mut lines, "failed      app/settings.yaml:").await;

    repository.apply(Change::on("main").write("app/settings.yaml", settings("blue"))).unwrap();
    until(&mut lines, "configured  ConfigMap/default/settings").await;
}

#[tokio::test]
async fn a_failure_is_one_clear_sentence_and_an_exit_code() {
    let (_server, repository) = repository().await;
    let url = repository.url();
    for (arguments, words) in [
        (vec!["--repo", &url, "--ref", "gone"], "gone"),
        (vec!["--repo", &url, "--path", "nowhere"], "nowhere"),
        (vec!["--repo", &url, "--path", "app"], "ConfigMap/settings: namespace not specified"),
        (vec!["--repo", "http://localhost:1/x.git"], "http://localhost:1/x.git"),
        (vec!["--kubeconfig", "/no/such/file"], "/no/such/file"),
        (vec!["--dry-run"], "--dry-run needs --repo"),
    ] {
        let output = quickstart(&arguments).await;
        let text = text(&output);
        let failed = text.lines().find(|line| line.starts_with("failed: ")).unwrap_or_default();
        assert!(failed.contains(words), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(1));
    }
}

async fn repository() -> (GitServer, Repository) {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("team/app.git");
    repository.commit("main", [("app/settings.yaml", settings("red"))]).unwrap();
    (server, repository)
}

fn settings(colour: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{colour: {colour}}}\n"
    )
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.args(arguments).stdin(Stdio::null()).env_remove("KUBECONFIG");
    command
}

async fn quickstart(arguments: &[&str]) -> Output {
    command(arguments).output().await.unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn until(lines: &mut Lines<BufReader<ChildStdout>>, words: &str) {
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(words) {
            return;
        }
        said = format!("{said}{line}\n");
    }
    panic!("{words:?} was not said, but:\n{said}");
}

fn assert_in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("{word:?} does not follow in\n{text}") };
        rest = &rest[at + word.len()..];
    }
}
