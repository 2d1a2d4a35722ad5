//! Which kinds the server serves, read once and shared.

mod follow;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Request, StatusCode};
use kube::Client;
use kube::client::{APIGroupDiscovery, APIGroupDiscoveryList, Body};
use kube::core::ApiResource;
use kube::discovery::Scope;

use crate::{Error, Transport};

/// The kinds a server serves.
///
/// Two requests read them all. An unknown kind makes it read them again, though not more often than
/// every two seconds, and an unchanged list costs the server next to nothing (`304`). Share one
/// among all that talk to a server: cloning is cheap.
///
/// [`follow`](Self::follow) has it notice what others define; whoever defines something himself calls
/// [`expire`](Self::expire).
#[derive(Clone, Debug)]
pub struct Discovery(Arc<Shared>);

struct Shared {
    client: Client,
    server: String,
    known: Mutex<Arc<Known>>,
    /// Held while reading: whoever comes meanwhile waits for that answer instead of asking.
    reading: tokio::sync::Mutex<()>,
}

/// A kind as the server serves it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServedKind {
    /// Group, version, kind and plural, as `kube::Api` wants them.
    pub resource: ApiResource,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
    /// What can be done with it: `get`, `list`, `watch`, `patch` …
    pub verbs: Vec<String>,
    /// `status`, `scale` …
    pub subresources: Vec<String>,
}

impl ServedKind {
    /// Whether its objects live in namespaces.
    pub fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    /// Whether changes to it can be watched.
    pub fn can_watch(&self) -> bool {
        ["list", "watch"].iter().all(|verb| self.verbs.iter().any(|served| served == verb))
    }
}

/// One reading.
#[derive(Debug, Default)]
struct Known {
    /// By group and kind, the server's preferred version first.
    kinds: HashMap<(String, String), Vec<Arc<ServedKind>>>,
    documents: Vec<Document>,
    read: Option<Instant>,
    expired: bool,
}

/// What `/api` or `/apis` answered, and under which name it is known to the server.
#[derive(Clone, Debug, Default)]
struct Document {
    tag: Option<HeaderValue>,
    groups: Vec<APIGroupDiscovery>,
}

impl Discovery {
    /// Nothing is read until somebody asks.
    pub fn new(transport: &Transport) -> Self {
        Self(Arc::new(Shared {
            client: transport.client(),
            server: transport.server().to_owned(),
            known: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }))
    }

    /// The kind with this name, in this version or, without one, in the version the server prefers.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownKind`] when a list that is at most two seconds old does not have it,
    /// [`Error::Discovery`] when the list cannot be read, or what kept the server from answering.
    pub async fn resolve(
        &self,
        group: &str,
        version: Option<&str>,
        kind: &str,
    ) -> Result<Arc<ServedKind>, Error> {
        let known = self.known();
        if let (false, Some(found)) = (known.expired, known.find(group, version, kind)) {
            return Ok(found);
        }
        let found = self.read_after(&known).await?.find(group, version, kind);
        found.ok_or_else(|| Error::UnknownKind {
            server: self.0.server.clone(),
            kind: [kind, group].join(if group.is_empty() { "" } else { "." })
                + &version.map(|version| format!("/{version}")).unwrap_or_default(),
        })
    }

    /// Every kind that is served, each once in every version.
    ///
    /// # Errors
    ///
    /// [`Error::Discovery`] when the list cannot be read, or what kept the server from answering.
    pub async fn kinds(&self) -> Result<Vec<Arc<ServedKind>>, Error> {
        let known = self.known();
        let known = match known.read {
            Some(_) if !known.expired => known,
            _ => self.read_after(&known).await?,
        };
        Ok(known.kinds.values().flatten().cloned().collect())
    }

