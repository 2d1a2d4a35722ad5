//! What a request asks for, in the API server's own words.

use std::fmt;

use http::header::CONTENT_TYPE;
use http::{Method, Request};

/// The verb and the resource of a request, as the server authorises and counts it.
///
/// Read from method, path and query by the rules of the server's `RequestInfo`
/// ([source](https://github.com/kubernetes/apiserver/blob/v0.34.0/pkg/endpoints/request/requestinfo.go)),
/// with two refinements: an apply is not a patch, and a dry-run is not a write.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub struct Subject {
    /// What is done.
    pub verb: Verb,
    /// `deployments.apps`, `pods`, `deployments.apps/status`; the path itself for what is no
    /// resource (`/apis`, `/openapi/v3`).
    pub resource: String,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
}

/// What a request does.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Verb {
    /// A server-side apply.
    Apply,
    /// A new object.
    Create,
    /// One object less.
    Delete,
    /// All objects of a kind, or those that a selector finds, less.
    DeleteCollection,
    /// One object, or a document such as the list of API groups.
    Get,
    /// Objects of a kind.
    List,
    /// A change, as a JSON patch, merge patch or strategic merge patch.
    Patch,
    /// A whole object in place of the one that is there.
    Update,
    /// Changes as they happen.
    Watch,
}

impl Subject {
    /// Reads a request.
    pub fn of<B>(request: &Request<B>) -> Self {
        let query = Query(request.uri().query().unwrap_or_default());
        let path = request.uri().path();
        let resource = Resource::parse(path);
        let named = resource.as_ref().is_none_or(|resource| resource.named);
        let verb = match *request.method() {
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH if is_apply(request) => Verb::Apply,
            Method::PATCH => Verb::Patch,
            Method::DELETE if named => Verb::Delete,
            Method::DELETE => Verb::DeleteCollection,
            _ if query.is_true("watch") => Verb::Watch,
            _ if named => Verb::Get,
            _ => Verb::List,
        };
        let resource = resource.map_or_else(|| path.to_owned(), |resource| resource.to_string());
        Self { verb, resource, dry_run: query.has("dryRun") }
    }

    /// Whether the answer is a stream of changes that stays open.
    pub(crate) fn is_watch(&self) -> bool {
        self.verb == Verb::Watch
    }

    /// Whether the answer may not be silent for long, as those of watches, followed logs, shells and
    /// tunnels may.
    pub(crate) fn is_short(&self) -> bool {
        let subresource = self.resource.rsplit_once('/').map(|(_, subresource)| subresource);
        let is_stream =
            matches!(subresource, Some("attach" | "exec" | "log" | "portforward" | "proxy"));
        !is_stream && !self.is_watch()
    }
}

impl Verb {
    /// The server's word for it, and `apply` for a server-side apply.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Create => "create",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Get => "get",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Update => "update",
            Self::Watch => "watch",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dry_run = if self.dry_run { " (dry-run)" } else { "" };
        write!(f, "{} {}{dry_run}", self.verb, self.resource)
    }
}

/// Whether a request is a watch, which tells its way before anybody asks for its [`Subject`].
pub(crate) fn is_watch<B>(request: &Request<B>) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    reads && Query(request.uri().query().unwrap_or_default()).is_true("watch")
}

fn is_apply<B>(request: &Request<B>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/apply-patch+"))
}

/// The resource a path names.
struct Resource<'a> {
    group: &'a str,
    plural: &'a str,
    subresource: Option<&'a str>,
    /// One object rather than a collection.
    named: bool,
}

impl<'a> Resource<'a> {
    /// `/api/v1/…` and `/apis/<group>/<version>/…`, in a namespace or not.
    fn parse(path: &'a str) -> Option<Self> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let group = match parts.next()? {
            "api" => "",
            "apis" => parts.next()?,
            _ => return None,
        };
        parts.next()?; // the version
        let rest: Vec<&str> = parts.collect();
        let rest = match rest.as_slice() {
            // A namespace is itself a resource, with two subresources of its own.
            ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => &rest,
            ["namespaces", _, within @ ..] => within,
            _ => &rest,
        };
        let plural = rest.first()?;
        Some(Self { group, plural, subresource: rest.get(2).copied(), named: rest.len() > 1 })
    }
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.plural)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        self.subresource.map_or(Ok(()), |subresource| write!(f, "/{subresource}"))
    }
}

struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let pairs = self.0.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.filter_map(move |(key, value)| (key == name).then_some(value))
    }

    fn has(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    fn is_true(&self, name: &str) -> bool {
        self.values(name).any(|value| !matches!(value, "false" | "0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, uri: &str, content_type: &str) -> String {
        let request = Request::builder().method(method).uri(uri).header(CONTENT_TYPE, content_type);
        Subject::of(&request.body(()).unwrap()).to_string()
    }

    #[test]
    fn paths_read_as_the_server_reads_them() {
        for (method, uri, wanted) in [
            ("GET", "/api/v1/namespaces/shop/pods/web", "get pods"),
            ("GET", "/api/v1/namespaces/shop/pods/web/log?follow=true", "get pods/log"),
            ("GET", "/api/v1/pods?labelSelector=a%3Db", "list pods"),
            (
                "GET",
                "/apis/apps/v1/deployments?watch=true&allowWatchBookmarks=1",
                "watch deployments.apps",
            ),
            ("GET", "/apis/apps/v1/deployments?&watch=0", "list deployments.apps"),
            ("GET", "/api/v1/namespaces", "list namespaces"),
            ("PUT", "/api/v1/namespaces/shop/finalize", "update namespaces/finalize"),
            ("DELETE", "/api/v1/namespaces/shop", "delete namespaces"),
            ("DELETE", "/apis/a.io/v1/namespaces/shop/things", "deletecollection things.a.io"),
            ("POST", "/api/v1/namespaces/shop/pods?dryRun=All", "create pods (dry-run)"),
            ("PATCH", "/apis/a.io/v1/things/x/status", "patch things.a.io/status"),
            ("GET", "/apis", "get /apis"),
            ("GET", "/apis/apps/v1", "get /apis/apps/v1"),
            ("GET", "/openapi/v3/apis/apps/v1", "get /openapi/v3/apis/apps/v1"),
            ("GET", "/", "get /"),
        ] {
            assert_eq!(read(method, uri, "application/json"), wanted, "{method} {uri}");
        }
    }

    #[test]
    fn an_apply_is_not_a_patch() {
        let uri = "/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All&force=true";
        let apply = read("PATCH", uri, "application/apply-patch+yaml");
        assert_eq!(apply, "apply deployments.apps (dry-run)");
    }
}
