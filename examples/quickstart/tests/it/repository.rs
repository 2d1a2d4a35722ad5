//! Somebody's repository, on the embedded API server.

use gotk_testenv::git::{Change, GitServer};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tempfile::TempDir;

use crate::program::{assert_in_order, of, path, quickstart, repository, settings, start, text};

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let (_server, repository) = repository().await;
    let output = quickstart(&[&of(&repository.url())[..], &["--dry-run"]].concat()).await;
    let words = ["+ ConfigMap/default/settings created", "1 created", "nothing was written"];
    assert_in_order(&text(&output), &words);
    assert!(!text(&output).contains("  created "));
    assert!(output.status.success());
}

/// The files that `--identity` and `--known-hosts` name.
pub(crate) fn ssh_files(key: &str, hosts: &str) -> (TempDir, [String; 4]) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        path(&folder.path().join(name)).to_owned()
    };
    let (key, hosts) = (file("id", key), file("known_hosts", hosts));
    (folder, ["--identity".to_owned(), key, "--known-hosts".to_owned(), hosts])
}

/// The words for [`ssh_files`], after those for a repository.
pub(crate) fn over_ssh<'a>(url: &'a str, files: &'a [String; 4]) -> Vec<&'a str> {
    of(url).into_iter().chain(files.iter().map(String::as_str)).collect()
}

#[tokio::test]
async fn a_repository_is_read_over_ssh() {
    let (server, repository) = repository().await;
    let (_folder, files) = ssh_files(server.client_key(), &server.known_hosts());
    let url = repository.ssh_url();
    let output = quickstart(&over_ssh(&url, &files)).await;
    let words = ["# sync ssh://", "created     ConfigMap/default/settings", "all 1 objects"];
    assert_in_order(&text(&output), &words);
    assert!(output.status.success());
}

#[tokio::test]
async fn a_host_that_is_not_known_is_not_spoken_to() {
    let (server, repository) = repository().await;
    let other = GitServer::start().await.unwrap();
    let of_another =
        other.known_hosts().replace(&other.ssh_port().to_string(), &server.ssh_port().to_string());
    for (key, hosts, words) in [
        (server.client_key(), of_another.as_str(), "host key verification failed"),
        (server.client_key(), "", "known_hosts has no key for localhost"),
        (other.client_key(), &server.known_hosts(), "authentication failed"),
    ] {
        let (_folder, files) = ssh_files(key, hosts);
        let url = repository.ssh_url();
        let output = quickstart(&over_ssh(&url, &files)).await;
        let text = text(&output);
        let failed = text.lines().last().unwrap();
        assert!(failed.starts_with("failed: ssh://") && failed.contains(words), "{text}");
        assert_eq!(output.status.code(), Some(1));
        assert!(!text.contains("created "), "{text}");
    }
}

#[tokio::test]
async fn what_is_pushed_while_it_watches_is_applied_and_what_is_broken_is_waited_out() {
    let (_server, repository) = repository().await;
    let mut running = start(&[&of(&repository.url())[..], &["--watch", "1s"]].concat());
    running.until("created     ConfigMap/default/settings").await;

    repository.apply(Change::on("main").write("app/settings.yaml", "kind: [")).unwrap();
    running.until("failed      app/settings.yaml:").await;

    repository.apply(Change::on("main").write("app/settings.yaml", settings("blue"))).unwrap();
    running.until("configured  ConfigMap/default/settings").await;
    assert!(running.interrupt().await.success(), "who stops it has seen enough");
}

#[tokio::test]
async fn the_server_is_kept_for_as_long_as_somebody_looks() {
    let (_server, repository) = repository().await;
    let mut running = start(&[&of(&repository.url())[..], &["--keep"]].concat());
    running.until("The API server stays until you press Ctrl-C").await;
    let export = running.until("export KUBECONFIG=").await;
    let (_, file) = export.trim().split_once("export KUBECONFIG=").unwrap();
    running.until("kubectl get").await;

    let kubeconfig = Kubeconfig::read_from(file).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    let api: Api<ConfigMap> = Api::default_namespaced(Client::try_from(config).unwrap());
    let data = api.get("settings").await.unwrap().data.unwrap();
    assert_eq!(data["colour"], "red");

    assert!(running.interrupt().await.success());
    assert!(!std::fs::exists(file).unwrap(), "nothing is left behind");
    assert!(api.get("settings").await.is_err());
}