    /// Has the list read again before the next answer.
    pub fn expire(&self) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { kinds, documents, read, expired } = &**known;
        if *expired {
            return;
        }
        let (kinds, documents, read) = (kinds.clone(), documents.clone(), *read);
        *known = Arc::new(Known { kinds, documents, read, expired: true });
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.0.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A list that is newer than `seen`, or too young to be read again.
    async fn read_after(&self, seen: &Arc<Known>) -> Result<Arc<Known>, Error> {
        let _reading = self.0.reading.lock().await;
        let known = self.known();
        let young = known.read.is_some_and(|read| read.elapsed() < PATIENCE) && !known.expired;
        if young || !Arc::ptr_eq(&known, seen) && !known.expired {
            return Ok(known);
        }
        let mut documents = Vec::new();
        for (index, path) in ["/api", "/apis"].into_iter().enumerate() {
            let before = known.documents.get(index).cloned().unwrap_or_default();
            let read = self.document(path, before).await;
            documents.push(read.map_err(|error| self.unreadable(error))?);
        }
        let read = Arc::new(Known {
            kinds: kinds(&documents),
            documents,
            read: Some(Instant::now()),
            expired: false,
        });
        *self.0.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&read);
        Ok(read)
    }

    /// Where there was no answer, why there was none says it all.
    fn unreadable(&self, error: kube::Error) -> Error {
        let source = match error {
            kube::Error::Service(source) => match source.downcast() {
                Ok(ours) => return *ours,
                Err(source) => kube::Error::Service(source),
            },
            error => error,
        };
        Error::Discovery { server: self.0.server.clone(), source: Box::new(source) }
    }

    async fn document(&self, path: &str, before: Document) -> Result<Document, kube::Error> {
        let mut request = Request::get(path).header(ACCEPT, AGGREGATED);
        if let Some(tag) = &before.tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let request = request.body(Body::empty()).map_err(kube::Error::HttpError)?;
        let response = self.0.client.send(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(before);
        }
        let (status, tag) = (response.status(), response.headers().get(ETAG).cloned());
        let bytes = response.into_body().collect_bytes().await?;
        if !status.is_success() {
            return Err(refusal(status, &bytes));
        }
        let list: APIGroupDiscoveryList =
            serde_json::from_slice(&bytes).map_err(kube::Error::SerdeError)?;
        Ok(Document { tag, groups: keep_stale(list.items, before.groups) })
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Discovery").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Known {
    fn find(&self, group: &str, version: Option<&str>, kind: &str) -> Option<Arc<ServedKind>> {
        let versions = self.kinds.get(&(group.to_owned(), kind.to_owned()))?;
        let wanted = |served: &&Arc<ServedKind>| {
            version.is_none_or(|version| served.resource.version == version)
        };
        versions.iter().find(wanted).cloned()
    }
}

fn refusal(status: StatusCode, bytes: &[u8]) -> kube::Error {
    let told = serde_json::from_slice(bytes).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(bytes);
        kube::core::Status::failure(&text, "Unknown").with_code(status.as_u16())
    });
    kube::Error::Api(Box::new(told))
}

/// A group whose own server is away is listed as stale and empty: what was known of it stays.
fn keep_stale(
    mut groups: Vec<APIGroupDiscovery>,
    before: Vec<APIGroupDiscovery>,
) -> Vec<APIGroupDiscovery> {
    let stale = |version: &kube::client::APIVersionDiscovery| {
        version.freshness.as_deref() == Some("Stale") && version.resources.is_empty()
    };
    for group in groups.iter_mut().filter(|group| group.versions.iter().any(stale)) {
        let old = before.iter().find(|old| name(old) == name(group));
        for version in group.versions.iter_mut().filter(|version| stale(version)) {
            let same = |old: &&kube::client::APIVersionDiscovery| old.version == version.version;
            if let Some(old) = old.and_then(|old| old.versions.iter().find(same)) {
                version.resources = old.resources.clone();
            }
        }
    }
    groups
}

fn name(group: &APIGroupDiscovery) -> &str {
    group.metadata.as_ref().and_then(|metadata| metadata.name.as_deref()).unwrap_or_default()
}

fn kinds(documents: &[Document]) -> HashMap<(String, String), Vec<Arc<ServedKind>>> {
    let mut kinds: HashMap<_, Vec<Arc<ServedKind>>> = HashMap::new();
    for group in documents.iter().flat_map(|document| &document.groups) {
        for version in &group.versions {
            for resource in &version.resources {
                let version = version.version.as_deref().unwrap_or_default();
                if let Some(served) = served(name(group), version, resource) {
                    let key = (served.resource.group.clone(), served.resource.kind.clone());
                    kinds.entry(key).or_default().push(Arc::new(served));
                }
            }
        }
    }
    kinds
}

fn served(
    group: &str,
    version: &str,
    served: &kube::client::APIResourceDiscovery,
) -> Option<ServedKind> {
    let plural = served.resource.clone()?;
    let kind = served.response_kind.as_ref()?.kind.clone()?;
    let api_version =
        if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let (group, version) = (group.to_owned(), version.to_owned());
    let scope = match served.scope.as_deref() {
        Some("Namespaced") => Scope::Namespaced,
        _ => Scope::Cluster,
    };
    let subresources = served.subresources.iter().filter_map(|it| it.subresource.clone());
    Some(ServedKind {
        resource: ApiResource { group, version, api_version, kind, plural },
        scope,
        verbs: served.verbs.clone(),
        subresources: subresources.collect(),
    })
}

/// The shape that lists every kind in one document; stable since Kubernetes 1.30.
const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// How soon a list is not read again because somebody asks for a kind it does not have.
const PATIENCE: Duration = Duration::from_secs(2);
