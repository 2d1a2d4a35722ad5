//! Git over HTTP: one GET for the greeting, one POST per question.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, redirect};
use tokio_util::io::StreamReader;
use url::Url;

use crate::credentials::{Auth, Credentials};
use crate::error::Error;
use crate::options::{Proxy, RemoteOptions};
use crate::protocol::AGENT;
use crate::protocol::line::{Incoming, Line, Lines};
use crate::token::{Token, Tokens};
use crate::url::{PublicUrl, RepositoryUrl, Scheme};

/// A client for one repository. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    url: Url,
    public: PublicUrl,
    auth: Auth,
}

/// Where the server wants to be asked: its URL after redirects.
#[derive(Clone, Debug)]
pub(crate) struct Base(Arc<Url>);

impl Http {
    pub(crate) fn new(
        url: &RepositoryUrl,
        credentials: &Credentials,
        options: &RemoteOptions,
    ) -> Result<Self, Error> {
        let anonymous = matches!(credentials.auth, Auth::Anonymous);
        let refuse = |reason: &str| Err(invalid(url, reason));
        if url.scheme() == Scheme::Http && !options.dangerous.plain_http {
            return refuse("plain http is not allowed: use https, or allow http for this remote");
        }
        if url.scheme() == Scheme::Http && !anonymous && !options.dangerous.credentials_over_http {
            return refuse(
                "credentials are not sent over plain http: use https, or allow it for this remote",
            );
        }
        if !credentials.auth.is_text() {
            return refuse("the password or token is not text");
        }
        if matches!(credentials.auth, Auth::SshKey { .. }) {
            return refuse("an SSH key is of no use for a URL that is not ssh://");
        }
        let mut base = url.bare().clone();
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self {
            client: client(url, credentials, options)?,
            url: base,
            public: url.public().clone(),
            auth: credentials.auth.clone(),
        })
    }

    /// Asks for the greeting, and follows redirects on the way to it; nothing else is redirected.
    pub(crate) async fn greet(&self) -> Result<(Base, Lines), Error> {
        let mut at = with_path(&self.url, &format!("{}{GREETING}", self.url.path()));
        at.set_query(Some(SERVICE));
        for _ in 0..MOST_REDIRECTS {
            let request = self.client.get(at.clone()).header(ACCEPT, "*/*");
            let response = self.send(request, &at).await?;
            if response.status().is_redirection() {
                at = self.redirected(&at, &response)?;
                continue;
            }
            let response = self.checked(response, ADVERTISEMENT)?;
            let base = at.path().strip_suffix(GREETING).map(|path| with_path(&at, path));
            let base = base.ok_or_else(|| {
                self.protocol("the server redirects to what is no Git repository")
            })?;
            let mut lines = Lines::new(incoming(response));
            self.skip_service(&mut lines).await?;
            return Ok((Base(Arc::new(base)), lines));
        }
        Err(self.protocol("the server redirects in circles"))
    }

    /// Asks one question.
    pub(crate) async fn ask(&self, base: &Base, body: Vec<u8>) -> Result<Lines, Error> {
        let url = with_path(&base.0, &format!("{}/git-upload-pack", base.0.path()));
        let request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
            .header(ACCEPT, RESULT)
            .body(body);
        let response = self.send(request, &url).await?;
        Ok(Lines::new(incoming(self.checked(response, RESULT)?)))
    }

    /// Credentials go to the scheme, host and port they were given for, and nowhere else.
    async fn send(&self, request: RequestBuilder, to: &Url) -> Result<Response, Error> {
        let request = request.header("Git-Protocol", "version=2");
        if to.origin() != self.url.origin() {
            return self.sent(request).await;
        }
        match &self.auth {
            Auth::Basic { username, password } => {
                self.sent(request.basic_auth(username, password.text())).await
            }
            Auth::Bearer(token) => {
                self.sent(request.bearer_auth(token.text().unwrap_or_default())).await
            }
            Auth::Tokens(tokens) => self.send_with_token(request, tokens).await,
            Auth::Anonymous | Auth::SshKey { .. } => self.sent(request).await,
        }
    }

    /// A token may have been withdrawn before its time: then one more is made.
    async fn send_with_token(
        &self,
        request: RequestBuilder,
        tokens: &Tokens,
    ) -> Result<Response, Error> {
        let showing = |request: RequestBuilder, token: &Token| match &token.username {
            Some(username) => request.basic_auth(username, token.secret.text()),
            None => request.bearer_auth(token.secret.text().unwrap_or_default()),
        };
        let token = tokens.current(&self.public).await?;
        let again = request.try_clone();
        let response = self.sent(showing(request, &token)).await?;
        match again {
            Some(again) if response.status() == StatusCode::UNAUTHORIZED => {
                tokens.forget(&token).await;
                let token = tokens.current(&self.public).await?;
                self.sent(showing(again, &token)).await
            }
            _ => Ok(response),
        }
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, Error> {
        request.send().await.map_err(|error| self.network("connect", error))
    }

    fn redirected(&self, from: &Url, response: &Response) -> Result<Url, Error> {
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let to = location.and_then(|location| from.join(location).ok());
        let to = to.ok_or_else(|| self.protocol("the server redirects to nowhere"))?;
        match (from.scheme(), to.scheme()) {
            ("https", "http") => Err(self.protocol("the server redirects from https to http")),
            (_, "https" | "http") => Ok(to),
            _ => Err(self.protocol("the server redirects to what is neither https nor http")),
        }
    }

    fn checked(&self, response: Response, wanted: &'static str) -> Result<Response, Error> {
        let url = self.public.clone();
        let status = response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => {
                let reason = match self.auth {
                    Auth::Anonymous => "the server asks for credentials, and none are given",
                    _ => "the server does not accept these credentials",
                };
                return Err(Error::Authentication { url, reason: reason.to_owned() });
            }
            StatusCode::FORBIDDEN => {
                return Err(Error::Authorization {
                    url,
                    reason: "the server answered with status 403".to_owned(),
                });
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                return Err(Error::RepositoryNotFound { url });
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                return Err(Error::Unavailable { url, status: status.as_u16() });
            }
            status if status.is_server_error() => {
                return Err(Error::Unavailable { url, status: status.as_u16() });
            }
            status => {
                return Err(
                    self.protocol(&format!("the server answered with status {}", status.as_u16()))
                );
            }
        }
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        if kind.split(';').next().unwrap_or_default().trim() != wanted {
            let reason = format!(
                "the server does not speak Git's smart HTTP: it sent {kind:?} instead of {wanted}"
            );
            return Err(self.protocol(&reason));
        }
        Ok(response)
    }

    /// `# service=git-upload-pack` and a flush come before the greeting. Servers that speak
    /// protocol 2 may leave them out.
    async fn skip_service(&self, lines: &mut Lines) -> Result<(), Error> {
        let broken = |error| crate::wire::error(&self.public, "read the greeting", error);
        if !matches!(lines.next().await.map_err(broken)?, Line::Data(line) if line.starts_with(b"# service="))
        {
            lines.unread();
            return Ok(());
        }
        match lines.next().await.map_err(broken)? {
            Line::Flush => Ok(()),
            _ => Err(self.protocol("the server's greeting is cut off")),
        }
    }

    fn network(&self, action: &'static str, error: reqwest::Error) -> Error {
        let url = self.public.clone();
        Error::Network { url, action, source: Box::new(error.without_url()) }
    }

    fn protocol(&self, reason: &str) -> Error {
        Error::Protocol { url: self.public.clone(), reason: reason.to_owned() }
    }
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url
}

