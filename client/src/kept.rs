//! Kept HTTP/1.1 connections, each driven by the request that uses it.
//!
//! A pool with a task for each connection hands every request and every answer from task to task, which
//! costs more than to write and read them. Here a connection is idle, or belongs to one request.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::rt::{Read, Write};
use kube::client::Body;
use tokio::time::{sleep, timeout};

use crate::Error;
use crate::body::Parts;
use crate::error::BoxError;

/// A stream of bytes to the server.
pub(crate) trait Wire: Read + Write + Unpin + Send {}

impl<T: Read + Write + Unpin + Send> Wire for T {}

/// Opens a stream.
pub(crate) type Open =
    Box<dyn Fn() -> BoxFuture<'static, Result<Box<dyn Wire>, BoxError>> + Send + Sync>;

/// The connections to one server.
pub(crate) struct Kept {
    server: String,
    host: HeaderValue,
    open: Open,
    /// How long the beginning of an answer, and each part of it, may take.
    limit: Duration,
    most_idle: usize,
    idle: Mutex<Idle>,
}

/// Connections that nobody uses, the one used last at the end.
#[derive(Default)]
struct Idle {
    lines: Vec<Line>,
    /// Whether a task looks after them.
    is_watched: bool,
}

impl Kept {
    pub(crate) fn new(
        server: &Uri,
        open: Open,
        limit: Duration,
        most_idle: usize,
    ) -> Result<Arc<Self>, BoxError> {
        let host = server.authority().ok_or("a server's URL names a host")?;
        let host = host.as_str().rsplit('@').next().unwrap_or_default();
        Ok(Arc::new(Self {
            server: server.to_string(),
            host: HeaderValue::from_str(host)?,
            open,
            limit,
            most_idle,
            idle: Mutex::default(),
        }))
    }

    /// What a request says about whom it is for.
    pub(crate) const fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Sends a request whose URI is path and query only and that names the host, and reads the
    /// answer to its end.
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        request: Request<Body>,
    ) -> Result<Response<Bytes>, Error> {
        let begin = async {
            let mut line = self.line().await?;
            let answer = line.send(request).await.map_err(|error| self.broken(error))?;
            Ok((line, answer))
        };
        let (mut line, answer) = self.in_time(begin).await??;
        let (parts, mut body) = answer.into_parts();
        let mut whole = Parts::default();
        while let Some(frame) = self.in_time(line.along(body.frame())).await? {
            let frame = frame.map_err(|error| self.broken(error))?;
            whole.add(frame.into_data().unwrap_or_default());
        }
        self.keep(line).await;
        Ok(Response::from_parts(parts, whole.join()))
    }

    /// An idle connection that still lives, or a new one.
    async fn line(&self) -> Result<Line, Error> {
        loop {
            let idle = self.idle().lines.pop();
            let Some(mut line) = idle else { return self.opened().await };
            if line.since.elapsed() < IDLE && line.is_free().await {
                return Ok(line);
            }
        }
    }

    async fn opened(&self) -> Result<Line, Error> {
        let wire = (self.open)().await;
        let wire = wire.map_err(|source| Error::of_opening(&self.server, source))?;
        let opened = http1::handshake(wire).await;
        let (sender, connection) = opened.map_err(|error| self.broken(error))?;
        Ok(Line { sender, connection: Box::new(connection), ended: false, since: Instant::now() })
    }

    /// Puts a connection back, unless it has ended with the answer.
    async fn keep(self: &Arc<Self>, mut line: Line) {
        if !line.is_free().await {
            return;
        }
        line.since = Instant::now();
        let mut idle = self.idle();
        if idle.lines.len() < self.most_idle {
            idle.lines.push(line);
        }
        if !std::mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(close_idle(Arc::downgrade(self)));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_time<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = Result<T, Error>> {
        let late = |_| Error::Timeout { server: self.server.clone(), limit: self.limit };
        timeout(self.limit, work).map(move |done| done.map_err(late))
    }

    /// Why there is no answer.
    pub(crate) fn broken(&self, error: impl Into<BoxError>) -> Error {
        Error::of_exchange(&self.server, error.into())
    }
}

/// Closes what nobody has used for long. It ends with the last idle connection, or with the pool.
async fn close_idle(kept: Weak<Kept>) {
    loop {
        sleep(IDLE).await;
        let Some(kept) = kept.upgrade() else { return };
        let mut idle = kept.idle();
        idle.lines.retain(|line| line.since.elapsed() < IDLE);
        if idle.lines.is_empty() {
            idle.is_watched = false;
            return;
        }
    }
}

/// One connection.
struct Line {
    sender: SendRequest<Body>,
    /// A kilobyte, which does not move with every request.
    connection: Box<Connection<Box<dyn Wire>, Body>>,
    /// Whether the connection has ended, after which it must not be driven.
    ended: bool,
    since: Instant,
}

impl Line {
    fn send(
        &mut self,
        request: Request<Body>,
    ) -> impl Future<Output = Result<Response<Incoming>, hyper::Error>> {
        let answer = self.sender.send_request(request);
        self.along(answer)
    }

    /// Drives the connection until something that depends on it is there.
    async fn along<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }

    /// Whether it takes another request right now.
    async fn is_free(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            let is_ready = matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())));
            Poll::Ready(is_ready && !self.ended)
        })
        .await
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended {
            self.ended = Pin::new(&mut *self.connection).poll(cx).is_ready();
        }
    }
}

/// An API server closes idle connections after that long, too.
const IDLE: Duration = Duration::from_secs(90);
