//! A real server that is killed while a set is applied, and processes that are.

use std::process::{Command, Stdio};
use std::time::Duration;

use gotk_testenv::{Assets, Component, ControlPlane, Options, User};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::time::{sleep, timeout};

use crate::set::Worker;

/// One control plane for everything: starting it costs more than all of this.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server() {
    let Some(assets) = Assets::or_skip("gotk-ssa's faults on a real server").unwrap() else {
        return;
    };
    let plane = Options::default().assets(assets).start().await.unwrap();
    processes_killed_at_their_requests(&plane).await;
    the_server_is_killed_while_a_set_is_applied(&plane).await;
}

async fn the_server_is_killed_while_a_set_is_applied(plane: &ControlPlane) {
    let config = plane.config_as(&User::admin()).unwrap();
    let worker = Worker::new(&config, "restarted");
    worker.make_namespace().await;
    worker.deliver(worker.version(1)).await.unwrap();
    worker.place_others().await;
    // The first version takes back what was handed over.
    let foreign = ["stranger", "another"];
    let others = worker.versions_of(&foreign).await;
    // Among the dry-runs, then among the writes.
    for (after, version) in [(15, 2), (70, 1), (100, 2)] {
        let (worker, start) = (&worker, requests(&worker));
        let crash = async {
            while requests(worker) < start + after {
                sleep(Duration::from_millis(1)).await;
            }
            plane.kill(Component::ApiServer).unwrap();
            plane.restart(Component::ApiServer).await.unwrap();
        };
        let both = async { tokio::join!(worker.deliver(worker.version(version)), crash) };
        let (delivered, ()) = timeout(Duration::from_secs(120), both).await.unwrap();
        if let Err(error) = delivered {
            assert!(error.is_transient(), "{error:?}");
        }
        worker.assert_superset().await;
        worker.deliver(worker.version(version)).await.unwrap();
        if version == 2 {
            worker.assert_is(2).await;
            assert_eq!(worker.versions_of(&foreign).await, others);
        }
    }
}

fn requests(worker: &Worker) -> u64 {
    worker.transport.counts().total()
}

/// A child of ours delivers the second version and ends itself, without any farewell, when it has made
/// so many requests.
async fn processes_killed_at_their_requests(plane: &ControlPlane) {
    let config = plane.config_as(&User::admin()).unwrap();
    for dies_after in (3..130).step_by(9) {
        let namespace = format!("killed-{dies_after}");
        let worker = Worker::new(&config, &namespace);
        worker.make_namespace().await;
        worker.deliver(worker.version(1)).await.unwrap();
        worker.place_others().await;
        let others = worker.others().await;

        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "real::the_child"]);
        child.env("GOTK_TEST_KUBECONFIG", plane.kubeconfig());
        child.env("GOTK_TEST_CHILD", format!("{namespace} {dies_after}"));
        child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = child.status().unwrap();
        assert!(!status.success(), "it came to its end");

        let next = Worker::new(&config, &namespace);
        next.assert_superset().await;
        next.deliver(next.version(2)).await.unwrap();
        next.assert_is(2).await;
        assert_eq!(next.others().await, others, "after {dies_after} requests");
    }
}

/// The child of the test above; else it is no test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_child() {
    let Ok(what) = std::env::var("GOTK_TEST_CHILD") else { return };
    let (namespace, dies_after) = what.split_once(' ').unwrap();
    let dies_after: u64 = dies_after.parse().unwrap();
    let kubeconfig = Kubeconfig::read_from(std::env::var("GOTK_TEST_KUBECONFIG").unwrap()).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    let worker = Worker::new(&config, namespace);
    let transport = worker.transport.clone();
    std::thread::spawn(move || {
        while transport.counts().total() < dies_after {
            std::thread::yield_now();
        }
        std::process::abort();
    });
    worker.deliver(worker.version(2)).await.unwrap();
    panic!("{} requests and no end", worker.transport.counts().total());
}
