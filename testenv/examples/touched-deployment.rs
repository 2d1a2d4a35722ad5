//! Prints a Deployment that three managers have touched on a real cluster, as
//! `kubectl get --show-managed-fields -o yaml` would: the live object of `gotk-merge`'s `explain`.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run -p gotk-testenv --example touched-deployment > merge/examples/explain/live.yaml
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use gotk_testenv::{Controllers, Options};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let control_plane = Options::default().controllers(Controllers::Usual).start().await?;
    let web = Touched(Api::default_namespaced(control_plane.client()?));

    // The one who deploys.
    web.apply("kustomize-controller", &declared()).await?;
    // The one who guards the platform, and says nothing of the rest.
    web.apply("platform-team", &guarded()).await?;
    // A person with an editor, and an autoscaler.
    web.edit("kubectl-edit", &edited()).await?;
    let replicas = json!({ "spec": { "replicas": 7 } });
    let scaler = PatchParams { field_manager: Some("autoscaler".to_owned()), ..Default::default() };
    web.0.patch_scale("web", &scaler, &Patch::Merge(&replicas)).await?;

    let live = web.observed().await?;
    write!(io::stdout(), "{}", gotk_yaml::to_string(&live)?)?;
    Ok(())
}

struct Touched(Api<Deployment>);

impl Touched {
    async fn apply(&self, manager: &str, object: &Value) -> Result<Deployment, kube::Error> {
        self.0.patch("web", &PatchParams::apply(manager), &Patch::Apply(object)).await
    }

    async fn edit(&self, manager: &str, change: &Value) -> Result<Deployment, kube::Error> {
        let by = PatchParams { field_manager: Some(manager.to_owned()), ..Default::default() };
        self.0.patch("web", &by, &Patch::Strategic(change)).await
    }

    /// The object once the Deployment's controller has written its status for all replicas.
    async fn observed(&self) -> Result<Value, Box<dyn Error>> {
        for _ in 0..300 {
            let live = serde_json::to_value(self.0.get("web").await?)?;
            if live["status"]["replicas"] == 7 {
                return Ok(live);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the controller has not seen the Deployment within 30 s".into())
    }
}

fn declared() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "labels": { "app": "web" } },
        "spec": {
            "replicas": 3,
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{
                    "name": "main", "image": "registry.test/web:1.4.0",
                    "env": [{ "name": "LEVEL", "value": "debug" }],
                }] },
            },
        },
    })
}

fn guarded() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web" },
        "spec": { "template": { "spec": {
            "terminationGracePeriodSeconds": 60,
            "containers": [{
                "name": "main", "resources": { "limits": { "memory": "256Mi" } },
            }],
        } } },
    })
}

fn edited() -> Value {
    json!({ "spec": { "template": { "spec": { "containers": [{
        "name": "main", "image": "registry.test/web:1.4.1-hotfix", "imagePullPolicy": "Always",
    }] } } } })
}
