//! Killed at every request of an apply and prune of thirty objects, and gone on from there.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gotk_apiserver::{ApiServer, Fault, Harm, Injected, Snapshot};
use kube::Config;
use tokio::time::sleep;

use crate::set::Worker;

/// A server that holds the first version of the set, to come back to.
struct Scene {
    server: ApiServer,
    config: Config,
    start: Snapshot,
    requests: u64,
}

impl Scene {
    async fn new() -> Self {
        let server = ApiServer::start().await.unwrap();
        let config = Config::new(server.url().parse().unwrap());
        let worker = Worker::new(&config, NAMESPACE);
        worker.make_namespace().await;
        worker.deliver(worker.version(1)).await.unwrap();
        worker.assert_is(1).await;
        worker.place_others().await;
        let start = server.snapshot();
        let mut scene = Self { server, config, start, requests: 0 };
        scene.requests = scene.requests_of_an_undisturbed_run().await;
        scene
    }

    /// Each run is a new process, with nothing in memory.
    fn worker(&self) -> Worker {
        Worker::new(&self.config, NAMESPACE)
    }

    async fn requests_of_an_undisturbed_run(&self) -> u64 {
        let before = self.server.requests();
        let worker = self.worker();
        worker.deliver(worker.version(2)).await.unwrap();
        let count = self.server.requests().since(&before).total();
        worker.assert_is(2).await;
        count
    }

    /// Goes back to the first version; after so many requests the next ones meet this.
    fn arm(&self, harm: Harm, after: u64) -> Injected {
        self.server.lift_faults();
        self.server.restore(&self.start);
        self.server.inject(Fault::new(harm).after(after))
    }

    /// What must hold after a kill, and after the next process went on.
    async fn check(&self, boundary: u64) {
        self.server.lift_faults();
        let worker = self.worker();
        let others = worker.others().await;
        worker.assert_superset().await;
        let resumed = worker.deliver(worker.version(2)).await;
        resumed.unwrap_or_else(|error| panic!("after {boundary} requests: {error:?}"));
        worker.assert_is(2).await;
        assert_eq!(worker.others().await, others, "what is not ours, after {boundary} requests");
    }
}

/// Runs until a request met the harm, and is dropped there with everything it had under way.
async fn until_struck(work: impl Future, rule: &Injected) {
    let struck = async {
        while rule.struck() == 0 {
            sleep(Duration::from_micros(200)).await;
        }
    };
    tokio::select! { _ = work => {} () = struck => {} }
}

/// The next request is not served: it never happened.
#[tokio::test]
async fn dropped_before_every_request() {
    let scene = Scene::new().await;
    for boundary in 0..scene.requests {
        let rule = scene.arm(Harm::Hang, boundary);
        let worker = scene.worker();
        until_struck(worker.deliver(worker.version(2)), &rule).await;
        scene.check(boundary).await;
    }
    assert!(scene.requests > 90, "{} boundaries are few for thirty objects", scene.requests);
}

/// The next request is served, but nobody learns it. `GOTK_CASES=1` takes every boundary, not every third.
#[tokio::test]
async fn dropped_before_an_answer() {
    let scene = Scene::new().await;
    let step = if std::env::var_os("GOTK_CASES").is_some() { 1 } else { 3 };
    for boundary in (0..scene.requests).step_by(step) {
        let rule = scene.arm(Harm::CutAnswer, boundary);
        let worker = scene.worker();
        until_struck(worker.deliver(worker.version(2)), &rule).await;
        drop(worker);
        scene.check(boundary).await;
    }
}

/// The same with a process and `kill -9`, at every tenth boundary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_a_request() {
    let scene = Scene::new().await;
    for boundary in (0..scene.requests).step_by(10) {
        let rule = scene.arm(Harm::Hang, boundary);
        let mut child = child(&scene.server.url());
        while rule.struck() == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before its request {boundary}");
            sleep(Duration::from_millis(1)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        scene.check(boundary).await;
    }
}

fn child(url: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["--exact", "boundary::the_child"]).env(CHILD, url);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Delivers the second version when it is run as the child of the test above; else it is no test.
#[tokio::test]
async fn the_child() {
    let Ok(url) = std::env::var(CHILD) else { return };
    let worker = Worker::new(&Config::new(url.parse().unwrap()), NAMESPACE);
    worker.deliver(worker.version(2)).await.unwrap();
}

const CHILD: &str = "GOTK_TEST_CHILD_OF";
const NAMESPACE: &str = "shop";
