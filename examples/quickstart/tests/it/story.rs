//! The story, told on both servers.

use gotk_testenv::{Assets, ControllerRate, Controllers, Options};

use crate::kubelet;
use crate::program::{assert_in_order, path, quickstart, text};

/// What the story says on any server, in this order.
const STORY: &[&str] = &[
    "# install",
    "+ Namespace/shop created",
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
