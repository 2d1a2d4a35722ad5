//! What is asked for: a Deployment as people write them, a small `ConfigMap`, and a custom object.

use http::Request;
use serde_json::{Value, json};

use crate::Error;

/// A kind of object on stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Deployment,
    ConfigMap,
    App,
}

pub(crate) type Body = Request<Vec<u8>>;

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Deployment, Self::ConfigMap, Self::App];

    /// The path of the kind in a namespace.
    pub(crate) fn path(self, namespace: &str) -> String {
        match self {
            Self::Deployment => format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
            Self::ConfigMap => format!("/api/v1/namespaces/{namespace}/configmaps"),
            Self::App => format!("/apis/prices.gotk.dev/v1/namespaces/{namespace}/apps"),
        }
    }

    pub(crate) fn get(self, number: u32, query: &str) -> Result<Body, Error> {
        Ok(Request::get(format!("{}/{}{query}", self.path("stock"), name(number)))
            .body(Vec::new())?)
    }

    /// Applies an object on stock; another serial is a changed object.
    pub(crate) fn apply(self, number: u32, serial: u64, query: &str) -> Result<Body, Error> {
        let path = format!(
            "{}/{}?fieldManager=prices&force=true{query}",
            self.path("stock"),
            name(number)
        );
        patch(&path, APPLY, &self.object(&name(number), serial))
    }

    /// Applies an object that is not there yet.
    pub(crate) fn apply_new(self, number: u32, serial: u64, query: &str) -> Result<Body, Error> {
        let name = format!("new-{serial}-{number}");
        let path = format!("{}/{name}?fieldManager=prices&force=true{query}", self.path("new"));
        patch(&path, APPLY, &self.object(&name, serial))
    }

    pub(crate) fn patch_status(self, number: u32, patch_body: &Value) -> Result<Body, Error> {
        let path = format!("{}/{}/status", self.path("stock"), name(number));
        patch(&path, MERGE, patch_body)
    }

    /// The status a controller writes; another serial is a changed one.
    pub(crate) fn status(self, serial: u64) -> Value {
        let conditions = ["Ready", "Healthy"].map(|kind| condition(kind, serial));
        let mut status = json!({ "observedGeneration": 1, "conditions": conditions });
        if self == Self::App {
            let entry =
                |n: u32| json!({ "id": format!("shop_web-{n}_apps_Deployment"), "v": "v1" });
            status["inventory"] = json!({ "entries": [entry(1), entry(2), entry(3), entry(4)] });
            status["lastAppliedRevision"] = json!(revision(serial));
        }
        json!({ "status": status })
    }

    fn object(self, name: &str, serial: u64) -> Value {
        match self {
            Self::Deployment => deployment(name, serial),
            Self::ConfigMap => config_map(name, serial),
            Self::App => app(name, serial),
        }
    }
}

pub(crate) fn name(number: u32) -> String {
    format!("web-{number:03}")
}

fn patch(path: &str, content_type: &str, body: &Value) -> Result<Body, Error> {
    let request = Request::patch(path).header("Content-Type", content_type);
    Ok(request.body(body.to_string().into_bytes())?)
}

pub(crate) fn post(path: &str, body: &Value) -> Result<Body, Error> {
    let request = Request::post(path).header("Content-Type", "application/json");
    Ok(request.body(body.to_string().into_bytes())?)
}

pub(crate) fn namespace(name: &str) -> Result<Body, Error> {
    let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
    post("/api/v1/namespaces", &object)
}

pub(crate) fn list_of_apps() -> Result<Body, Error> {
    Ok(Request::get(Kind::App.path("stock")).body(Vec::new())?)
}

fn metadata(name: &str) -> Value {
    let labels = json!({
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "shop",
        "kustomize.toolkit.fluxcd.io/name": name,
        "kustomize.toolkit.fluxcd.io/namespace": "stock",
    });
    json!({ "name": name, "labels": labels })
}

fn config_map(name: &str, serial: u64) -> Value {
    let settings = "level: info\ninterval: 30s\nendpoints:\n".to_owned()
        + &"- https://example.com\n".repeat(15);
    let data = json!({ "serial": serial.to_string(), "settings.yaml": settings });
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name), "data": data })
}

