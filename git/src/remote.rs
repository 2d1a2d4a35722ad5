//! A repository somewhere else.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use crate::credentials::Credentials;
use crate::error::Error;
use crate::options::RemoteOptions;
use crate::protocol::listing::RemoteRef;
use crate::reference::Reference;
use crate::resolve::{self, Target};
use crate::session::Session;
use crate::url::{PublicUrl, RepositoryUrl, Scheme};

/// A repository somewhere else: what it holds is asked with [`list`](Self::list) and
/// [`resolve`](Self::resolve), and brought here by a [`Cache`](crate::Cache).
///
/// Clones are cheap and share connections and what was learnt about the server: the first question
/// over HTTP costs two requests, every later one a single request. Dropping a future cancels what it
/// did. No operation takes longer than the timeout of the [`RemoteOptions`].
#[derive(Clone)]
pub struct Remote {
    inner: Arc<Inner>,
}

struct Inner {
    url: RepositoryUrl,
    options: RemoteOptions,
    transport: Transport,
    learnt: Mutex<Option<Learnt>>,
}

/// How the server is reached.
pub(crate) enum Transport {
    Http(crate::http::Http),
    Ssh(Box<crate::ssh::Ssh>),
}

/// What an HTTP server said about itself; it need not say it again.
#[derive(Clone)]
pub(crate) struct Learnt {
    pub(crate) base: crate::http::Base,
    pub(crate) greeting: crate::protocol::greeting::Greeting,
}

impl Remote {
    /// A repository, and how to reach it. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOptions`] when the options contradict each other or the URL, and where the
    /// program has installed no TLS provider.
    pub fn new(url: RepositoryUrl, options: RemoteOptions) -> Result<Self, Error> {
        let mut options = options;
        options.credentials = options.credentials.completed(&url);
        let transport = transport(&url, &options.credentials, &options)?;
        let inner = Inner { url, options, transport, learnt: Mutex::new(None) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The URL, without secrets.
    pub fn url(&self) -> &PublicUrl {
        self.inner.url.public()
    }

    /// The references whose whole names begin with one of `prefixes`; with none, all of them.
    ///
    /// A server that speaks protocol 2 sends no others.
    pub async fn list(&self, prefixes: &[&str]) -> Result<Vec<RemoteRef>, Error> {
        self.timed(async { Session::open(self).await?.list(prefixes).await }).await
    }

    /// The commit `reference` stands for now.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyRepository`] when there is no commit at all, [`Error::ReferenceNotFound`] when
    /// there are others, [`Error::InvalidReference`] when it cannot name anything.
    pub async fn resolve(&self, reference: &Reference) -> Result<Target, Error> {
        self.timed(async {
            let mut session = Session::open(self).await?;
            resolve::resolve(&mut session, reference).await
        })
        .await
    }

    pub(crate) fn repository_url(&self) -> &RepositoryUrl {
        &self.inner.url
    }

    pub(crate) fn options(&self) -> &RemoteOptions {
        &self.inner.options
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    /// Gives `operation` the time it may take.
    pub(crate) async fn timed<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let limit = self.inner.options.timeout;
        match tokio::time::timeout(limit, operation).await {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout { url: self.url().clone(), limit }),
        }
    }

    pub(crate) fn learnt(&self) -> Option<Learnt> {
        self.inner.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn learn(&self, learnt: Option<Learnt>) {
        *self.inner.learnt.lock().unwrap_or_else(PoisonError::into_inner) = learnt;
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Remote({})", self.url())
    }
}

fn transport(
    url: &RepositoryUrl,
    credentials: &Credentials,
    options: &RemoteOptions,
) -> Result<Transport, Error> {
    match url.scheme() {
        Scheme::Https | Scheme::Http => {
            Ok(Transport::Http(crate::http::Http::new(url, credentials, options)?))
        }
        Scheme::Ssh => {
            Ok(Transport::Ssh(Box::new(crate::ssh::Ssh::new(url, credentials, options)?)))
        }
    }
}
