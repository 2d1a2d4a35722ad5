//! The way from a `kube::Client` to the API server and back.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, future};
use http::header::{CONTENT_LENGTH, HOST};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use tokio::time::{sleep, timeout};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::address::Address;
use crate::body::Answer;
use crate::connect::{self, Pools, Wires};
use crate::counts::{Counter, Counts};
use crate::error::BoxError;
use crate::kept::Kept;
use crate::pace::{Concurrency, Pace};
use crate::request::{Subject, is_watch};
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
    stack: Stack<Incoming>,
    /// For answers that are wanted whole.
    direct: Option<Direct>,
}

/// Credentials and headers, on top of connections.
type Stack<B> = BoxCloneSyncService<Request<Body>, Response<B>, BoxError>;

/// The way without a pool.
struct Direct {
    /// Puts credentials and headers on a request, where there are any, and gives it back.
    naming: Option<Stack<Request<Body>>>,
    address: Arc<Address>,
    kept: Arc<Kept>,
}

impl Direct {
    /// Leaves nothing to be added to the copies of a request that are sent.
    fn prepare(&self, request: &mut Request<Bytes>) {
        let length = request.body().len();
        let headers = request.headers_mut();
        headers.entry(HOST).or_insert_with(|| self.kept.host().clone());
        if length > 0 {
            headers.insert(CONTENT_LENGTH, length.into());
        }
    }

    async fn send(&self, request: &Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let mut copy = request.clone().map(Body::from);
        if let Some(naming) = &self.naming {
            let named = naming.clone().oneshot(copy).boxed().await;
            copy = named.map_err(|source| self.kept.broken(source))?.into_body();
        }
        let path = self.address.path(copy.uri());
        *copy.uri_mut() = path.map_err(|source| self.kept.broken(source))?.into();
        self.kept.exchange(copy).await
    }
}

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
        let stacks = stacks(config, &options);
        let (stack, direct) = stacks.map_err(|source| Error::of_config(&server, source))?;
        let pace = Pace::new(options.concurrency);
        let default_namespace = config.default_namespace.clone();
        let counter = Counter::default();
        Ok(Self(Arc::new(Shared {
            server,
            default_namespace,
            options,
            counter,
            pace,
            stack,
            direct,
        })))
    }

    /// A client that acts as the configuration says.
    pub fn client(&self) -> Client {
        Client::new(Relay(self.caller()), &self.0.default_namespace)
    }

    /// A client that acts as somebody else, over the same connections.
    pub fn client_as(&self, identity: Identity) -> Client {
        Client::new(Relay(self.caller_as(identity)), &self.0.default_namespace)
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

    /// The shortest way to the server, as the configuration says.
    pub fn caller(&self) -> Caller {
        Caller { transport: self.clone(), identity: None }
    }

    /// The shortest way to the server, as somebody else.
    pub fn caller_as(&self, identity: Identity) -> Caller {
        Caller { transport: self.clone(), identity: Some(Arc::new(identity)) }
    }

    /// Gives the answer when it begins.
    async fn send(self, mut request: Request<Body>) -> Result<Response<Answer>, Error> {
        let mut attempts = Attempts::at(&self.0, &request);
        loop {
            let again = retry::copy(&request);
            let answer = self.once(request, attempts.begin()).await;
            let (Some(wait), Some(again)) = (attempts.after(&answer), again) else {
                let Shared { server, options, .. } = &*self.0;
                let limit = attempts.subject.is_short().then_some(options.answer_limit);
                return answer.map(|answer| answer.map(|body| Answer::new(body, server, limit)));
            };
            sleep(wait).await;
            request = again;
        }
    }

    /// Gives the answer when it is there, all of it.
    async fn exchange(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if let Some(direct) = &self.0.direct {
            direct.prepare(&mut request);
        }
        let mut attempts = Attempts::at(&self.0, &request);
        loop {
            let answer = self.whole(&request, attempts.begin()).await;
            let Some(wait) = attempts.after(&answer) else { return answer };
            sleep(wait).await;
        }
    }

    /// Sends a request once, when there is a place for it.
    async fn once(
        &self,
        request: Request<Body>,
        subject: &Subject,
    ) -> Result<Response<Incoming>, Error> {
        let Shared { server, options, pace, stack, .. } = &*self.0;
        let place = if subject.is_watch() { None } else { Some(pace.enter().await) };
        let limit = options.answer_limit;
        let answer = match timeout(limit, stack.clone().oneshot(request)).await {
            Ok(answer) => answer.map_err(|source| Error::of_exchange(server, source))?,
            Err(_) => return Err(Error::Timeout { server: server.clone(), limit }),
        };
        if let Some(place) = place {
            place.leave(answer.status(), subject);
        }
        Ok(answer)
    }

    /// The same, to the end of the answer.
    async fn whole(
        &self,
        request: &Request<Bytes>,
        subject: &Subject,
    ) -> Result<Response<Bytes>, Error> {
        let Shared { pace, direct, .. } = &*self.0;
        let Some(direct) = direct.as_ref().filter(|_| !subject.is_watch()) else {
            return self.pooled(request.clone().map(Body::from), subject).boxed().await;
        };
        let place = pace.enter().await;
        let answer = direct.send(request).await?;
        place.leave(answer.status(), subject);
        Ok(answer)
    }

    /// The same, over hyper's pool.
    async fn pooled(
        &self,
        request: Request<Body>,
        subject: &Subject,
    ) -> Result<Response<Bytes>, Error> {
        let answer = self.once(request, subject).await?;
        self.collect(answer).await
    }

    /// Reads an answer to its end.
    async fn collect(&self, answer: Response<Incoming>) -> Result<Response<Bytes>, Error> {
        let Shared { server, options, .. } = &*self.0;
        let limit = Some(options.answer_limit);
        let (parts, body) = answer.into_parts();
        let body = Answer::new(body, server, limit).collect().await?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("server", &self.0.server).finish_non_exhaustive()
    }
}

