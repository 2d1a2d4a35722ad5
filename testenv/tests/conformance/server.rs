//! A server as the facts see it: asked in HTTP, answered in JSON.

use std::path::PathBuf;
use std::pin::Pin;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

/// What a server may do without and still be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capability {
    /// Deployments make replica sets, and these make pods.
    Workloads,
    /// Owners are deleted in the foreground, or leave what they own behind.
    DeletionPolicies,
    /// Objects of custom kinds are held to their schema.
    SchemaValidation,
    /// … and to the schema's CEL rules.
    Cel,
    /// Unknown fields are refused or warned about when asked.
    FieldValidation,
    /// Kinds of the server's own have their defaults and their immutable fields.
    BuiltinRules,
    /// A watch can begin with the objects there are, and say where they end.
    StreamingLists,
    /// Lists and objects can be asked for without what is not metadata.
    PartialMetadata,
    /// Roles and their bindings decide who may do what, also for impersonated users.
    Rbac,
    /// Replicas have a subresource of their own.
    Scale,
    /// Connections can be frozen and cut, and requests are logged.
    Faults,
    /// `kubectl` is there to ask.
    Kubectl,
    /// `helm` is there to ask.
    Helm,
}

impl Capability {
    /// What a whole Kubernetes without nodes offers.
    pub(crate) const OF_A_CLUSTER: [Self; 11] = [
        Self::Workloads,
        Self::DeletionPolicies,
        Self::SchemaValidation,
        Self::Cel,
        Self::FieldValidation,
        Self::BuiltinRules,
        Self::StreamingLists,
        Self::PartialMetadata,
        Self::Rbac,
        Self::Scale,
        Self::Faults,
    ];
}

/// What a server lets tests do to it.
pub(crate) trait Hooks: Send + Sync {
    fn wire(&self) -> Pin<Box<dyn Future<Output = Box<dyn Wire>> + Send + '_>>;
    fn requests(&self) -> Pin<Box<dyn Future<Output = Vec<Asked>> + Send + '_>>;
}

/// Requests of one kind: who asked for what by which verb, and how often.
pub(crate) struct Asked {
    pub(crate) user: String,
    pub(crate) verb: String,
    pub(crate) resource: String,
    pub(crate) count: u64,
}

/// A connection that can be hurt.
pub(crate) trait Wire: Send + Sync {
    fn client(&self) -> Client;
    fn freeze(&self);
    fn thaw(&self);
    fn cut(&self);
}

/// Programs that use the server.
pub(crate) struct Tools {
    pub(crate) kubectl: Option<PathBuf>,
    pub(crate) helm: Option<PathBuf>,
    pub(crate) kubeconfig: PathBuf,
}

/// A server, and a namespace in it that is the fact's own.
pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) hooks: Arc<dyn Hooks>,
    pub(crate) tools: Tools,
}

pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const MERGE_PATCH: &str = "application/merge-patch+json";
pub(crate) const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";
pub(crate) const APPLY_PATCH: &str = "application/apply-patch+yaml";

impl Server {
    /// The path of a kind in the fact's namespace, `/api/v1` or `/apis/<group>/<version>` first.
    pub(crate) fn path(&self, api: &str, plural: &str) -> String {
        format!("{api}/namespaces/{}/{plural}", self.namespace)
    }

    pub(crate) fn core(&self, plural: &str) -> String {
        self.path("/api/v1", plural)
    }

