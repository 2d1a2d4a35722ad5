//! A plain HTTP client: what goes over the wire, nothing read into it.

use bytes::Bytes;
use gotk_apiserver::{ApiServer, Options};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// A server of the test's own, and a way to ask it.
pub(crate) struct Cluster {
    pub(crate) server: ApiServer,
    client: Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>,
}

pub(crate) const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let server = ApiServer::start_with(options).await.unwrap();
        Self { server, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, "", Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, object: Value) -> (u16, Value) {
        self.send("POST", path, "application/json", object).await
    }

    pub(crate) async fn put(&self, path: &str, object: Value) -> (u16, Value) {
        self.send("PUT", path, "application/json", object).await
    }

    pub(crate) async fn merge(&self, path: &str, patch: Value) -> (u16, Value) {
        self.send("PATCH", path, "application/merge-patch+json", patch).await
    }

    pub(crate) async fn apply(&self, path: &str, config: Value) -> (u16, Value) {
        self.send("PATCH", path, "application/apply-patch+yaml", config).await
    }

    pub(crate) async fn delete(&self, path: &str, options: Value) -> (u16, Value) {
        self.send("DELETE", path, "application/json", options).await
    }

    /// Asks, and expects the code; the body is what the test is about.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.open(method, path, kind, body).await;
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = || Value::String(String::from_utf8_lossy(&bytes).into_owned());
        (code, serde_json::from_slice(&bytes).unwrap_or_else(|_| text()))
    }

    pub(crate) async fn open(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: String,
    ) -> hyper::Response<Incoming> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server.url()))
            .header("content-type", kind)
            .header("user-agent", "tester/1.0 (x)")
            .body(Full::from(body))
            .unwrap();
        self.client.request(request).await.unwrap()
    }

    pub(crate) async fn open_as(&self, path: &str, accept: &str) -> hyper::Response<Incoming> {
        let uri = format!("{}{path}", self.server.url());
        let request = Request::get(uri).header("accept", accept).body(Full::default()).unwrap();
        self.client.request(request).await.unwrap()
    }

    pub(crate) async fn watch(&self, path: &str) -> Lines {
        let response = self.open("GET", path, "", String::new()).await;
        assert_eq!(response.status(), 200);
        Lines { body: response.into_body(), read: Vec::new() }
    }
}

/// The lines of a watch.
pub(crate) struct Lines {
    body: Incoming,
    read: Vec<u8>,
}

impl Lines {
    /// The next event; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                let mut event: Value = serde_json::from_slice(&line).unwrap();
                return Some((event["type"].as_str().unwrap().to_owned(), event["object"].take()));
            }
            let frame = self.body.frame().await?.ok()?;
            self.read.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
    }

    /// The next event as its type and the object's name.
    pub(crate) async fn next_name(&mut self) -> (String, String) {
        let (change, object) = self.next().await.unwrap();
        (change, object["metadata"]["name"].as_str().unwrap_or_default().to_owned())
    }
}

pub(crate) fn config_map(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "k": name } })
}

pub(crate) fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect()
}
