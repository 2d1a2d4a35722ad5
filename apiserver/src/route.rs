//! Which thing a path names.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::kind::Kind;
use crate::registry::Registry;

/// A path that the server knows.
#[derive(Debug)]
pub(crate) enum Route {
    Health,
    Version,
    /// `/api`
    Legacy,
    /// `/apis`
    Groups,
    /// `/apis/apps`
    Group(String),
    /// `/api/v1`, `/apis/apps/v1`
    GroupVersion(String, String),
    /// `/openapi/v3`
    OpenApi,
    /// `/openapi/v3/apis/apps/v1`
    OpenApiOf(String, String),
    Target(Target),
}

/// A collection, an object or a subresource.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Arc<Kind>,
    pub(crate) namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// Whether the path begins with the old `watch/`.
    pub(crate) watch: bool,
}

impl Target {
    /// What the keys of the target's objects begin with.
    pub(crate) fn prefix(&self) -> String {
        self.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default()
    }
}

/// Why no route was found.
#[derive(Debug, PartialEq)]
pub(crate) enum NoRoute {
    /// Not under `/api` or a served group: answered as text.
    Page,
    /// Under them, but not served.
    Resource,
}

pub(crate) fn route(registry: &Registry, path: &str) -> Result<Route, NoRoute> {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ["apis", group, _, ..] = segments[..]
        && !registry.has_group(group)
    {
        return Err(NoRoute::Page);
    }
    match segments[..] {
        ["healthz" | "livez" | "readyz", ..] => Ok(Route::Health),
        ["version"] => Ok(Route::Version),
        ["openapi", "v3"] => Ok(Route::OpenApi),
        ["openapi", "v3", "api", version] => {
            Ok(Route::OpenApiOf(String::new(), version.to_owned()))
        }
        ["openapi", "v3", "apis", group, version] => {
            Ok(Route::OpenApiOf(group.to_owned(), version.to_owned()))
        }
        ["api"] => Ok(Route::Legacy),
        ["apis"] => Ok(Route::Groups),
        ["apis", group] => Ok(Route::Group(group.to_owned())),
        ["api", version] => Ok(Route::GroupVersion(String::new(), version.to_owned())),
        ["apis", group, version] => Ok(Route::GroupVersion(group.to_owned(), version.to_owned())),
        ["api", version, ref rest @ ..] => target(registry, "", version, rest),
        ["apis", group, version, ref rest @ ..] => target(registry, group, version, rest),
        _ => Err(NoRoute::Page),
    }
}

fn target(
    registry: &Registry,
    group: &str,
    version: &str,
    rest: &[&str],
) -> Result<Route, NoRoute> {
    let (rest, watch) = match rest {
        ["watch", rest @ ..] if !rest.is_empty() => (rest, true),
        rest => (rest, false),
    };
    let (namespace, rest) = match rest {
        ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (plural, None, None),
        [plural, name] => (plural, Some(*name), None),
        [plural, name, subresource] => (plural, Some(*name), Some(*subresource)),
        _ => return Err(NoRoute::Resource),
    };
    let kind = registry.find(group, version, plural).ok_or(NoRoute::Resource)?;
    let fits = match namespace {
        Some(_) => kind.namespaced(),
        None => !kind.namespaced() || name.is_none(),
    };
    if !fits || subresource.is_some_and(|subresource| !kind.has(subresource)) {
        return Err(NoRoute::Resource);
    }
    let own = |text: &str| text.to_owned();
    Ok(Route::Target(Target {
        kind,
        namespace: namespace.map(own),
        name: name.map(own),
        subresource: subresource.map(own),
        watch,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        match route(&Registry::built_in(), path) {
            Ok(Route::Target(t)) => format!(
                "{} {} {} {}",
                t.kind.qualified(),
                t.namespace.unwrap_or_default(),
                t.name.unwrap_or_default(),
                t.subresource.unwrap_or_default()
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_form_of_path_is_read() {
        let rows = [
            ("/api/v1/namespaces", "namespaces   "),
            ("/api/v1/namespaces/a", "namespaces  a "),
            ("/api/v1/namespaces/a/status", "namespaces  a status"),
            ("/api/v1/namespaces/a/pods/b/status", "pods a b status"),
            ("/api/v1/pods", "pods   "),
            ("/apis/apps/v1/namespaces/a/deployments", "deployments.apps a  "),
            ("/api/v1/watch/namespaces/a/pods/b", "pods a b "),
            (
                "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab",
                "clusterroles.rbac.authorization.k8s.io  a:b ",
            ),
            ("/api/v1/pods/b", "Err(Resource)"),
            ("/api/v1/namespaces/a/nodes", "Err(Resource)"),
            ("/api/v1/namespaces/a/configmaps/b/status", "Err(Resource)"),
            ("/api/v1/foos", "Err(Resource)"),
            ("/apis/foo/v1/bars", "Err(Page)"),
            ("/nope", "Err(Page)"),
        ];
        for (path, expected) in rows {
            assert_eq!(read(path), expected, "{path}");
        }
    }
}
