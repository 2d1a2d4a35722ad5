//! What is done to the cluster: look, try, apply, delete.

use gotk_client::{Discovery, Options, Transport};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams};
use kube::{Api, Config};
use serde_json::{Value, json};

use crate::Error;

/// A cluster and who we are in it.
pub(crate) struct Cluster {
    pub(crate) transport: Transport,
    discovery: Discovery,
}

/// What an apply would do to an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Create,
    Configure,
    Keep,
}

const MANAGER: &str = "quickstart";

impl Cluster {
    pub(crate) fn connect(config: &Config) -> Result<Self, Error> {
        let transport = Transport::new(config, Options::default())?;
        let discovery = Discovery::new(&transport);
        Ok(Self { transport, discovery })
    }

    pub(crate) async fn live(&self, object: &Value) -> Result<Option<Value>, Error> {
        let found = self.api(object).await?.get_opt(name(object)).await?;
        Ok(found.map(serde_json::to_value).transpose()?)
    }

    /// Asks the server what an apply would do. Nothing is stored.
    pub(crate) async fn plan(&self, object: &Value) -> Result<Change, Error> {
        let Some(live) = self.live(object).await? else { return Ok(Change::Create) };
        let tried = self.patch(object, true, true).await?;
        let same = settled(&live) == settled(&tried);
        Ok(if same { Change::Keep } else { Change::Configure })
    }

    /// Applies without taking anybody's fields; a conflict names who has them.
    pub(crate) async fn apply_politely(&self, object: &Value) -> Result<Value, Error> {
        self.patch(object, false, false).await
    }

    pub(crate) async fn apply(&self, object: &Value) -> Result<Value, Error> {
        self.patch(object, false, true).await
    }

    pub(crate) async fn delete(&self, object: &Value) -> Result<(), Error> {
        self.api(object).await?.delete(name(object), &DeleteParams::background()).await?;
        Ok(())
    }

    /// What `kubectl scale` or an editor would do, in somebody else's name.
    pub(crate) async fn edit(&self, object: &Value, who: &str, change: Value) -> Result<(), Error> {
        let parameters = PatchParams { field_manager: Some(who.to_owned()), ..Default::default() };
        self.api(object).await?.patch(name(object), &parameters, &Patch::Merge(change)).await?;
        Ok(())
    }

    /// There is no kubelet here: says of a Deployment what one would have brought about.
    pub(crate) async fn simulate(&self, deployment: &Value) -> Result<(), Error> {
        let live = self.live(deployment).await?.unwrap_or_default();
        let replicas = &live["spec"]["replicas"];
        let status = json!({ "status": {
            "observedGeneration": live["metadata"]["generation"],
            "replicas": replicas, "updatedReplicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas,
            "conditions": [{ "type": "Available", "status": "True" }],
        }});
        let parameters = PatchParams::default();
        let api = self.api(deployment).await?;
        api.patch_status(name(deployment), &parameters, &Patch::Merge(status)).await?;
        Ok(())
    }

    async fn patch(&self, object: &Value, dry_run: bool, force: bool) -> Result<Value, Error> {
        let parameters = PatchParams { dry_run, force, ..PatchParams::apply(MANAGER) };
        let api = self.api(object).await?;
        let answer = api.patch(name(object), &parameters, &Patch::Apply(object)).await?;
        Ok(serde_json::to_value(answer)?)
    }

    async fn api(&self, object: &Value) -> Result<Api<DynamicObject>, Error> {
        let api_version = object["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object["kind"].as_str().unwrap_or_default();
        let served = self.discovery.resolve(group, Some(version), kind).await?;
        let client = self.transport.client();
        Ok(match object["metadata"]["namespace"].as_str() {
            Some(namespace) => Api::namespaced_with(client, namespace, &served.resource),
            None => Api::all_with(client, &served.resource),
        })
    }
}

/// `Deployment/shop/web`.
pub(crate) fn id(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default();
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{kind}/{namespace}/{}", name(object)),
        None => format!("{kind}/{}", name(object)),
    }
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// An object without what changes at every write.
fn settled(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["generation", "managedFields", "resourceVersion"] {
            metadata.remove(field);
        }
    }
    object
}
