//! What Kubernetes itself has to say about objects that are stuck.

use futures::{FutureExt, StreamExt, stream};
use kube::core::ApiResource;
use serde_json::Value;

use crate::cluster::{Endpoint, Selected};
use crate::{Applier, ObjectId, object};

/// The last warning event of each of the first few objects. A person wants to read them; nobody is
/// helped if they cannot be read.
pub(super) async fn last(applier: &Applier, objects: Vec<ObjectId>) -> Vec<String> {
    let read = objects.into_iter().take(FEW).map(|id| {
        async move {
            let warning = of(applier, &id).await?;
            Some(format!("{id}: {warning}"))
        }
        .boxed()
    });
    stream::iter(read).buffered(FEW).filter_map(std::future::ready).collect().await
}

async fn of(applier: &Applier, id: &ObjectId) -> Option<String> {
    let fields = format!(
        "involvedObject.kind={},involvedObject.name={},involvedObject.namespace={},type=Warning",
        id.kind, id.name, id.namespace
    );
    let events = Selected::with_fields(&endpoint(), namespace(id), &fields);
    let page = applier.cluster.page(&events, "").await.ok()?;
    let last = page.items.iter().max_by_key(|event| time(event))?;
    Some(format!("{} ({})", object::text(last, "/message"), object::text(last, "/reason")))
}

/// Events about what has no namespace are in the default one.
fn namespace(id: &ObjectId) -> &str {
    if id.namespace.is_empty() { "default" } else { &id.namespace }
}

/// Timestamps of one form sort as text.
fn time(event: &Value) -> &str {
    let times = ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    times
        .into_iter()
        .map(|at| object::text(event, at))
        .find(|it| !it.is_empty())
        .unwrap_or_default()
}

fn endpoint() -> Endpoint {
    let resource = ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        api_version: "v1".to_owned(),
        kind: "Event".to_owned(),
        plural: "events".to_owned(),
    };
    Endpoint { resource, namespaced: true }
}

/// Warnings beyond these would make a message nobody reads.
const FEW: usize = 5;
