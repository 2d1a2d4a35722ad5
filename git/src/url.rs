//! Where a repository is, with its user information kept out of sight.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::Error;
use crate::secret::Secret;

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `https://`
    Https,
    /// `http://`: refused unless [`RemoteOptions`](crate::RemoteOptions) allows it.
    Http,
    /// `ssh://`
    Ssh,
}

/// A URL that can be printed: it never holds user information, a query or a fragment.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicUrl(Arc<str>);

/// The URL of a repository: `https://`, `http://` or `ssh://`.
///
/// User information in it is used as credentials where none are given, and is never printed:
/// `Display` and `Debug` show the [`PublicUrl`].
#[derive(Clone)]
pub struct RepositoryUrl {
    scheme: Scheme,
    url: url::Url,
    user: Option<String>,
    password: Option<Secret>,
    public: PublicUrl,
}

impl RepositoryUrl {
    /// Reads a URL the way Flux accepts it: an explicit scheme, no `host:path` shorthand.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`] says what is wrong, and shows the URL without its secrets.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |reason| Error::InvalidUrl { url: redacted(text), reason };
        let mut url = url::Url::parse(text.trim())
            .map_err(|_| invalid(shorthand_or(text, "it cannot be read as a URL")))?;
        let scheme = match url.scheme() {
            "https" => Scheme::Https,
            "http" => Scheme::Http,
            "ssh" => Scheme::Ssh,
            _ => {
                return Err(invalid(shorthand_or(
                    text,
                    "its scheme is none of https, http and ssh",
                )));
            }
        };
        if url.host_str().is_none_or(str::is_empty) {
            return Err(invalid("it names no host"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("a repository has no query and no fragment"));
        }
        if url.path().bytes().all(|b| b == b'/') {
            return Err(invalid("it names a host, but no repository on it"));
        }
        let user = Some(decoded(url.username())).filter(|user| !user.is_empty());
        let password = url.password().map(|password| Secret::new(decoded_bytes(password)));
        // Neither call can fail for a URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let public = PublicUrl(url.as_str().into());
        Ok(Self { scheme, url, user, password, public })
    }

    /// Reads the URL of a submodule as Git does: `./` and `../` start from this one, `host:path` is
    /// another way to write an SSH URL.
    pub(crate) fn submodule(&self, text: &str) -> Result<Self, Error> {
        if let Some(scp) = shorthand(text) {
            return Self::parse(&scp);
        }
        if !text.starts_with("./") && !text.starts_with("../") {
            return Self::parse(text);
        }
        let mut url = self.url.clone();
        let mut path: Vec<&str> = self.url.path().trim_end_matches('/').split('/').collect();
        let mut rest = text;
        loop {
            if let Some(up) = rest.strip_prefix("../") {
                rest = up;
                if path.len() <= 1 {
                    let url = redacted(text);
                    return Err(Error::InvalidUrl { url, reason: "it leads above the host" });
                }
                path.pop();
            } else if let Some(here) = rest.strip_prefix("./") {
                rest = here;
            } else {
                break;
            }
        }
        path.push(rest);
        url.set_path(&path.join("/"));
        Self::parse(url.as_str())
    }

    /// Whether the same server answers for both, so that it may see the same credentials.
    pub(crate) fn is_on_the_host_of(&self, other: &Self) -> bool {
        let port = |this: &Self| this.url.port_or_known_default().unwrap_or(22);
        self.scheme == other.scheme && self.host() == other.host() && port(self) == port(other)
    }

    /// How it is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, without port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, when one is named that is not the scheme's own.
    pub fn port(&self) -> Option<u16> {
        self.url.port()
    }

    /// The URL that may be shown to people.
    pub fn public(&self) -> &PublicUrl {
        &self.public
    }

    /// The user named in the URL.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    pub(crate) fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    pub(crate) fn bare(&self) -> &url::Url {
        &self.url
    }

    /// The path as a server's shell is to see it: decoded, with its leading slash.
    pub(crate) fn decoded_path(&self) -> Vec<u8> {
        decoded_bytes(self.url.path())
    }
}

