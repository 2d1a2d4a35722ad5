//! The way from a `kube::Client` to the API server and back.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use tokio::time::{sleep, timeout};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::body::Answer;
use crate::connect::{self, Pools, Wires};
use crate::counts::{Counter, Counts};
use crate::error::BoxError;
use crate::pace::{Concurrency, Pace};
use crate::request::Subject;
use crate::retry::{self, Failure, Repeatable, Retries};
use crate::{Error, Identity};

/// What a transport does unless told otherwise.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// How many short requests may be under way at once.
    pub concurrency: Concurrency,
    /// What is sent again after a failure.
    pub retries: Retries,
    /// How long a short request waits for its answer, and for each further part of it. 70 s unless
    /// set: the server itself gives up after 60.
    pub answer_limit: Duration,
    /// Whether watches share one HTTP/2 connection. They do unless set: a connection each costs
    /// the server memory and us a socket.
    pub share_watch_connection: bool,
    /// Whether short requests go over one HTTP/2 connection too, where TLS offers it. They do not
    /// unless set: each costs the server up to a third more than over a kept HTTP/1.1 connection. It
    /// saves sockets where a proxy or the server counts them.
    pub short_requests_over_http2: bool,
    /// How often an idle connection is asked whether it still lives; twice that long is a dead one
    /// believed. 20 s unless set.
    pub ping_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: Concurrency::default(),
            retries: Retries::default(),
            answer_limit: Duration::from_secs(70),
            share_watch_connection: true,
            short_requests_over_http2: false,
            ping_interval: Duration::from_secs(20),
        }
    }
}

/// Connections to one API server, shared by every client made from it.
///
/// Cheap to clone. Connections are opened when they are first needed and closed when the last
/// client is gone.
#[derive(Clone)]
pub struct Transport(Arc<Shared>);

struct Shared {
    server: String,
    default_namespace: String,
    options: Options,
    counter: Counter,
    pace: Pace,
    stack: Stack,
}

/// Credentials, base URL and headers, on top of the pools.
type Stack = BoxCloneSyncService<Request<Body>, Response<Incoming>, BoxError>;

impl Transport {
    /// Prepares connections; nothing is opened yet. Needs a tokio runtime around it.
    ///
    /// `config` keeps its TLS, proxy, credentials, timeouts and headers; its `default_retry` and
    /// `read_timeout` are replaced by `options`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] when certificates, keys, headers or the proxy cannot be used, [`Error::Auth`]
    /// when the first credentials cannot be had.
    pub fn new(config: &Config, options: Options) -> Result<Self, Error> {
        let server = config.cluster_url.to_string();
        let stack = stack(config, &options).map_err(|source| Error::of_config(&server, source))?;
        let pace = Pace::new(options.concurrency);
        let default_namespace = config.default_namespace.clone();
        let counter = Counter::default();
        Ok(Self(Arc::new(Shared { server, default_namespace, options, counter, pace, stack })))
    }

    /// A client that acts as the configuration says.
    pub fn client(&self) -> Client {
        Client::new(Caller { transport: self.clone(), identity: None }, &self.0.default_namespace)
    }

    /// A client that acts as somebody else, over the same connections.
    pub fn client_as(&self, identity: Identity) -> Client {
        let caller = Caller { transport: self.clone(), identity: Some(Arc::new(identity)) };
        Client::new(caller, &self.0.default_namespace)
    }

    /// The requests made so far.
    pub fn counts(&self) -> Counts {
        self.0.counter.read()
    }

    /// How many short requests may be under way at once, as the server's answers have it now.
    pub fn concurrency(&self) -> usize {
        self.0.pace.size()
    }

    /// The API server's URL.
    pub fn server(&self) -> &str {
        &self.0.server
    }

    async fn send(self, request: Request<Body>) -> Result<Response<Answer>, Error> {
        let subject = Subject::of(&request);
        let (mut request, mut attempt) = (request, 0);
        loop {
            let again = retry::copy(&request);
            self.0.counter.sent(&subject, attempt);
            let answer = self.once(request, &subject).await;
            let failure = match &answer {
                Ok(response) => Failure::of(response),
                Err(Error::Connect { .. } | Error::Auth { .. }) => Some(Failure::NotSent),
                Err(Error::Broken { .. } | Error::Timeout { .. }) => Some(Failure::NoAnswer),
                Err(_) => None,
            };
            if answer.as_ref().map_or(true, |response| response.status().as_u16() >= 400) {
                self.0.counter.failed(&subject);
            }
            let (Some(failure), Some(again)) = (failure, again) else { return answer };
            let repeatable = Repeatable::of(&subject);
            match self.0.options.retries.wait(repeatable, failure, attempt, fastrand::f64()) {
                Some(wait) => sleep(wait).await,
                None => return answer,
            }
            (request, attempt) = (again, attempt + 1);
        }
    }

    /// Sends a request once, when there is a place for it.
    async fn once(
        &self,
        request: Request<Body>,
        subject: &Subject,
    ) -> Result<Response<Answer>, Error> {
        let Shared { server, options, pace, stack, .. } = &*self.0;
        let place = if subject.is_watch() { None } else { Some(pace.enter().await) };
        let limit = options.answer_limit;
        let answer = match timeout(limit, stack.clone().oneshot(request)).await {
            Ok(answer) => answer.map_err(|source| Error::of_exchange(server, source))?,
            Err(_) => return Err(Error::Timeout { server: server.clone(), limit }),
        };
        if let Some(place) = place {
            match answer.status() {
                http::StatusCode::TOO_MANY_REQUESTS => place.refused(),
                _ => place.answered(subject),
            }
        }
        let streams = subject.is_watch() || subject.is_stream();
        Ok(answer.map(|body| Answer::new(body, server, (!streams).then_some(limit))))
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("server", &self.0.server).finish_non_exhaustive()
    }
}

fn stack(config: &Config, options: &Options) -> Result<Stack, BoxError> {
    let wires = Wires {
        most_idle: options.concurrency.most,
        share_watch_connection: options.share_watch_connection,
        short_over_http2: options.short_requests_over_http2,
        ping_interval: options.ping_interval,
    };
    let Pools { short, watches } = connect::pools(config, wires)?;
    let pools = service_fn(move |request: Request<Body>| {
        let pool = if Subject::of(&request).is_watch() { &watches } else { &short };
        pool(request)
    });
    let named = config.extra_headers_layer()?.layer(config.base_uri_layer().layer(pools));
    Ok(match config.auth_layer()? {
        Some(auth) => BoxCloneSyncService::new(auth.layer(named).map_err(Into::into)),
        None => BoxCloneSyncService::new(named),
    })
}

/// What a `kube::Client` calls.
#[derive(Clone)]
struct Caller {
    transport: Transport,
    identity: Option<Arc<Identity>>,
}

impl Service<Request<Body>> for Caller {
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let of_request = request.extensions().get::<Identity>().cloned().map(Arc::new);
        if let Some(identity) = of_request.or_else(|| self.identity.clone()) {
            identity.stamp(request.headers_mut());
        }
        let sent = self.transport.clone().send(request);
        sent.map(|answer| answer.map_err(Into::into)).boxed()
    }
}
