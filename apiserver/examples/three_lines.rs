//! An API server for a test, in three lines; then two writers who want the same field.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use gotk_apiserver::ApiServer;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client, Config};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let server = ApiServer::start().await?;
    let client = Client::try_from(Config::new(server.url().parse()?))?;
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");

    let mut out = std::io::stdout();
    writeln!(out, "ready at {} after {:?}", server.url(), begun.elapsed())?;
    for (manager, colour) in [("alice", "red"), ("bob", "blue")] {
        let config = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "paint" },
            "data": { "colour": colour },
        });
        match maps.patch("paint", &PatchParams::apply(manager), &Patch::Apply(config)).await {
            Ok(stored) => writeln!(out, "{manager}: {:?}", stored.data.unwrap_or_default())?,
            Err(refused) => writeln!(out, "{manager}: {refused}")?,
        }
    }
    Ok(())
}
