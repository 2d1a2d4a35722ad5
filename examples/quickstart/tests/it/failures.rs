//! What a person gets when it does not work: one sentence, and an exit code.

use gotk_testenv::git::Change;

use crate::program::{of, path, quickstart, repository, text};

#[tokio::test]
async fn a_failure_is_one_clear_sentence_and_an_exit_code() {
    let (_server, repository) = repository().await;
    let broken = Change::on("broken").write("app/settings.yaml", "kind: ConfigMap\ndata: [");
    repository.apply(broken).unwrap();
    let (url, nobody) = (repository.url(), "http://localhost:1/x.git");
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("config");
    let config = nobody_there();
    std::fs::write(&kubeconfig, config).unwrap();
    let to = |more: &[&'static str]| [&of(&url)[..], more].concat();
    let unreachable = [&of(&url)[..], &["--yes", "--kubeconfig", path(&kubeconfig)]].concat();
    for (arguments, words) in [
        (to(&["--ref", "gone"]), "/team/app.git: branch \"gone\" not found"),
        (vec!["--repo", &url, "--path", "nowhere"], "nowhere"),
        (vec!["--repo", &url, "--path", "app"], "ConfigMap/settings: namespace not specified"),
        (to(&["--ref", "broken"]), "app/settings.yaml:"),
        (of(nobody), "http://localhost:1/x.git: failed to connect"),
        (unreachable, "failed: cannot connect to http://127.0.0.1:1/: "),
        (vec!["--kubeconfig", "/no/such/file"], "/no/such/file"),
        (to(&["--identity", "/no/such/key", "--known-hosts", "/x"]), "/no/such/key: "),
        (vec!["--dry-run"], "--dry-run needs --repo"),
    ] {
        let output = quickstart(&arguments).await;
        let text = text(&output);
        let failed = text.lines().last().unwrap();
        assert!(failed.starts_with("failed: ") && failed.contains(words), "{arguments:?}: {text}");
        assert!(!text.contains("  created "), "{arguments:?}: {text}");
        assert_eq!(output.status.code(), Some(1));
    }
}

/// A cluster where nobody listens.
fn nobody_there() -> &'static str {
    r#"{"apiVersion": "v1", "kind": "Config", "current-context": "a",
        "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "users": [{"name": "a", "user": {}}]}"#
}