    pub(crate) fn apps(&self, plural: &str) -> String {
        self.path("/apis/apps/v1", plural)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), None).await
    }

    pub(crate) async fn get_as(&self, path: &str, accept: &str) -> Answer {
        self.send(Request::get(path).header("Accept", accept), None).await
    }

    pub(crate) async fn post(&self, path: &str, object: &Value) -> Answer {
        self.send(Request::post(path), Some(object)).await
    }

    pub(crate) async fn put(&self, path: &str, object: &Value) -> Answer {
        self.send(Request::put(path), Some(object)).await
    }

    pub(crate) async fn patch(&self, kind: &str, path: &str, patch: &Value) -> Answer {
        self.send(Request::patch(path).header("Content-Type", kind), Some(patch)).await
    }

    /// Applies as a field manager. The path may have a query of its own.
    pub(crate) async fn apply(&self, manager: &str, path: &str, object: &Value) -> Answer {
        let sign = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{sign}fieldManager={manager}");
        self.patch(APPLY_PATCH, &path, object).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path), None).await
    }

    /// Deletes with `DeleteOptions`.
    pub(crate) async fn delete_with(&self, path: &str, options: &Value) -> Answer {
        self.send(Request::delete(path), Some(options)).await
    }

    pub(crate) async fn send(
        &self,
        request: http::request::Builder,
        body: Option<&Value>,
    ) -> Answer {
        let typed = request.headers_ref().is_some_and(|h| h.contains_key("Content-Type"));
        let request =
            if typed { request } else { request.header("Content-Type", "application/json") };
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_text(request, body).await
    }

    pub(crate) async fn send_text(&self, request: http::request::Builder, body: String) -> Answer {
        let request = request.body(Body::from(body.into_bytes())).unwrap();
        let (head, body) = self.client.send(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        let warnings = head.headers.get_all("Warning").into_iter();
        Answer {
            code: head.status.as_u16(),
            body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
            warnings: warnings.map(|w| w.to_str().unwrap().to_owned()).collect(),
        }
    }

    /// Opens a watch on a path with its query.
    pub(crate) async fn watch(&self, path: &str) -> Events {
        let sign = if path.contains('?') { '&' } else { '?' };
        Events::open(&self.client, &format!("{path}{sign}watch=true")).await
    }

    pub(crate) async fn create_namespace(&self, name: &str, annotations: Value) {
        let metadata = json!({ "name": name, "annotations": annotations });
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata });
        self.post("/api/v1/namespaces", &object).await.is(201);
    }

    /// Waits for something the server does in its own time.
    pub(crate) async fn eventually(&self, what: &str, holds: impl AsyncFn() -> bool) {
        for _ in 0..400 {
            if holds().await {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("{what}: not after 40 s");
    }

    /// Waits until there is nothing at a path.
    pub(crate) async fn eventually_gone(&self, path: &str) {
        self.eventually(&format!("{path} is gone"), async || self.get(path).await.code == 404)
            .await;
    }

    /// Runs kubectl in the fact's namespace.
    pub(crate) fn kubectl(&self, args: &[&str]) -> Output {
        self.run(self.tools.kubectl.as_ref(), args)
    }

    /// Runs helm in the fact's namespace.
    pub(crate) fn helm(&self, args: &[&str]) -> Output {
        self.run(self.tools.helm.as_ref(), args)
    }

    fn run(&self, program: Option<&PathBuf>, args: &[&str]) -> Output {
        let home = tempfile::tempdir().unwrap();
        Command::new(program.expect("the fact asks for the capability"))
            .args(["--namespace", &self.namespace])
            .args(args)
            .env("KUBECONFIG", &self.tools.kubeconfig)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// The text as it is, where it is not JSON.
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

impl Answer {
    /// The body of an answer with this code.
    #[track_caller]
    pub(crate) fn is(self, code: u16) -> Value {
        assert_eq!(self.code, code, "{:#}", self.body);
        self.body
    }

    /// The body of a refusal, which is a complete `Status`.
    #[track_caller]
    pub(crate) fn refused(self, code: u16, reason: &str, message: &str) -> Value {
        let body = self.is(code);
        let said = (body["reason"].as_str(), body["message"].as_str());
        assert_eq!(said, (Some(reason), Some(message)), "{body:#}");
        let shape = json!(["v1", "Status", "Failure", code]);
        assert_eq!(json!([body["apiVersion"], body["kind"], body["status"], body["code"]]), shape);
        body
    }
}

/// The events of a watch.
pub(crate) struct Events {
    body: Body,
    read: Vec<u8>,
}

impl Events {
    pub(crate) async fn open(client: &Client, path: &str) -> Self {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = client.send(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Self { body: response.into_body(), read: Vec::new() }
    }

    /// The next event as its type and object; `None` when the watch has ended.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        let line =
            timeout(Duration::from_secs(30), self.line()).await.expect("an event in time")?;
        let mut event: Value = serde_json::from_slice(&line).unwrap();
        Some((event["type"].as_str().unwrap().to_owned(), event["object"].take()))
    }

    /// The next event, as its type and its object's name.
    pub(crate) async fn next_name(&mut self) -> (String, String) {
        let (kind, object) = self.next().await.expect("the watch goes on");
        (kind, object["metadata"]["name"].as_str().unwrap_or_default().to_owned())
    }

    async fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.read.iter().position(|&b| b == b'\n') {
                return Some(self.read.drain(..=end).collect());
            }
            // An error is an end too: a cut connection has no other way to say so.
            let frame = self.body.frame().await?.ok()?;
            self.read.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }
}
