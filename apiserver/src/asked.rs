//! What a request asks for, read from its path alone: known before it is served, as in audit logs.

use hyper::Method;

use crate::query::Query;

/// A request in the words of an audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) user: String,
    pub(crate) verb: String,
    /// `deployments.apps`, `pods/status`, or the path of what is no resource.
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dry_run: bool,
}

impl Asked {
    pub(crate) fn read(method: &Method, path: &str, query: &Query, user: &str) -> Self {
        let mut asked = Self {
            user: user.to_owned(),
            dry_run: !query.get("dryRun").is_empty(),
            ..Self::default()
        };
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let (group, rest) = match segments[..] {
            ["api", _, ref rest @ ..] => ("", rest),
            ["apis", group, _, ref rest @ ..] => (group, rest),
            _ => ("", &[][..]),
        };
        let (rest, watched) = match rest {
            ["watch", rest @ ..] => (rest, true),
            rest => (rest, false),
        };
        let (namespace, rest) = match rest {
            ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => ("", rest),
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
            rest => ("", rest),
        };
        let [plural, of @ ..] = rest else {
            asked.verb = method.as_str().to_ascii_lowercase();
            asked.resource = path.to_owned();
            return asked;
        };
        let watched = watched || query.flag("watch");
        asked.namespace = namespace.to_owned();
        asked.name = of.first().copied().unwrap_or_default().to_owned();
        asked.verb = verb(method, asked.name.is_empty(), watched).to_owned();
        asked.resource = plural.to_string();
        for (sign, part) in [('.', group), ('/', of.get(1).copied().unwrap_or_default())] {
            if !part.is_empty() {
                asked.resource.push(sign);
                asked.resource.push_str(part);
            }
        }
        asked
    }
}

fn verb(method: &Method, collection: bool, watched: bool) -> &'static str {
    match (method, collection) {
        (&Method::GET | &Method::HEAD, true) if watched => "watch",
        (&Method::GET | &Method::HEAD, true) => "list",
        (&Method::GET | &Method::HEAD, false) if watched => "watch",
        (&Method::GET | &Method::HEAD, false) => "get",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "deletecollection",
        (&Method::DELETE, false) => "delete",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_an_audit_log_has_it() {
        let rows = [
            ("GET /version", "get /version  "),
            ("GET /api/v1/pods", "list pods  "),
            ("GET /api/v1/pods?watch=1", "watch pods  "),
            ("GET /api/v1/namespaces/x/pods/y", "get pods x y"),
            ("PUT /api/v1/namespaces/x/pods/y/status", "update pods/status x y"),
            ("GET /api/v1/namespaces/x", "get namespaces  x"),
            ("PUT /api/v1/namespaces/x/finalize", "update namespaces/finalize  x"),
            ("POST /apis/apps/v1/namespaces/x/deployments", "create deployments.apps x "),
            (
                "PATCH /apis/apps/v1/namespaces/x/deployments/y/scale",
                "patch deployments.apps/scale x y",
            ),
            (
                "DELETE /apis/apps/v1/namespaces/x/deployments",
                "deletecollection deployments.apps x ",
            ),
            ("DELETE /api/v1/nodes/y", "delete nodes  y"),
            ("GET /api/v1/watch/namespaces/x/pods", "watch pods x "),
            ("GET /apis/apps/v1", "get /apis/apps/v1  "),
        ];
        for (request, expected) in rows {
            let (method, uri) = request.split_once(' ').unwrap();
            let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
            let asked = Asked::read(&method.parse().unwrap(), path, &Query::parse(query), "jane");
            let read = [asked.verb, asked.resource, asked.namespace, asked.name].join(" ");
            assert_eq!(read, expected, "{request}");
        }
    }
}
