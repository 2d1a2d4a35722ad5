//! A server, and a namespace in it that is the fact's own.

use std::sync::Arc;

use gotk_apiserver::ApiServer;
use gotk_client::Transport;
use gotk_ssa::{Applier, FieldManager, MemoryInventory, Owner};
use gotk_testenv::{ControlPlane, User};
use http::Request;
use kube::Client;
use serde_json::{Value, json};

use crate::servers::{Place, Server};

/// What a fact works with.
pub(crate) struct Site {
    pub(crate) namespace: String,
    pub(crate) transport: Transport,
    pub(crate) client: Client,
    pub(crate) inventory: MemoryInventory,
    alive: Box<dyn std::any::Any + Send + Sync>,
}

impl Site {
    pub(crate) async fn at(server: &Server) -> Self {
        let Place { namespace, transport, client, alive } = server.place("fact").await;
        let inventory = MemoryInventory::default();
        let site = Self { namespace, transport, client, inventory, alive };
        site.apply_as("test", &site.namespace_object(&site.namespace)).await;
        site
    }

    /// How programs find the server.
    pub(crate) fn kubeconfig(&self) -> String {
        if let Some(plane) = self.alive.downcast_ref::<Arc<ControlPlane>>() {
            return plane.kubeconfig_as(&User::admin()).unwrap();
        }
        let url = self.alive.downcast_ref::<ApiServer>().unwrap().url();
        let config = json!({ // which is YAML too
            "apiVersion": "v1", "kind": "Config", "current-context": "embedded",
            "clusters": [{"name": "embedded", "cluster": {"server": url}}],
            "users": [{"name": "anyone", "user": {}}],
            "contexts": [{"name": "embedded", "context": {"cluster": "embedded", "user": "anyone"}}],
        });
        config.to_string()
    }

    /// An applier of the set of that name.
    pub(crate) fn applier(&self, set: &str) -> Applier {
        let manager = FieldManager::new("kustomize-controller").unwrap();
        Applier::new(&self.transport, manager).owned_by(Owner::flux(&self.namespace, set))
    }

    pub(crate) fn config_map(&self, name: &str, data: Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": self.namespace},
            "data": data,
        })
    }

    pub(crate) fn deployment(&self, name: &str, image: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": "app", "image": image}]},
                },
            },
        })
    }

    pub(crate) fn namespace_object(&self, name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    }

    /// A definition of a kind that no other fact uses.
    pub(crate) fn definition(&self, fields: Value) -> Value {
        let group = self.group();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("widgets.{group}")},
            "spec": {
                "group": group, "scope": "Namespaced",
                "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
                "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                        "spec": {"type": "object", "properties": fields},
                        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    }}}}],
            },
        })
    }

    pub(crate) fn group(&self) -> String {
        format!("{}.example.dev", self.namespace)
    }

    pub(crate) fn widget(&self, namespace: &str, name: &str, spec: Value) -> Value {
        json!({
            "apiVersion": format!("{}/v1", self.group()), "kind": "Widget",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        })
    }

    /// The path of an object of a built-in kind in the fact's namespace.
    pub(crate) fn path(&self, plural: &str, name: &str) -> String {
        let root = match plural {
            "deployments" | "statefulsets" => "/apis/apps/v1",
            "jobs" => "/apis/batch/v1",
            _ => "/api/v1",
        };
        format!("{root}/namespaces/{}/{plural}/{name}", self.namespace)
    }

    pub(crate) async fn get(&self, path: &str) -> Option<Value> {
        match self.client.request(Request::get(path).body(Vec::new()).unwrap()).await {
            Ok(object) => Some(object),
            Err(kube::Error::Api(status)) if status.code == 404 => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    pub(crate) async fn config_map_data(&self, name: &str) -> Option<Value> {
        self.get(&self.path("configmaps", name)).await.map(|map| map["data"].clone())
    }

    /// Writes an object as somebody else does, by server-side apply.
    pub(crate) async fn apply_as(&self, manager: &str, object: &Value) -> Value {
        let (kind, name) =
            (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
        let path = match kind {
            "Namespace" => format!("/api/v1/namespaces/{name}"),
            kind => self.path(&format!("{}s", kind.to_lowercase()), name),
        };
        let path = format!("{path}?fieldManager={manager}&force=true");
        self.send("PATCH", &path, "application/apply-patch+yaml", object).await
    }

    /// Writes an object as `kubectl patch` does.
    pub(crate) async fn patch_as(&self, manager: &str, path: &str, patch: &Value) -> Value {
        let path = format!("{path}?fieldManager={manager}");
        self.send("PATCH", &path, "application/merge-patch+json", patch).await
    }

    pub(crate) async fn delete(&self, path: &str) {
        self.send("DELETE", path, "application/json", &json!({})).await;
    }

    pub(crate) async fn send(&self, verb: &str, path: &str, kind: &str, body: &Value) -> Value {
        let request = Request::builder().method(verb).uri(path).header("Content-Type", kind);
        let request = request.body(serde_json::to_vec(body).unwrap()).unwrap();
        self.client.request(request).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}
