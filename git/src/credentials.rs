//! Who asks, and whom we trust to answer.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::secret::Secret;
use crate::token::{TokenSource, Tokens};
use crate::url::{RepositoryUrl, Scheme};

/// What a remote is shown, and what it has to show.
///
/// Nothing in here is ever printed: `Debug` names what is set.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) auth: Auth,
    /// PEM certificates that are trusted beside the system's.
    pub(crate) ca: Option<Vec<u8>>,
    /// PEM certificate chain and key we identify ourselves with.
    pub(crate) client_certificate: Option<(Vec<u8>, Secret)>,
    /// The text of a `known_hosts` file.
    pub(crate) known_hosts: Option<Vec<u8>>,
}

/// How we say who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Auth {
    #[default]
    Anonymous,
    Basic {
        username: String,
        password: Secret,
    },
    Bearer(Secret),
    /// Each token for a while.
    Tokens(Tokens),
    SshKey {
        user: Option<String>,
        key: Secret,
        passphrase: Option<Secret>,
    },
}

impl Auth {
    /// Whether what goes into a header can go there.
    pub(crate) fn is_text(&self) -> bool {
        match self {
            Self::Basic { password: secret, .. } | Self::Bearer(secret) => secret.text().is_some(),
            Self::Anonymous | Self::Tokens(_) | Self::SshKey { .. } => true,
        }
    }
}

