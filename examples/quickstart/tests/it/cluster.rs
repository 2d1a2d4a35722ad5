//! A cluster of somebody's: it is written to when somebody says so.

use std::path::PathBuf;

use gotk_apiserver::ApiServer;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{
    answered, assert_in_order, command, of, path, quickstart, repository, settings, text,
};

/// A kubeconfig with a context for each server, the first one current.
fn kubeconfig(servers: &[(&str, &ApiServer)]) -> (TempDir, PathBuf) {
    let all = |part: &str, of: &dyn Fn(&str, &ApiServer) -> Value| -> Vec<Value> {
        servers.iter().map(|(name, it)| json!({"name": name, part: of(name, it)})).collect()
    };
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": servers[0].0,
        "clusters": all("cluster", &|_, server| json!({"server": server.url()})),
        "contexts": all("context", &|name, _| json!({"cluster": name, "user": name})),
        "users": all("user", &|_, _| json!({})),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, config.to_string()).unwrap();
    (folder, file)
}

async fn colour(server: &ApiServer) -> Option<String> {
    let client = Client::try_from(Config::new(server.url().parse().unwrap())).unwrap();
    let api: Api<ConfigMap> = Api::default_namespaced(client);
    let found = api.get_opt("settings").await.unwrap();
    Some(found?.data?.get("colour")?.clone())
}

#[tokio::test]
async fn a_cluster_is_not_written_to_without_a_word() {
    let cluster = ApiServer::start().await.unwrap();
    let (_folder, file) = kubeconfig(&[("test", &cluster)]);
    let (_server, repository) = repository().await;
    let url = repository.url();
    let arguments = [&of(&url)[..], &["--kubeconfig", path(&file)]].concat();

    let output = quickstart(&arguments).await;
    assert!(text(&output).contains("failed: nobody answered: --yes writes"), "{}", text(&output));
    assert_eq!(output.status.code(), Some(1));
    let output = answered(&arguments, "n\n").await;
    let question = format!("Write this to {}/? [y/N]", cluster.url());
    assert_in_order(
        &text(&output),
        &["1 created", &question, "failed: stopped: nothing was written"],
    );
    assert_eq!(output.status.code(), Some(1));
    let output = quickstart(&[&arguments[..], &["--dry-run"]].concat()).await;
    assert_in_order(&text(&output), &["1 created", "nothing was written (--dry-run)"]);
    assert_eq!(colour(&cluster).await, None);

    let output = answered(&arguments, "y\n").await;
    assert_in_order(&text(&output), &["created     ConfigMap/default/settings", "all 1 objects"]);
    assert_eq!(colour(&cluster).await.as_deref(), Some("red"));
    let output = quickstart(&arguments).await;
    let unchanged = ["0 created, 0 configured, 1 unchanged", "unchanged   1 objects"];
    assert_in_order(&text(&output), &unchanged);
    assert!(!text(&output).contains("Write this"), "there is nothing to ask about");
    assert!(output.status.success());
}

#[tokio::test]
async fn a_context_of_the_usual_kubeconfig_may_be_named() {
    let (one, two) = (ApiServer::start().await.unwrap(), ApiServer::start().await.unwrap());
    let (_folder, file) = kubeconfig(&[("one", &one), ("two", &two)]);
    let (_server, repository) = repository().await;
    let url = repository.url();
    let run = |context: &'static str| {
        let arguments = [&of(&url)[..], &["--context", context, "--yes"]].concat();
        let mut command = command(&arguments);
        command.env("KUBECONFIG", &file);
        async move { command.output().await.unwrap() }
    };

    let output = run("two").await;
    assert_in_order(&text(&output), &["created     ConfigMap/default/settings", "all 1 objects"]);
    assert_eq!((colour(&one).await, colour(&two).await.as_deref()), (None, Some("red")));

    let output = run("three").await;
    assert_in_order(&text(&output), &["failed: ", "three"]);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn a_branch_a_commit_and_a_variable_may_be_named() {
    let cluster = ApiServer::start().await.unwrap();
    let (_folder, file) = kubeconfig(&[("test", &cluster)]);
    let (_server, repository) = repository().await;
    let templated = [("app/settings.yaml", settings("${colour}"))];
    let commit = repository.commit("dev", templated).unwrap();
    let (url, to) = (repository.url(), ["--yes", "--kubeconfig", path(&file)]);
    for (more, revision, expected) in [
        (&["--ref", "dev", "--set", "colour=green"], "revision dev@sha1:", "green"),
        (&["--ref", commit.as_str(), "--set", "colour=blue"], "revision sha1:", "blue"),
    ] {
        let output = quickstart(&[&of(&url)[..], &to, more].concat()).await;
        assert_in_order(&text(&output), &[revision, "all 1 objects"]);
        assert_eq!(colour(&cluster).await.as_deref(), Some(expected));
    }
}