fn stacks(
    config: &Config,
    options: &Options,
) -> Result<(Stack<Incoming>, Option<Direct>), BoxError> {
    let wires = Wires {
        most_idle: options.concurrency.most,
        share_watch_connection: options.share_watch_connection,
        short_over_http2: options.short_requests_over_http2,
        ping_interval: options.ping_interval,
    };
    let Pools { short, watches, direct } = connect::pools(config, wires)?;
    let address = Arc::new(Address::of(&config.cluster_url));
    let joined = Arc::clone(&address);
    let pools = service_fn(move |mut request: Request<Body>| {
        let pool = if is_watch(&request) { &watches } else { &short };
        match joined.join(request.uri()) {
            Ok(url) => {
                *request.uri_mut() = url;
                pool(request)
            }
            Err(error) => future::ready(Err(error)).boxed(),
        }
    });
    let Some(open) = direct else { return Ok((named(config, pools)?, None)) };
    let (server, limit) = (&config.cluster_url, options.answer_limit);
    let kept = Kept::new(server, open, limit, options.concurrency.most)?;
    let echo = service_fn(|request| future::ready(Ok(Response::new(request))));
    let naming = named(config, echo)?;
    let empty = naming.clone().oneshot(Request::new(Body::empty())).now_or_never();
    let adds_nothing = config.auth_layer()?.is_none()
        && matches!(empty, Some(Ok(echoed)) if echoed.body().headers().is_empty());
    let naming = (!adds_nothing).then_some(naming);
    Ok((named(config, pools)?, Some(Direct { naming, address, kept })))
}

/// Adds credentials and headers.
fn named<S, B: 'static>(config: &Config, below: S) -> Result<Stack<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let below = config.extra_headers_layer()?.layer(below);
    Ok(match config.auth_layer()? {
        Some(auth) => BoxCloneSyncService::new(auth.layer(below).map_err(Into::into)),
        None => BoxCloneSyncService::new(below),
    })
}

/// The attempts to get one request answered.
struct Attempts<'t> {
    shared: &'t Shared,
    subject: Subject,
    /// Those that have begun.
    count: u32,
}

impl<'t> Attempts<'t> {
    fn at<B>(shared: &'t Shared, request: &Request<B>) -> Self {
        Self { shared, subject: Subject::of(request), count: 0 }
    }

    fn begin(&mut self) -> &Subject {
        self.shared.counter.sent(&self.subject, self.count);
        self.count += 1;
        &self.subject
    }

    /// How long to wait before the next one, if there is to be one.
    fn after<B>(&self, answer: &Result<Response<B>, Error>) -> Option<Duration> {
        let failure = match answer {
            Ok(response) => Failure::of(response),
            Err(Error::Connect { .. } | Error::Auth { .. }) => Some(Failure::NotSent),
            Err(Error::Broken { .. } | Error::Timeout { .. }) => Some(Failure::NoAnswer),
            Err(_) => None,
        };
        if answer.as_ref().map_or(true, |response| response.status().as_u16() >= 400) {
            self.shared.counter.failed(&self.subject);
        }
        let repeatable = Repeatable::of(&self.subject);
        let retries = &self.shared.options.retries;
        retries.wait(repeatable, failure?, self.count - 1, fastrand::f64())
    }
}

/// The shortest way to the server: for who makes many requests and reads their answers as bytes.
///
/// Pace, retries, counts and identity are those of every client of the [`Transport`]; what is left out
/// are `kube::Client`'s queue, its layers and its copies of bodies. A request names path and query
/// only. What the server answers is given as it is, a refusal too.
#[derive(Clone, Debug)]
pub struct Caller {
    transport: Transport,
    identity: Option<Arc<Identity>>,
}

impl Caller {
    /// Sends a request and reads the answer to its end. Not for watches, which have none.
    ///
    /// What [`Retries`] repeats is repeated here also when an answer breaks off.
    ///
    /// # Errors
    ///
    /// Why there was no answer.
    pub async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        self.transport.exchange(self.stamped(request)).await
    }

    /// The request, on behalf of somebody.
    fn stamped<B>(&self, mut request: Request<B>) -> Request<B> {
        let of_request = request.extensions().get::<Identity>().cloned().map(Arc::new);
        if let Some(identity) = of_request.or_else(|| self.identity.clone()) {
            identity.stamp(request.headers_mut());
        }
        request
    }
}

/// What a `kube::Client` calls.
#[derive(Clone)]
struct Relay(Caller);

impl Service<Request<Body>> for Relay {
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let sent = self.0.transport.clone().send(self.0.stamped(request));
        sent.map(|answer| answer.map_err(Into::into)).boxed()
    }
}
