//! The requests that are made, and nothing about why.

use bytes::Bytes;
use futures::Stream;
use gotk_client::{Caller, Identity, ServedKind, Transport};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Request, StatusCode};
use kube::client::Body;
use kube::core::{ApiResource, Status, WatchEvent};
use kube::{Client, Error};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::ObjectId;
use crate::answer::{Answer, Glance};

/// Where the objects of a kind are found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    pub(crate) resource: ApiResource,
    pub(crate) namespaced: bool,
}

impl Endpoint {
    pub(crate) fn of(served: &ServedKind) -> Self {
        Self { resource: served.resource.clone(), namespaced: served.is_namespaced() }
    }

    /// The path of a collection; without a namespace, of all of them.
    pub(crate) fn collection(&self, namespace: &str) -> String {
        let ApiResource { group, api_version, plural, .. } = &self.resource;
        let root = if group.is_empty() { "api" } else { "apis" };
        match (self.namespaced, namespace) {
            (true, namespace) if !namespace.is_empty() => {
                format!("/{root}/{api_version}/namespaces/{}/{plural}", escape(namespace))
            }
            _ => format!("/{root}/{api_version}/{plural}"),
        }
    }

    pub(crate) fn object(&self, id: &ObjectId) -> String {
        format!("{}/{}", self.collection(&id.namespace), escape(&id.name))
    }
}

/// Some objects of a kind.
#[derive(Clone, Debug)]
pub(crate) struct Selected {
    collection: String,
    query: String,
    resource: ApiResource,
}

impl Selected {
    /// Those with some labels, in a namespace or in all of them.
    pub(crate) fn labelled(endpoint: &Endpoint, namespace: &str, selector: &str) -> Self {
        let query = match selector {
            "" => String::new(),
            selector => format!("&labelSelector={}", escape(selector)),
        };
        let resource = endpoint.resource.clone();
        Self { collection: endpoint.collection(namespace), query, resource }
    }

    /// The one of a name.
    pub(crate) fn named(endpoint: &Endpoint, id: &ObjectId) -> Self {
        let fields = format!("metadata.name={}", id.name);
        let query = format!("&fieldSelector={}", escape(&fields));
        let resource = endpoint.resource.clone();
        Self { collection: endpoint.collection(&id.namespace), query, resource }
    }

    /// Those whose fields have some values.
    pub(crate) fn with_fields(endpoint: &Endpoint, namespace: &str, fields: &str) -> Self {
        let query = format!("&fieldSelector={}", escape(fields));
        let resource = endpoint.resource.clone();
        Self { collection: endpoint.collection(namespace), query, resource }
    }

    pub(crate) fn api_version(&self) -> &str {
        &self.resource.api_version
    }

    /// The id of an object of this kind.
    pub(crate) fn id(&self, namespace: &str, name: &str) -> ObjectId {
        ObjectId::new(&self.resource.group, &self.resource.kind, namespace, name)
    }

    fn page(&self, token: &str) -> String {
        format!("{}?limit={PAGE}&continue={}{}", self.collection, escape(token), self.query)
    }
}

/// A part of a list.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: String,
    pub(crate) version: String,
}

/// Whether a request is carried out or only tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Run {
    Dry,
    Real,
}

/// Which object exactly is meant by a delete.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Precise {
    pub(crate) uid: String,
    pub(crate) resource_version: String,
}

impl Precise {
    pub(crate) fn of(live: &Value) -> Self {
        let (uid, version) = (crate::object::uid(live), crate::object::resource_version(live));
        Self { uid: uid.to_owned(), resource_version: version.to_owned() }
    }
}

/// A way to the server, and the requests we make over it.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: Client,
    /// The shorter way, where there is one.
    caller: Option<Caller>,
}

impl Cluster {
    /// Over a transport of ours, on somebody's behalf if need be.
    pub(crate) fn over(transport: &Transport, identity: Option<Identity>) -> Self {
        let (client, caller) = match identity {
            Some(identity) => {
                (transport.client_as(identity.clone()), transport.caller_as(identity))
            }
            None => (transport.client(), transport.caller()),
        };
        Self { client, caller: Some(caller) }
    }

    /// Over whatever client there is.
    pub(crate) const fn of(client: Client) -> Self {
        Self { client, caller: None }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Error> {
        self.send(Request::get(path), Bytes::new()).await?.value()
    }

    /// The object, or nothing where the server knows of none.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        self.read(path).await?.map(|answer| answer.value()).transpose()
    }

