//! Where the server is, before the path of a request.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::error::BoxError;

/// The server's URL, taken apart once.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    /// The path of the URL: of a server behind a proxy that serves several.
    prefix: String,
}

impl Address {
    pub(crate) fn of(server: &Uri) -> Self {
        Self {
            scheme: server.scheme().cloned(),
            authority: server.authority().cloned(),
            prefix: server.path().trim_end_matches('/').to_owned(),
        }
    }

    /// The URL of what a request asks for.
    pub(crate) fn join(&self, target: &Uri) -> Result<Uri, BoxError> {
        let mut parts = http::uri::Parts::default();
        parts.scheme.clone_from(&self.scheme);
        parts.authority.clone_from(&self.authority);
        parts.path_and_query = Some(self.path(target)?);
        Ok(Uri::from_parts(parts)?)
    }

    /// The same without the host, as it stands in a request.
    pub(crate) fn path(&self, target: &Uri) -> Result<PathAndQuery, BoxError> {
        let path = target.path_and_query();
        Ok(match (self.prefix.as_str(), path) {
            ("", Some(path)) => path.clone(),
            ("", None) => PathAndQuery::from_static("/"),
            (prefix, path) => {
                format!("{prefix}{}", path.map_or("", PathAndQuery::as_str)).parse()?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_server_stays() {
        for (server, target, expected) in [
            (
                "https://10.0.0.1:6443",
                "/api/v1/pods?limit=5",
                "https://10.0.0.1:6443/api/v1/pods?limit=5",
            ),
            ("https://a.example/", "/version", "https://a.example/version"),
            ("https://a.example/k8s/c-1/", "/api?x=%2F", "https://a.example/k8s/c-1/api?x=%2F"),
            ("https://a.example", "http://elsewhere/apis", "https://a.example/apis"),
        ] {
            let address = Address::of(&server.parse().unwrap());
            assert_eq!(address.join(&target.parse().unwrap()).unwrap(), expected);
        }
    }
}