impl Credentials {
    /// For what everybody may read.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A user name and a password or token, over HTTP.
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::of(Auth::Basic { username: username.into(), password: password.into() })
    }

    /// A bearer token, over HTTP.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::of(Auth::Bearer(token.into()))
    }

    /// Tokens that last for a while, such as those of a [`GitHubApp`](crate::GitHubApp), over HTTP.
    /// Clones of these credentials share them.
    pub fn from_source(source: impl TokenSource + 'static) -> Self {
        Self::of(Auth::Tokens(Tokens::new(source)))
    }

    /// A private key in PEM or OpenSSH form, and the text of a `known_hosts` file: SSH never goes
    /// to a host that is not in it.
    pub fn ssh_key(key: impl Into<Secret>, known_hosts: impl Into<Vec<u8>>) -> Self {
        let auth = Auth::SshKey { user: None, key: key.into(), passphrase: None };
        Self { known_hosts: Some(known_hosts.into()), ..Self::of(auth) }
    }

    /// The passphrase of the private key.
    #[must_use]
    pub fn with_passphrase(mut self, secret: impl Into<Secret>) -> Self {
        if let Auth::SshKey { passphrase, .. } = &mut self.auth {
            *passphrase = Some(secret.into());
        }
        self
    }

    /// PEM certificates to trust beside the system's.
    #[must_use]
    pub fn with_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// A PEM certificate and its key, for servers that ask clients for one.
    #[must_use]
    pub fn with_client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Secret>,
    ) -> Self {
        self.client_certificate = Some((certificate.into(), key.into()));
        self
    }

    /// Reads the data of the Secret a Flux object refers to.
    ///
    /// | URL | keys |
    /// | --- | --- |
    /// | ssh | `identity`, `known_hosts`, and `password` for the key's passphrase |
    /// | https, http | `bearerToken`, else `username` and `password`; `ca.crt` (or `caFile`), `tls.crt`, `tls.key` |
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOptions`] names the key that is missing.
    pub fn from_secret(
        url: &RepositoryUrl,
        data: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Error> {
        let read = |key: &str| data.get(key).filter(|value| !value.is_empty());
        let missing = |reason: &str| Error::InvalidOptions {
            url: url.public().clone(),
            reason: reason.to_owned(),
        };
        if data.is_empty() {
            return Ok(Self::anonymous());
        }
        if url.scheme() == Scheme::Ssh {
            let key = read("identity")
                .ok_or_else(|| missing("the secret has no key 'identity' with a private key"))?;
            let hosts = read("known_hosts")
                .ok_or_else(|| missing("the secret has no key 'known_hosts'"))?;
            let this = Self::ssh_key(key.clone(), hosts.clone());
            return Ok(match read("password") {
                Some(passphrase) => this.with_passphrase(passphrase.clone()),
                None => this,
            });
        }
        let mut this =
            Self { ca: read("ca.crt").or_else(|| read("caFile")).cloned(), ..Self::default() };
        this.client_certificate = match (read("tls.crt"), read("tls.key")) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), Secret::new(key.clone()))),
            (None, None) => None,
            _ => {
                return Err(missing("the secret has only one of the keys 'tls.crt' and 'tls.key'"));
            }
        };
        this.auth = match (data.get("bearerToken"), read("username"), read("password")) {
            (Some(token), ..) => Auth::Bearer(Secret::new(token.clone())),
            (None, None, None) => Auth::Anonymous,
            (None, None, Some(_)) if url.user().is_none() => {
                return Err(missing("the secret has a key 'password' but no key 'username'"));
            }
            (None, username, password) => Auth::Basic {
                username: username
                    .map(|name| String::from_utf8_lossy(name).into_owned())
                    .unwrap_or_default(),
                password: password
                    .map(|password| Secret::new(password.clone()))
                    .unwrap_or_default(),
            },
        };
        Ok(this)
    }

    /// Fills what is missing from the user information of the URL.
    pub(crate) fn completed(mut self, url: &RepositoryUrl) -> Self {
        match &mut self.auth {
            Auth::SshKey { user, .. } => {
                *user = user.take().or_else(|| url.user().map(str::to_owned));
            }
            Auth::Basic { username, password } => {
                if username.is_empty() {
                    *username = url.user().unwrap_or_default().to_owned();
                }
                if password.is_empty() {
                    *password = url.password().cloned().unwrap_or_default();
                }
            }
            Auth::Anonymous if url.scheme() != Scheme::Ssh => {
                if let Some(user) = url.user() {
                    self.auth = Auth::Basic {
                        username: user.to_owned(),
                        password: url.password().cloned().unwrap_or_default(),
                    };
                }
            }
            Auth::Anonymous | Auth::Bearer(_) | Auth::Tokens(_) => {}
        }
        self
    }

    /// What may be shown to servers these credentials were not given for: whom we trust, and nothing
    /// of who we are.
    pub(crate) fn for_strangers(self) -> Self {
        Self { ca: self.ca, known_hosts: self.known_hosts, ..Self::default() }
    }

    fn of(auth: Auth) -> Self {
        Self { auth, ..Self::default() }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let auth = match self.auth {
            Auth::Anonymous => "anonymous",
            Auth::Basic { .. } => "basic",
            Auth::Bearer(_) => "bearer",
            Auth::Tokens(_) => "tokens",
            Auth::SshKey { .. } => "ssh key",
        };
        f.debug_struct("Credentials")
            .field("auth", &auth)
            .field("ca", &self.ca.is_some())
            .field("client_certificate", &self.client_certificate.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(entries: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn read(url: &str, entries: &[(&str, &str)]) -> Result<Credentials, String> {
        let url = RepositoryUrl::parse(url).unwrap();
        Credentials::from_secret(&url, &secret(entries))
            .map(|c| c.completed(&url))
            .map_err(|e| e.to_string())
    }

    const HTTPS: &str = "https://example.com/a";
    const SSH: &str = "ssh://example.com/a";

    #[test]
    fn a_bearer_token_counts_before_a_password() {
        let read =
            read(HTTPS, &[("bearerToken", "t"), ("username", "u"), ("password", "p")]).unwrap();
        assert_eq!(read, Credentials::bearer("t"));
    }

    #[test]
    fn the_url_fills_what_the_secret_lacks() {
        assert_eq!(read("https://bob:pw@h/a", &[]).unwrap(), Credentials::basic("bob", "pw"));
        assert_eq!(
            read("https://bob@h/a", &[("password", "x")]).unwrap(),
            Credentials::basic("bob", "x")
        );
        assert_eq!(
            read("https://bob:pw@h/a", &[("username", "eve"), ("password", "x")]).unwrap(),
            Credentials::basic("eve", "x")
        );
        let Auth::SshKey { user, .. } =
            read("ssh://me@h/a", &[("identity", "k"), ("known_hosts", "h")]).unwrap().auth
        else {
            panic!("no key");
        };
        assert_eq!(user.as_deref(), Some("me"));
    }

    #[test]
    fn the_newer_name_of_the_authority_counts() {
        let read = read(HTTPS, &[("ca.crt", "new"), ("caFile", "old")]).unwrap();
        assert_eq!(read.ca.as_deref(), Some(b"new".as_slice()));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (url, entries, key) in [
            (SSH, &[("identity", "k")][..], "'known_hosts'"),
            (SSH, &[("known_hosts", "k")], "'identity'"),
            (SSH, &[("username", "k")], "'identity'"),
            (HTTPS, &[("password", "p")], "'username'"),
            (HTTPS, &[("tls.crt", "p")], "'tls.key'"),
        ] {
            let message = read(url, entries).unwrap_err();
            assert!(message.contains(key), "{message}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let all = Credentials::basic("bob", "s3cret")
            .with_client_certificate("c", "s3cret")
            .with_ca("ca");
        let shown = format!("{all:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("bob"), "{shown}");
    }
}
