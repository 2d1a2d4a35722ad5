//! Tokens of GitHub Apps.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::{Client, Method, Response, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

use crate::error::Error;
use crate::options::Proxy;
use crate::secret::Secret;
use crate::token::{Token, TokenSource};
use crate::url::PublicUrl;

/// Where a GitHub App is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Installation {
    /// The number of the installation.
    Id(String),
    /// The organization or user whose repositories it is installed on: the number is looked up once.
    Owner(String),
}

/// A GitHub App, that makes tokens for the repositories it is installed on.
///
/// <!-- no_run: needs a TLS provider and GitHub -->
/// ```no_run
/// # fn example(key: Vec<u8>) -> Result<(), gotk_git::Error> {
/// use gotk_git::{Credentials, GitHubApp, Installation};
///
/// let app = GitHubApp::new("1234", Installation::Owner("fluxcd".into()), key)?;
/// let credentials = Credentials::from_source(app);
/// # Ok(())
/// # }
/// ```
pub struct GitHubApp {
    id: String,
    installation: Installation,
    key: RsaKeyPair,
    base: Url,
    ca: Option<Vec<u8>>,
    proxy: Option<Proxy>,
    clock: Clock,
    client: OnceCell<Client>,
    /// The number of the installation, once it was looked up.
    found: OnceCell<String>,
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl GitHubApp {
    /// An app of github.com, by its id (or client id) and its private key in PEM form.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] where the key is no RSA key in PEM form.
    pub fn new(
        id: impl Into<String>,
        installation: Installation,
        private_key: impl Into<Secret>,
    ) -> Result<Self, Error> {
        let key = rsa(&private_key.into()).map_err(invalid)?;
        let base = Url::parse(GITHUB).map_err(|error| invalid(error.to_string()))?;
        Ok(Self {
            id: id.into(),
            installation,
            key,
            base,
            ca: None,
            proxy: None,
            clock: Arc::new(SystemTime::now),
            client: OnceCell::new(),
            found: OnceCell::new(),
        })
    }

    /// Reads the data of a Secret as Flux does: `githubAppID`, `githubAppPrivateKey`, one of
    /// `githubAppInstallationID` and `githubAppInstallationOwner`, perhaps `githubAppBaseURL`, and
    /// `ca.crt`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] names the entry that is missing, too much, or cannot be read.
    pub fn from_secret(data: &BTreeMap<String, Vec<u8>>) -> Result<Self, Error> {
        let read = |key: &str| {
            let value = data.get(key).filter(|value| !value.is_empty())?;
            Some(String::from_utf8_lossy(value).trim().to_owned())
        };
        let need = |key: &str| {
            read(key).ok_or_else(|| entry(key, "it is missing in the secret of a GitHub App"))
        };
        let installation = match (read(INSTALLATION), read(OWNER)) {
            (Some(id), None) => Installation::Id(id),
            (None, Some(owner)) => Installation::Owner(owner),
            (None, None) => {
                return Err(entry(
                    INSTALLATION,
                    "one of it and githubAppInstallationOwner is needed",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(entry(OWNER, "it cannot be given with githubAppInstallationID"));
            }
        };
        let app = Self::new(need("githubAppID")?, installation, need("githubAppPrivateKey")?)?;
        let app = match read("githubAppBaseURL") {
            Some(base) => app.base_url(&base)?,
            None => app,
        };
        Ok(match data.get("ca.crt").filter(|pem| !pem.is_empty()) {
            Some(pem) => app.with_ca(pem.clone()),
            None => app,
        })
    }

    /// Another GitHub than github.com, by the URL of its pages or of its API.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] where it is no `https://` or `http://` URL.
    pub fn base_url(mut self, url: &str) -> Result<Self, Error> {
        let bad = |reason: &str| entry("githubAppBaseURL", reason);
        let mut base = Url::parse(url).map_err(|_| bad("it cannot be read as a URL"))?;
        let host = base.host_str().unwrap_or_default().to_owned();
        if !matches!(base.scheme(), "https" | "http") || host.is_empty() {
            return Err(bad("it is no https:// or http:// URL"));
        }
        let path = base.path().trim_end_matches('/').to_owned();
        let is_api =
            path.ends_with(ENTERPRISE) || host.starts_with("api.") || host.contains(".api.");
        base.set_path(&format!("{path}{}", if is_api { "" } else { ENTERPRISE }));
        self.base = base;
        Ok(self)
    }

    /// PEM certificates to trust beside the system's.
    #[must_use]
    pub fn with_ca(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(pem.into());
        self
    }

    /// The way to GitHub.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// What time it is. Tokens are made for a time, and wrong clocks are the usual reason for GitHub to
    /// refuse them.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The number of the installation.
    async fn installation(&self, url: &PublicUrl) -> Result<&str, Error> {
        let owner = match &self.installation {
            Installation::Id(id) => return Ok(id),
            Installation::Owner(owner) => owner,
        };
        let found = self.found.get_or_try_init(|| async {
            for kind in ["orgs", "users"] {
                let path = [kind, owner, "installation"];
                if let Some(answer) = self.ask(url, Method::GET, &path).await?
                    && let Some(id) = answer["id"].as_u64()
                {
                    return Ok(id.to_string());
                }
            }
            Err(refused(url, format!("GitHub App {} is not installed for {owner:?}", self.id)))
        });
        found.await.map(String::as_str)
    }

    /// Asks GitHub as the app; `None` where there is no such thing.
    async fn ask(
        &self,
        url: &PublicUrl,
        method: Method,
        path: &[&str],
    ) -> Result<Option<Value>, Error> {
        let client = self.client.get_or_try_init(async || {
            crate::http::client_for(self.ca.as_deref(), self.proxy.as_ref())
                .map_err(|reason| Error::InvalidOptions { url: url.clone(), reason })
        });
        let mut at = self.base.clone();
        if let Ok(mut segments) = at.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let network = |error: reqwest::Error| Error::Network {
            url: url.clone(),
            action: "ask GitHub for a token",
            source: Box::new(error.without_url()),
        };
        let request = client.await?.request(method, at).bearer_auth(self.jwt(url)?);
        let request = request.header("accept", "application/vnd.github+json");
        let response = request.send().await.map_err(network)?;
        let status = response.status();
        match status {
            StatusCode::OK | StatusCode::CREATED => {}
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::UNAUTHORIZED => {
                return Err(refused(
                    url,
                    format!(
                        "GitHub does not accept App {}: check its id, its private key and the clock",
                        self.id
                    ),
                ));
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Error::Unavailable { url: url.clone(), status: status.as_u16() });
            }
            status => {
                return Err(refused(
                    url,
                    format!("GitHub answered App {} with status {}", self.id, status.as_u16()),
                ));
            }
        }
        let body = bounded(response).await.map_err(network)?;
        let answer = body.and_then(|body| serde_json::from_slice(&body).ok());
        answer.map(Some).ok_or_else(|| refused(url, "GitHub sent no JSON".to_owned()))
    }

    /// A minute or two in which the app is who it says, RS256.
    fn jwt(&self, url: &PublicUrl) -> Result<String, Error> {
        let now =
            (self.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        // Clocks differ: a token from the future would be refused.
        let issued = now.saturating_sub(30);
        let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "typ": "JWT" }).to_string());
        let claims = json!({ "iat": issued, "exp": issued + 120, "iss": self.id });
        let text = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| {
                refused(url, "the private key of the GitHub App cannot sign".to_owned())
            })?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[async_trait]
impl TokenSource for GitHubApp {
    async fn token(&self, url: &PublicUrl) -> Result<Token, Error> {
        let installation = self.installation(url).await?;
        let path = ["app", "installations", installation, "access_tokens"];
        let answer = self.ask(url, Method::POST, &path).await?.ok_or_else(|| {
            refused(url, format!("GitHub App {} has no installation {installation}", self.id))
        })?;
        let token = answer["token"].as_str();
        let token = token.ok_or_else(|| refused(url, "GitHub sent no token".to_owned()))?;
        let token = Token::basic("x-access-token", token);
        let expires = answer["expires_at"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        // GitHub's tokens last an hour, said or not.
        let end = expires.map_or_else(|| self.now() + HOUR, SystemTime::from);
        Ok(token.until(end))
    }

    fn now(&self) -> SystemTime {
        (self.clock)()
    }
}

impl fmt::Debug for GitHubApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHubApp({}, {:?})", self.id, self.installation)
    }
}

fn rsa(key: &Secret) -> Result<RsaKeyPair, String> {
    let der = PrivateKeyDer::from_pem_slice(key.expose())
        .map_err(|_| "it is no private key in PEM form".to_owned())?;
    match &der {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err("it is no RSA key".to_owned()),
    }
    .map_err(|error| format!("it is no RSA key that can be used: {error}"))
}

/// What GitHub says is short; what is longer is not from GitHub.
async fn bounded(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > LONGEST {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

fn refused(url: &PublicUrl, reason: String) -> Error {
    Error::Authentication { url: url.clone(), reason }
}

fn invalid(reason: String) -> Error {
    Error::InvalidKey { name: "githubAppPrivateKey".to_owned(), reason }
}

fn entry(key: &str, reason: &str) -> Error {
    Error::InvalidKey { name: key.to_owned(), reason: reason.to_owned() }
}

const GITHUB: &str = "https://api.github.com";
const ENTERPRISE: &str = "/api/v3";
const INSTALLATION: &str = "githubAppInstallationID";
const OWNER: &str = "githubAppInstallationOwner";
const HOUR: Duration = Duration::from_secs(3600);
const LONGEST: usize = 1 << 20;
