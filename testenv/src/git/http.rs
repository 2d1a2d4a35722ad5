//! Smart HTTP: one GET for the greeting, one POST per question.

use std::convert::Infallible;
use std::io::{Cursor, Read as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::TryStreamExt as _;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::io::ReaderStream;

use super::log::{Answer, Request, Transport};
use super::options::{Access, Protocol};
use super::repository::Repository;
use super::server::Shared;
use super::upload_pack::{Conversation, Counted, Question, question};

type Response = http::Response<BoxBody<Bytes, std::io::Error>>;

pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // A small answer is sent in two pieces, and the second would wait 40 ms for the first.
        let _ = stream.set_nodelay(true); // slower, not wrong, without it
        connections.spawn(connection(stream, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let tls = shared.certificates.as_ref().map(|certificates| Arc::clone(&certificates.server));
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(request, shared).await) }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // A client that goes away is no failure of the server.
    match tls {
        None => drop(http.serve_connection(TokioIo::new(stream), service).await),
        Some(tls) => {
            if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                drop(http.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    }
}

async fn answer(request: http::Request<Incoming>, shared: Arc<Shared>) -> Response {
    let header = |name: &str| {
        let value = request.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let protocol = asked_protocol(&header("git-protocol")).min(shared.options.protocol);
    let zipped = header(CONTENT_ENCODING.as_str()) == "gzip";
    let mut seen = Request {
        transport: Transport::Http,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        authorization: Some(header(AUTHORIZATION.as_str())).filter(|shown| !shown.is_empty()),
        command: None,
        lines: Vec::new(),
        sent_bytes: 0,
    };
    let Some(body) = body(request, zipped).await else {
        return of(Answer::status(400));
    };
    let mut asked = None;
    if seen.method == "POST" && protocol == Protocol::Two {
        asked = question(&mut Cursor::new(&body)).await.ok().flatten();
    }
    describe(&mut seen, asked.as_ref(), &body);
    if let Some(answer) = shared.log.ruled(&seen) {
        shared.log.add(seen);
        return of(answer);
    }
    if !is_welcome(&shared.options.access, seen.authorization.as_deref()) {
        shared.log.add(seen);
        return of(Answer::status(401).header(WWW_AUTHENTICATE.as_str(), "Basic realm=\"git\""));
    }
    let (path, service) = match seen.path.rsplit_once("/info/refs") {
        Some((path, "")) => (path, "info/refs"),
        _ => match seen.path.rsplit_once("/git-upload-pack") {
            Some((path, "")) => (path, "git-upload-pack"),
            _ => ("", ""),
        },
    };
    let repository = shared.repository(&percent_decode_str(path).decode_utf8_lossy());
    let (method, query) = (seen.method.clone(), seen.query.clone());
    let sent = Counted { to: (), sent: shared.log.add(seen) }.sent;
    match (repository, method.as_str(), service) {
        (Some(repository), "GET", "info/refs") if query == "service=git-upload-pack" => {
            greet(&repository, &shared, protocol)
        }
        (Some(_), "GET", "info/refs") => of(Answer::status(403)),
        (Some(repository), "POST", "git-upload-pack") => {
            reply(repository, shared, asked, body, protocol, sent)
        }
        _ => of(Answer::status(404)),
    }
}

fn greet(repository: &Repository, shared: &Shared, protocol: Protocol) -> Response {
    let mut body = Vec::new();
    super::line::text(&mut body, "# service=git-upload-pack");
    body.extend_from_slice(super::line::FLUSH);
    body.extend(Conversation { repository, options: &shared.options }.greeting(protocol));
    of(Answer::status(200)
        .header(CONTENT_TYPE.as_str(), "application/x-git-upload-pack-advertisement")
        .header("cache-control", "no-cache")
        .body(body))
}

/// Sends the answer while it is made.
fn reply(
    repository: Repository,
    shared: Arc<Shared>,
    asked: Option<Question>,
    body: Bytes,
    protocol: Protocol,
    sent: Arc<std::sync::atomic::AtomicU64>,
) -> Response {
    let (to, from) = tokio::io::duplex(IN_FLIGHT);
    tokio::spawn(async move {
        let mut to = Counted { to, sent };
        let conversation = Conversation { repository: &repository, options: &shared.options };
        // It ends early where the client goes away.
        let _ = match (protocol, asked) {
            (Protocol::Two, Some(asked)) => conversation.answer(&asked, &mut to).await,
            (Protocol::Two, None) => Ok(()),
            _ => conversation.answer_zero(&mut Cursor::new(&body), &mut to, |_| {}).await,
        };
        let _ = to.shutdown().await;
    });
    let stream = ReaderStream::with_capacity(from, IN_FLIGHT).map_ok(Frame::data);
    let mut response = http::Response::new(StreamBody::new(stream).boxed());
    let kind = HeaderValue::from_static("application/x-git-upload-pack-result");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// What kind of question it is.
fn describe(seen: &mut Request, asked: Option<&Question>, body: &[u8]) {
    if let Some(asked) = asked {
        seen.command = Some(asked.command.clone());
        seen.lines.clone_from(&asked.lines);
    } else if seen.method == "POST" && body.windows(5).any(|window| window == b"want ") {
        seen.command = Some("fetch".to_owned());
    }
}

async fn body(request: http::Request<Incoming>, zipped: bool) -> Option<Bytes> {
    let body = request.into_body().collect().await.ok()?.to_bytes();
    if !zipped {
        return Some(body);
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*body).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}

fn is_welcome(access: &[Access], shown: Option<&str>) -> bool {
    let opens = |access: &Access| match access {
        Access::Basic { username, password } => {
            let login = STANDARD.encode(format!("{username}:{password}"));
            shown == Some(&format!("Basic {login}"))
        }
        Access::Bearer(token) => shown == Some(&format!("Bearer {token}")),
    };
    access.is_empty() || access.iter().any(opens)
}

/// `version=2`, among other words.
pub(crate) fn asked_protocol(words: &str) -> Protocol {
    match words.split(':').find_map(|word| word.strip_prefix("version=")) {
        Some("2") => Protocol::Two,
        Some("1") => Protocol::One,
        _ => Protocol::Zero,
    }
}

fn of(answer: Answer) -> Response {
    let body = Full::new(Bytes::from(answer.body)).map_err(|never: Infallible| match never {});
    let mut response = http::Response::new(body.boxed());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

const IN_FLIGHT: usize = 1 << 17;