    /// The same, as it came.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<Answer>, Error> {
        match self.send(Request::get(path), Bytes::new()).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if code(&error) == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells the objects of a page of a list, and where the next begins.
    pub(crate) async fn glances(
        &self,
        of: &Selected,
        token: &str,
        tell: &mut (dyn FnMut(&Glance<'_>) + Send),
    ) -> Result<String, Error> {
        self.send(Request::get(of.page(token)), Bytes::new()).await?.glances(tell)
    }

    /// A page of a list, where the next begins, and the version of the whole.
    pub(crate) async fn page(&self, of: &Selected, token: &str) -> Result<Page, Error> {
        let mut list = self.get(&of.page(token)).await?;
        let next = crate::object::text(&list, "/metadata/continue").to_owned();
        let version = crate::object::resource_version(&list).to_owned();
        let items = list.get_mut("items").map(Value::take).and_then(into_array);
        let mut items = items.unwrap_or_default();
        for fields in items.iter_mut().filter_map(Value::as_object_mut) {
            // Items of a list do not repeat what the list says.
            fields.insert("apiVersion".into(), Value::from(of.resource.api_version.as_str()));
            fields.insert("kind".into(), Value::from(of.resource.kind.as_str()));
        }
        Ok(Page { items, next, version })
    }

    /// What happens to some objects after a version. It ends when the server ends it.
    pub(crate) async fn watch(
        &self,
        of: &Selected,
        version: &str,
    ) -> Result<impl Stream<Item = Result<WatchEvent<Value>, Error>> + use<>, Error> {
        let path = format!(
            "{}?watch=true&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}{}",
            of.collection,
            escape(version),
            of.query
        );
        let request = Request::get(path).header(ACCEPT, "application/json");
        let request = request.body(Vec::new()).map_err(Error::HttpError)?;
        self.client.request_events(request).await
    }

    /// A forced server-side apply. With force a conflict is only another writer at the same moment, so
    /// it is tried again.
    pub(crate) async fn apply(
        &self,
        path: &str,
        object: &Value,
        manager: &str,
        run: Run,
    ) -> Result<Answer, Error> {
        let dry = if run == Run::Dry { "&dryRun=All" } else { "" };
        let path = format!("{path}?fieldManager={}&force=true{dry}", escape(manager));
        let body = bytes(object)?;
        let mut attempts = 1;
        loop {
            let request =
                Request::patch(&path).header(CONTENT_TYPE, "application/apply-patch+yaml");
            match self.send(request, body.clone()).await {
                Err(error) if code(&error) == 409 && attempts < APPLY_ATTEMPTS => attempts += 1,
                answer => return answer,
            }
        }
    }

    pub(crate) async fn json_patch(
        &self,
        path: &str,
        patch: &Value,
        manager: &str,
    ) -> Result<Value, Error> {
        self.patch(path, patch, manager, "application/json-patch+json").await
    }

    pub(crate) async fn merge_patch(
        &self,
        path: &str,
        patch: &Value,
        manager: &str,
    ) -> Result<Value, Error> {
        self.patch(path, patch, manager, "application/merge-patch+json").await
    }

    async fn patch(
        &self,
        path: &str,
        patch: &Value,
        manager: &str,
        kind: &'static str,
    ) -> Result<Value, Error> {
        let path = format!("{path}?fieldManager={}", escape(manager));
        let request = Request::patch(path).header(CONTENT_TYPE, kind);
        self.send(request, bytes(patch)?).await?.value()
    }

    pub(crate) async fn create(
        &self,
        collection: &str,
        object: &Value,
        manager: &str,
    ) -> Result<Value, Error> {
        let path = format!("{collection}?fieldManager={}", escape(manager));
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        self.send(request, bytes(object)?).await?.value()
    }

    /// Deletes exactly that object; what it owns goes in the background.
    pub(crate) async fn delete(&self, path: &str, which: &Precise) -> Result<Value, Error> {
        let body = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": { "uid": which.uid, "resourceVersion": which.resource_version },
        });
        let request = Request::delete(path).header(CONTENT_TYPE, "application/json");
        self.send(request, bytes(&body)?).await?.value()
    }

    async fn send(&self, request: http::request::Builder, body: Bytes) -> Result<Answer, Error> {
        let request = request.header(ACCEPT, "application/json");
        let request = request.body(body).map_err(Error::HttpError)?;
        let (status, body) = match &self.caller {
            Some(caller) => {
                let answer = caller.call(request).await;
                let answer = answer.map_err(|error| Error::Service(Box::new(error)))?;
                (answer.status(), answer.into_body())
            }
            None => {
                let answer = self.client.send(request.map(Body::from)).await?;
                (answer.status(), answer.into_body().collect_bytes().await?)
            }
        };
        match status.is_client_error() || status.is_server_error() {
            true => Err(Error::Api(Box::new(refusal(status, &body)))),
            false if status == StatusCode::CREATED => Ok(Answer::of_creation(body)),
            false => Ok(Answer::new(body)),
        }
    }
}

/// What the server says against a request, also where it is not the API server that says it.
fn refusal(code: StatusCode, body: &[u8]) -> Status {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body);
        Status::failure(text.trim(), "Failed to parse error data").with_code(code.as_u16())
    })
}

/// The server's refusal, by its code; 0 for everything else.
pub(crate) fn code(error: &Error) -> u16 {
    match error {
        Error::Api(status) => status.code,
        _ => 0,
    }
}

fn bytes(body: &Value) -> Result<Bytes, Error> {
    serde_json::to_vec(body).map(Bytes::from).map_err(Error::SerdeError)
}

fn into_array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn escape(text: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Writers that come in between, one after another.
const APPLY_ATTEMPTS: u32 = 5;

/// Objects in a page: few enough that one is soon parsed and forgotten.
const PAGE: usize = 500;

/// A watch is ended by the server before a load balancer ends it.
const WATCH_SECONDS: u32 = 290;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_servers() {
        let of = |group: &str, api_version: &str, kind: &str, plural: &str, namespaced| Endpoint {
            resource: ApiResource {
                group: group.to_owned(),
                version: "v1".to_owned(),
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
            },
            namespaced,
        };
        let deployments = of("apps", "apps/v1", "Deployment", "deployments", true);
        let roles = of(
            "rbac.authorization.k8s.io",
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            "clusterroles",
            false,
        );
        let web = ObjectId::new("apps", "Deployment", "shop", "web");
        assert_eq!(deployments.object(&web), "/apis/apps/v1/namespaces/shop/deployments/web");
        assert_eq!(deployments.collection(""), "/apis/apps/v1/deployments");
        let role = ObjectId::new("rbac.authorization.k8s.io", "ClusterRole", "", "a:b/c");
        let path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab%2Fc";
        assert_eq!(roles.object(&role), path);
    }
}
