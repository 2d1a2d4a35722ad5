//! A set of thirty objects in two versions, what is not ours beside it, and what must hold afterwards.

use std::collections::{BTreeMap, BTreeSet};

use gotk_client::{Options, Transport};
use gotk_ssa::{
    Applied, Applier, ChangeSet, ConfigMapInventory, Error, FieldManager, InventoryStore, ObjectId,
    Owner, Plan, PlanOptions,
};
use http::Request;
use kube::{Client, Config};
use serde_json::{Value, json};

/// One process at work on the set.
pub(crate) struct Worker {
    pub(crate) transport: Transport,
    pub(crate) client: Client,
    pub(crate) applier: Applier,
    pub(crate) inventory: ConfigMapInventory,
    pub(crate) namespace: String,
}

impl Worker {
    pub(crate) fn new(config: &Config, namespace: &str) -> Self {
        let mut options = Options::default();
        options.retries.first_wait = std::time::Duration::from_millis(5);
        let transport = Transport::new(config, options).unwrap();
        let manager = FieldManager::new("kustomize-controller").unwrap();
        let applier =
            Applier::new(&transport, manager.clone()).owned_by(Owner::flux(namespace, "app"));
        let client = transport.client();
        let inventory = ConfigMapInventory::new(client.clone(), namespace, "inventory", manager)
            .part_bytes(600); // several parts, so that boundaries lie between them
        Self { transport, client, applier, inventory, namespace: namespace.to_owned() }
    }

    /// Plans, records, applies and prunes.
    pub(crate) async fn deliver(
        &self,
        objects: Vec<Value>,
    ) -> Result<(ChangeSet, ChangeSet), Error> {
        let applied = self.apply(objects).await?;
        let pruned = applied.prune(&self.inventory).await?;
        Ok((applied.changes().clone(), pruned))
    }

    pub(crate) async fn apply(&self, objects: Vec<Value>) -> Result<Applied, Error> {
        self.plan(objects).await?.record(&self.inventory).await?.apply().await
    }

    pub(crate) async fn plan(&self, objects: Vec<Value>) -> Result<Plan, Error> {
        let manager = FieldManager::new("kustomize-controller").unwrap();
        let options = PlanOptions::for_manager(&manager).recreate_immutable(true);
        self.applier.plan_with(objects, options).await
    }

    pub(crate) async fn make_namespace(&self) {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        self.send("POST", "/api/v1/namespaces", &object).await.unwrap();
    }

