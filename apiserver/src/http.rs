//! HTTP on one side, the machine on the other.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::{Notify, mpsc, watch};

use crate::asked::Asked;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::fault::{Harm, Rules, refusal};
use crate::identity::User;
use crate::list::List;
use crate::machine::{Answer, Document, JSON, Machine, Request};
use crate::query::Query;
use crate::requests::Log;
use crate::telling::{Limit, Told, tell};

/// The machine, and who waits for its news.
#[derive(Debug)]
pub(crate) struct Shared {
    machine: Mutex<Machine>,
    /// By shelf: tells that something was written.
    news: Mutex<Vec<watch::Sender<()>>>,
    /// Tells that something is due at another time than before.
    plans: Notify,
    pub(crate) faults: Arc<Rules>,
    log: Mutex<Log>,
}

/// A request with a larger body is refused, as upstream does at 3 MiB.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

impl Shared {
    pub(crate) fn new(machine: Machine) -> Self {
        Self {
            machine: Mutex::new(machine),
            news: Mutex::new(Vec::new()),
            plans: Notify::new(),
            faults: Arc::default(),
            log: Mutex::default(),
        }
    }

    /// Works on the machine and tells the watchers what it touched.
    ///
    /// A thread that panicked while holding the lock left no half write: writes are single calls
    /// into the store, so the state is taken over.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let planned = machine.next_due();
        let result = work(&mut machine);
        let touched = machine.take_touched();
        let changed = machine.next_due() != planned;
        drop(machine);
        if changed {
            self.plans.notify_one();
        }
        for shelf in touched {
            self.sender(shelf).send_replace(());
        }
        result
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sender(&self, shelf: usize) -> watch::Sender<()> {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        while news.len() <= shelf {
            news.push(watch::Sender::new(()));
        }
        news[shelf].clone()
    }

    /// Wakes every watch, so that it notices what happened outside a write.
    pub(crate) fn wake_all(&self) {
        for sender in self.news.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            sender.send_replace(());
        }
    }
}

/// Does what is due when it is due, so that watches see it without anybody asking.
pub(crate) async fn keep_time(shared: &Shared, clock: &Clock) {
    loop {
        let moved = clock.watch();
        let next = shared.with(|machine| {
            machine.catch_up();
            machine.next_due()
        });
        tokio::select! {
            () = clock.until(next, moved) => {}
            () = shared.plans.notified() => {}
        }
    }
}

/// Answers one request.
pub(crate) async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
    cut: Arc<Notify>,
) -> Result<Response<Reply>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(document(Failure::body_too_large(BODY_LIMIT).into()));
        }
        Err(error) => return Ok(document(Failure::bad_request(error.to_string()).into())),
    };
    let text = |name: HeaderName| header_text(&parts.headers, &name);
    let request = Request {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        accept: text(header::ACCEPT),
        content_type: text(header::CONTENT_TYPE),
        user_agent: text(header::USER_AGENT),
        user: user(&parts.headers),
        token: text(header::AUTHORIZATION).trim_start_matches("Bearer ").to_owned(),
        body,
    };
    let user = shared.with(|machine| machine.who(&request));
    let asked = Asked::read(&request.method, &request.path, &request.query, &user);
    let now = shared.with(|machine| machine.clock.now());
    let number = shared.log().note(now, &asked);
    let mut limit = None;
    for strike in shared.faults.strike(&asked) {
        match strike.harm.clone() {
            Harm::Hold => strike.lifted().await,
            Harm::Delay(time) => strike.delay(time).await,
            Harm::Hang => pending().await,
            Harm::Cut => return hang_up(&cut).await,
            Harm::CutAnswer => {
                shared.with(|machine| machine.answer(&request));
                return hang_up(&cut).await;
            }
            harm => match refusal(&harm, &asked) {
                Some(failure) => {
                    shared.log().answered(number, failure.code);
                    return Ok(document(failure.into()));
                }
                None => limit = Limit::new(&harm, Arc::clone(&cut)),
            },
        }
    }
    let answer = shared.with(|machine| machine.answer(&request));
    shared.log().answered(number, answer.code());
    Ok(match answer {
        Answer::Text(code, text) => {
            reply(code, "text/plain; charset=utf-8", Reply::Whole(Some(text.into())))
        }
        Answer::Document(answer) => document(answer),
        Answer::List(list) => reply(200, JSON, Reply::List(list)),
        Answer::Watch(watch) => reply(200, JSON, Reply::Stream(tell(shared, watch, limit))),
    })
}

/// Ends the connection a request came by.
async fn hang_up(cut: &Notify) -> Result<Response<Reply>, Infallible> {
    cut.notify_one();
    pending().await
}

/// Whom an administrator acts as, or the administrator.
fn user(headers: &HeaderMap) -> User {
    let all = |name: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.map(str::to_owned).collect::<Vec<_>>()
    };
    match all("impersonate-user").first() {
        Some(name) => User::impersonated(name, all("impersonate-group")),
        None => User::admin(),
    }
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join(",")
}

fn reply(code: u16, content_type: &'static str, body: Reply) -> Response<Reply> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response
}

fn document(document: Document) -> Response<Reply> {
    let mut response =
        reply(document.code, document.content_type, Reply::Whole(Some(document.body)));
    let headers = response.headers_mut();
    for warning in &document.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append(header::WARNING, value);
        }
    }
    if let Some(seconds) = document.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Reply {
    Whole(Option<Bytes>),
    List(List),
    Stream(mpsc::Receiver<Told>),
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
            Self::Whole(body) => Poll::Ready(body.take()),
            Self::List(list) => Poll::Ready(list.next_piece()),
            Self::Stream(told) => match ready!(told.poll_recv(cx)) {
                Some(Told::Lines(lines)) => Poll::Ready(Some(lines)),
                // Who asks has passed on all that came before.
                Some(Told::Cut(cut)) => {
                    cut.notify_one();
                    Poll::Pending
                }
                None => Poll::Ready(None),
            },
        };
        next.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(Some(body)) => SizeHint::with_exact(body.len() as u64),
            Self::Whole(None) => SizeHint::with_exact(0),
            _ => SizeHint::new(),
        }
    }
}
