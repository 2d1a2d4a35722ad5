//! The control plane, from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod counting;
mod faults;
mod killed;
mod kubectl;
mod lifecycle;
mod simulated;

use gotk_testenv::{Assets, ControlPlane, Options};
use http::Request;
use kube::Client;
use serde_json::Value;

/// A control plane, unless there are no binaries to start one from.
async fn start(options: Options) -> Option<ControlPlane> {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let assets = Assets::or_skip(&name).unwrap()?;
    Some(options.assets(assets).start().await.unwrap_or_else(|error| panic!("{error}")))
}

async fn get(client: &Client, path: &str) -> kube::Result<Value> {
    client.request(Request::get(path).body(Vec::new()).unwrap()).await
}

async fn post(client: &Client, path: &str, object: &Value) -> kube::Result<Value> {
    let request = Request::post(path).header("Content-Type", "application/json");
    client.request(request.body(object.to_string().into_bytes()).unwrap()).await
}

/// Applies without forcing, as the field manager `test`.
async fn apply(client: &Client, path: &str, object: &Value) -> kube::Result<Value> {
    let request = Request::patch(format!("{path}?fieldManager=test"))
        .header("Content-Type", "application/apply-patch+yaml");
    client.request(request.body(object.to_string().into_bytes()).unwrap()).await
}