impl PublicUrl {
    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.public.fmt(f)
    }
}

impl fmt::Debug for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepositoryUrl({})", self.public)
    }
}

/// What can be shown of a text that was meant to be a URL: nothing before the last `@`, for a
/// password may itself hold `/` or `@`, and nothing from a query on.
fn redacted(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default().trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    match scheme {
        Some(scheme) if !scheme.contains('@') => format!("{scheme}://{rest}"),
        _ => rest.to_owned(),
    }
}

fn shorthand_or(text: &str, otherwise: &'static str) -> &'static str {
    let looks_like_shorthand =
        !text.contains("://") && text.split_once(':').is_some_and(|(host, _)| !host.contains('/'));
    if looks_like_shorthand { "write host:path as ssh://user@host/path" } else { otherwise }
}

/// `user@host:path` as a URL. `helper::address` is another matter, and none of ours.
fn shorthand(text: &str) -> Option<String> {
    let (host, path) = text.split_once(':')?;
    let is_one = !host.is_empty() && !host.contains('/') && !path.starts_with([':', '\\']);
    let is_url = path.starts_with("//");
    (is_one && !is_url).then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&decoded_bytes(text)).into_owned()
}

/// Percent decoding; a `%` that starts no escape stands for itself.
fn decoded_bytes(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_is_kept_but_never_printed() {
        let url =
            RepositoryUrl::parse("https://bob:p%40ss@git.example.com:8443/team/app.git").unwrap();
        assert_eq!(url.user(), Some("bob"));
        assert_eq!(url.password().unwrap().expose(), b"p@ss");
        assert_eq!(url.to_string(), "https://git.example.com:8443/team/app.git");
        assert!(!format!("{url:?}").contains("bob"));
    }

    #[test]
    fn what_is_not_a_repository_is_refused_with_a_reason() {
        for (text, reason) in [
            ("git@github.com:a/b.git", "write host:path as ssh://user@host/path"),
            ("github.com:a/b.git", "write host:path as ssh://user@host/path"),
            ("/srv/git/a", "it cannot be read as a URL"),
            ("file:///srv/git/a", "its scheme is none of https, http and ssh"),
            ("git://example.com/a", "its scheme is none of https, http and ssh"),
            ("https://example.com/", "it names a host, but no repository on it"),
            ("ssh://example.com", "it names a host, but no repository on it"),
            ("https://example.com/a?token=s3cret", "a repository has no query and no fragment"),
            ("https://example.com/a#s3cret", "a repository has no query and no fragment"),
            ("", "it cannot be read as a URL"),
        ] {
            let error = RepositoryUrl::parse(text).unwrap_err();
            let Error::InvalidUrl { url, reason: found } = &error else {
                panic!("{text}: {error:?}")
            };
            assert_eq!(*found, reason, "{text}");
            assert!(!url.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn an_unreadable_url_is_shown_without_its_secrets() {
        for text in [
            "https://u:s3cret@exa mple.com/a",
            "https://u:s3/cret@[bad/a",
            "ht!tp://s3cret@h/a",
            "s3cret@h:p",
        ] {
            let shown = RepositoryUrl::parse(text).unwrap_err().to_string();
            assert!(!shown.contains("s3cret") && !shown.contains("s3/cret"), "{shown}");
        }
    }

    #[test]
    fn a_path_is_decoded_for_the_shell_and_odd_escapes_stand_for_themselves() {
        assert_eq!(decoded_bytes("/a%20b/%zz/%e2%82%ac%"), "/a b/%zz/€%".as_bytes());
    }

    #[test]
    fn hosts_may_be_addresses() {
        let url = RepositoryUrl::parse("ssh://git@[::1]:2222/a").unwrap();
        assert_eq!((url.host(), url.port()), ("[::1]", Some(2222)));
    }
}