    pub(crate) fn map(&self, name: &str, value: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": self.namespace},
            "data": {"value": value},
        })
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("/api/v1/namespaces/{}/configmaps/{name}", self.namespace)
    }

    pub(crate) async fn get(&self, name: &str) -> Option<Value> {
        self.send("GET", &self.path(name), &Value::Null).await.ok()
    }

    pub(crate) async fn send(
        &self,
        verb: &str,
        path: &str,
        body: &Value,
    ) -> Result<Value, kube::Error> {
        let media =
            if verb == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
        let request = Request::builder().method(verb).uri(path).header("Content-Type", media);
        self.client.request(request.body(body).unwrap()).await
    }

    /// The set: of its thirty objects ten stay, five change, five are immutable and change, and ten are
    /// others in each version.
    pub(crate) fn version(&self, version: u32) -> Vec<Value> {
        let secret = |name: String, value: String| {
            json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": name, "namespace": self.namespace},
                "stringData": {"value": value},
            })
        };
        let mut objects = Vec::new();
        for number in 0..5 {
            objects.push(self.map(&format!("same-{number}"), "1"));
            objects.push(secret(format!("same-{number}"), "1".to_owned()));
            objects.push(self.map(&format!("changed-{number}"), &version.to_string()));
            let mut fixed = self.map(&format!("fixed-{number}"), &version.to_string());
            fixed["immutable"] = json!(true);
            objects.push(fixed);
            objects.push(self.map(&format!("of-{version}-{number}"), "1"));
            objects.push(secret(format!("of-{version}-{number}"), "1".to_owned()));
        }
        objects
    }

    /// What is not ours: a stranger, one of another set, and one that the set handed over, which its
    /// inventory still lists.
    pub(crate) async fn place_others(&self) {
        let collection = format!("/api/v1/namespaces/{}/configmaps", self.namespace);
        self.send("POST", &collection, &self.map("stranger", "theirs")).await.unwrap();
        let mut another = self.map("another", "theirs");
        another["metadata"]["labels"] = json!(labels_of(&self.namespace, "other"));
        self.send("POST", &collection, &another).await.unwrap();
        let given = json!({"metadata": {"labels": labels_of(&self.namespace, "other")}});
        self.send("PATCH", &self.path("of-1-0"), &given).await.unwrap();
    }

    /// Uid and version of what is not ours.
    pub(crate) async fn others(&self) -> Vec<(String, String, String)> {
        self.versions_of(&["stranger", "another", "of-1-0"]).await
    }

    pub(crate) async fn versions_of(&self, names: &[&str]) -> Vec<(String, String, String)> {
        let mut others = Vec::new();
        for name in names {
            let live = self.get(name).await.unwrap_or_else(|| panic!("{name} was deleted"));
            let text = |key: &str| live["metadata"][key].as_str().unwrap().to_owned();
            others.push(((*name).to_owned(), text("uid"), text("resourceVersion")));
        }
        others
    }

    /// The ids of everything that carries our labels, with their content.
    pub(crate) async fn ours(&self) -> BTreeMap<String, Value> {
        let mut ours = BTreeMap::new();
        for (kind, plural) in [("ConfigMap", "configmaps"), ("Secret", "secrets")] {
            let path = format!(
                "/api/v1/namespaces/{}/{plural}?labelSelector=kustomize.toolkit.fluxcd.io%2Fname%3Dapp",
                self.namespace
            );
            let list = self.send("GET", &path, &Value::Null).await.unwrap();
            for item in list["items"].as_array().unwrap() {
                let name = item["metadata"]["name"].as_str().unwrap();
                let id = ObjectId::new("", kind, &self.namespace, name).to_string();
                ours.insert(id, item["data"]["value"].clone());
            }
        }
        ours
    }

    pub(crate) async fn recorded(&self) -> BTreeSet<String> {
        let stored = self.inventory.load().await.unwrap().inventory;
        stored.iter().map(|(id, _)| id.to_string()).collect()
    }

    /// Nothing is leaked, nothing is lost: what carries our labels is the set, and so is the inventory.
    pub(crate) async fn assert_is(&self, version: u32) {
        let wanted: BTreeSet<String> =
            self.version(version).iter().map(|it| ObjectId::of(it).to_string()).collect();
        let ours = self.ours().await;
        assert_eq!(
            ours.keys().cloned().collect::<BTreeSet<_>>(),
            wanted,
            "what carries our labels"
        );
        assert_eq!(self.recorded().await, wanted, "what the inventory lists");
        for number in 0..5 {
            for kind in ["changed", "fixed"] {
                let id = format!("ConfigMap/{}/{kind}-{number}", self.namespace);
                assert_eq!(ours[&id], json!(version.to_string()), "{id}");
            }
        }
    }

    /// The inventory lists everything that carries our labels.
    pub(crate) async fn assert_superset(&self) {
        let (ours, recorded) = (self.ours().await, self.recorded().await);
        let unlisted: Vec<_> = ours.keys().filter(|id| !recorded.contains(*id)).collect();
        assert!(unlisted.is_empty(), "not in the inventory: {unlisted:?}");
    }
}

fn labels_of(namespace: &str, name: &str) -> Value {
    json!({
        "kustomize.toolkit.fluxcd.io/name": name,
        "kustomize.toolkit.fluxcd.io/namespace": namespace,
    })
}