fn incoming(response: Response) -> Incoming {
    let bytes = response.bytes_stream().map_err(|error| io::Error::other(error.without_url()));
    Box::new(StreamReader::new(Box::pin(bytes)))
}

fn client(
    url: &RepositoryUrl,
    credentials: &Credentials,
    options: &RemoteOptions,
) -> Result<Client, Error> {
    let builder = builder(credentials.ca.as_deref(), options.proxy.as_ref());
    let mut builder = builder
        .map_err(|reason| invalid(url, reason))?
        .connect_timeout(options.timeout.min(CONNECT))
        .read_timeout(options.limits.silence);
    if let Some((certificate, key)) = &credentials.client_certificate {
        let pem = zeroize::Zeroizing::new([certificate.as_slice(), b"\n", key.expose()].concat());
        let identity = reqwest::Identity::from_pem(&pem);
        builder = builder.identity(identity.map_err(|_| {
            invalid(url, "the client certificate and its key cannot be read as PEM")
        })?);
    }
    // Its reason may quote the certificate, never the key.
    builder
        .build()
        .map_err(|error| invalid(url, &format!("the TLS settings cannot be used: {error:?}")))
}

/// A client for another service than Git.
pub(crate) fn client_for(ca: Option<&[u8]>, proxy: Option<&Proxy>) -> Result<Client, String> {
    let client = builder(ca, proxy)?.connect_timeout(CONNECT).timeout(CONNECT).build();
    client.map_err(|error| format!("the TLS settings cannot be used: {error:?}"))
}

/// What all clients have in common: they follow no redirects and ask the environment for nothing.
fn builder(ca: Option<&[u8]>, proxy: Option<&Proxy>) -> Result<ClientBuilder, &'static str> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(
            "this program has installed no TLS provider: see rustls::crypto::CryptoProvider",
        );
    }
    let mut builder = Client::builder()
        .user_agent(AGENT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .http2_adaptive_window(true)
        .no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(through(proxy).ok_or(PROXY)?);
    }
    if let Some(pem) = ca {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
        if certificates.is_empty() {
            return Err("the certificate authority is no certificate in PEM form");
        }
        builder = builder.tls_certs_merge(certificates);
    }
    Ok(builder)
}

fn through(proxy: &Proxy) -> Option<reqwest::Proxy> {
    let address = Url::parse(&proxy.address).ok()?;
    if !matches!(address.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return None;
    }
    let built = reqwest::Proxy::all(address).ok()?;
    Some(match &proxy.login {
        Some((username, password)) => built.basic_auth(username, password.text()?),
        None => built,
    })
}

fn invalid(url: &RepositoryUrl, reason: &str) -> Error {
    Error::InvalidOptions { url: url.public().clone(), reason: reason.to_owned() }
}

const GREETING: &str = "/info/refs";
const SERVICE: &str = "service=git-upload-pack";
const ADVERTISEMENT: &str = "application/x-git-upload-pack-advertisement";
const RESULT: &str = "application/x-git-upload-pack-result";
const PROXY: &str = "a proxy is given as http://, https:// or socks5:// and an address, with a password that is text";
const MOST_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(30);