fn deployment(name: &str, serial: u64) -> Value {
    let probe = |path: &str| {
        let get = json!({ "path": path, "port": "http" });
        json!({ "httpGet": get, "initialDelaySeconds": 5, "timeoutSeconds": 5 })
    };
    let container = json!({
        "name": "web",
        "image": format!("registry.example.com/shop/web:1.0.{serial}"),
        "imagePullPolicy": "IfNotPresent",
        "command": ["./web", "--port=8080", "--metrics-port=9090", "--level=info"],
        "env": [{ "name": "COLOR", "value": "#34577c" }, { "name": "REGION", "value": "eu-1" }],
        "ports": [
            { "name": "http", "containerPort": 8080, "protocol": "TCP" },
            { "name": "metrics", "containerPort": 9090, "protocol": "TCP" },
        ],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": {
            "requests": { "cpu": "100m", "memory": "64Mi" },
            "limits": { "cpu": "2000m", "memory": "512Mi" },
        },
        "volumeMounts": [{ "name": "data", "mountPath": "/data" }],
    });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name),
        "spec": {
            "replicas": 0,
            "minReadySeconds": 3,
            "revisionHistoryLimit": 5,
            "progressDeadlineSeconds": 60,
            "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxUnavailable": 0 } },
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": {
                    "labels": { "app": name },
                    "annotations": { "prometheus.io/scrape": "true" },
                },
                "spec": { "containers": [container], "volumes": [{ "name": "data", "emptyDir": {} }] },
            },
        },
    })
}

fn app(name: &str, serial: u64) -> Value {
    let source = json!({ "kind": "GitRepository", "name": "shop", "namespace": "stock" });
    let spec = json!({
        "interval": "10m", "path": format!("./apps/{name}/{serial}"), "prune": true, "timeout": "2m",
        "targetNamespace": "shop", "sourceRef": source,
    });
    json!({
        "apiVersion": "prices.gotk.dev/v1", "kind": "App", "metadata": metadata(name), "spec": spec,
    })
}

fn condition(kind: &str, serial: u64) -> Value {
    json!({
        "type": kind, "status": "True", "reason": "ReconciliationSucceeded",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": format!("Applied revision: {}", revision(serial)),
    })
}

fn revision(serial: u64) -> String {
    format!("main@sha1:{serial:040x}")
}

/// A kind of about the shape of Flux's, with a status.
pub(crate) fn definition() -> Result<Body, Error> {
    let string = json!({ "type": "string" });
    let source = json!({
        "type": "object", "required": ["kind", "name"],
        "properties": { "kind": string, "name": string, "namespace": string },
    });
    let spec = json!({
        "type": "object", "required": ["interval", "sourceRef"],
        "properties": {
            "interval": { "type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$" },
            "path": string, "prune": { "type": "boolean" }, "timeout": string,
            "suspend": { "type": "boolean" }, "targetNamespace": string, "sourceRef": source,
        },
    });
    let condition = json!({
        "type": "object", "required": ["type", "status"],
        "properties": {
            "type": string, "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
            "reason": string, "message": { "type": "string", "maxLength": 32768 },
            "lastTransitionTime": { "type": "string", "format": "date-time" },
            "observedGeneration": { "type": "integer", "format": "int64" },
        },
    });
    let entry = json!({ "type": "object", "properties": { "id": string, "v": string } });
    let entries = json!({ "type": "array", "items": entry });
    let status = json!({
        "type": "object",
        "properties": {
            "conditions": { "type": "array", "items": condition },
            "inventory": { "type": "object", "properties": { "entries": entries } },
            "lastAppliedRevision": string,
            "observedGeneration": { "type": "integer", "format": "int64" },
        },
    });
    let schema = json!({ "type": "object", "properties": { "spec": spec, "status": status } });
    let version = json!({
        "name": "v1", "served": true, "storage": true, "subresources": { "status": {} },
        "schema": { "openAPIV3Schema": schema },
    });
    let object = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "apps.prices.gotk.dev" },
        "spec": {
            "group": "prices.gotk.dev", "scope": "Namespaced", "versions": [version],
            "names": { "kind": "App", "plural": "apps", "singular": "app", "listKind": "AppList" },
        },
    });
    post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &object)
}
