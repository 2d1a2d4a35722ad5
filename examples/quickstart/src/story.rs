//! What happens, in order, and what it cost.

use std::time::{Duration, Instant};

use gotk_apiserver::ApiServer;
use gotk_client::Counts;
use gotk_kstatus::compute;
use kube::Config;
use serde_json::{Value, json};

use crate::cluster::{Change, Cluster, id};
use crate::source::{Artifact, objects};
use crate::{Error, say};

/// The cluster, what we have put into it, and what every step took.
struct Story {
    cluster: Cluster,
    /// Everything that may be in the cluster because of us.
    inventory: Vec<Value>,
    steps: Vec<(&'static str, Duration, u64)>,
    began: (Instant, Counts),
}

pub(crate) async fn tell() -> Result<(), Error> {
    let server = ApiServer::start().await?;
    let cluster = Cluster::connect(&Config::new(server.url().parse()?))?;
    say(&format!("An API server in this process answers at {}.", server.url()));
    let began = (Instant::now(), Counts::default());
    let mut story = Story { cluster, inventory: Vec::new(), steps: Vec::new(), began };

    let variables = [("team", "storefront"), ("tag", "1.4.2")];
    story.deploy("install", &Artifact::new(true)?, &variables).await?;

    let variables = [("team", "storefront"), ("tag", "1.5.0")];
    story.deploy("upgrade", &Artifact::new(false)?, &variables).await?;

    story.drift().await?;
    story.broken_manifest().await;
    story.status().await?;
    story.costs();
    Ok(())
}

impl Story {
    /// A revision: fetched, built, planned, applied, pruned.
    async fn deploy(
        &mut self,
        step: &'static str,
        artifact: &Artifact,
        variables: &[(&str, &str)],
    ) -> Result<(), Error> {
        self.begin(step);
        say(&format!("artifact {} ({} bytes)", artifact.packed.digest, artifact.packed.size));
        let objects = objects(&artifact.tree()?, variables)?;
        let mut changes = Vec::new();
        for object in &objects {
            changes.push(self.cluster.plan(object).await?);
        }
        for (object, change) in objects.iter().zip(&changes) {
            let word = match change {
                Change::Create => "created",
                Change::Configure => "configured",
                Change::Keep => "unchanged",
            };
            if *change != Change::Keep {
                self.cluster.apply(object).await?;
            }
            say(&format!("  {word:<11} {}", id(object)));
        }
        self.prune(&objects).await?;
        self.inventory = objects;
        self.end();
        Ok(())
    }

    /// Deletes what the last revision had and this one has not.
    async fn prune(&self, objects: &[Value]) -> Result<(), Error> {
        let gone = |old: &&Value| objects.iter().all(|new| id(new) != id(old));
        for object in self.inventory.iter().filter(gone) {
            self.cluster.delete(object).await?;
            say(&format!("  {:<11} {}", "deleted", id(object)));
        }
        Ok(())
    }

    /// Jane scales by hand; the server says whose field it is; we take it back.
    async fn drift(&mut self) -> Result<(), Error> {
        self.begin("drift");
        let web = self.web();
        self.cluster.edit(&web, "jane", json!({ "spec": { "replicas": 5 } })).await?;
        say("jane scales Deployment/shop/web to 5");
        if let Err(conflict) = self.cluster.apply_politely(&web).await {
            say(&format!("  asked politely: {}", sentence(&conflict)));
        }
        let repaired = self.cluster.apply(&web).await?;
        say(&format!("  repaired      replicas are {} again", repaired["spec"]["replicas"]));
        self.end();
        Ok(())
    }

    /// A variable nobody sets: the build fails, and nothing is written.
    async fn broken_manifest(&mut self) {
        self.begin("broken");
        let built = Artifact::new(false).and_then(|artifact| objects(&artifact.tree()?, &[]));
        match built {
            Ok(_) => say("  it was built all the same"),
            Err(error) => say(&format!("a revision that cannot be built: {error}")),
        }
        self.end();
    }

    /// Where everything stands, before and after the workload runs.
    async fn status(&mut self) -> Result<(), Error> {
        self.begin("status");
        self.print_status().await?;
        self.cluster.simulate(&self.web()).await?;
        say("two pods are ready (simulated: there is no kubelet here)");
        self.print_status().await?;
        self.end();
        Ok(())
    }

    async fn print_status(&self) -> Result<(), Error> {
        for object in &self.inventory {
            let live = self.cluster.live(object).await?.unwrap_or_default();
            let report = compute(&live)?;
            let status = report.status;
            say(&format!("  {status:<11} {:<24} {}", id(object), report.message));
        }
        Ok(())
    }

    fn web(&self) -> Value {
        let web = self.inventory.iter().find(|object| id(object) == "Deployment/shop/web");
        web.cloned().unwrap_or_default()
    }

    fn begin(&mut self, step: &'static str) {
        say(&format!("\n# {step}"));
        self.steps.push((step, Duration::ZERO, 0));
        self.began = (Instant::now(), self.cluster.transport.counts());
    }

    fn end(&mut self) {
        let (instant, counts) = &self.began;
        let requests = self.cluster.transport.counts().since(counts).total();
        if let Some(step) = self.steps.last_mut() {
            (step.1, step.2) = (instant.elapsed(), requests);
        }
    }

    fn costs(&self) {
        say("\n# what it took");
        for (step, time, requests) in &self.steps {
            say(&format!(
                "  {step:<9} {:>7.1} ms {requests:>4} requests",
                time.as_secs_f64() * 1e3
            ));
        }
        say("\nRequests in all:");
        say(self.cluster.transport.counts().to_string().trim_end());
    }
}

/// What the server said, without what kube says around it.
fn sentence(error: &Error) -> String {
    match error.downcast_ref() {
        Some(kube::Error::Api(status)) => status.message.clone(),
        _ => error.to_string(),
    }
}
