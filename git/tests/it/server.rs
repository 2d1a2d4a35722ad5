//! A smart HTTP server around `git http-backend` that remembers what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::git::isolated;

/// What one request was.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) authorization: Option<String>,
    /// Bytes of the body of the answer.
    pub(crate) answered: usize,
}

type Answer = Option<Response<Full<Bytes>>>;
type Rule = Box<dyn Fn(&Request<Incoming>) -> Answer + Send + Sync>;

/// How a server behaves.
#[derive(Default)]
pub(crate) struct Behaviour {
    /// Answers instead of Git, where it answers at all.
    pub(crate) rule: Option<Rule>,
    /// Does not know of protocol 2.
    pub(crate) old: bool,
    /// Serves over TLS.
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(root: PathBuf, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if behaviour.tls.is_some() { "https" } else { "http" };
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let serving = tokio::spawn(serve(listener, Arc::new(behaviour), root, Arc::clone(&seen)));
        Self { address, scheme, seen, serving }
    }

    pub(crate) fn url(&self, repository: &str) -> String {
        format!("{}://localhost:{}/{repository}", self.scheme, self.address.port())
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    /// What was asked since the last time, as `GET /a`, `POST /a`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.take().into_iter().map(|seen| seen.line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An answer without Git.
pub(crate) fn status(code: u16) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

/// Lets in who shows `wanted`.
pub(crate) fn guarded(wanted: &'static str) -> Behaviour {
    let rule = move |request: &Request<Incoming>| {
        let shown = request.headers().get(AUTHORIZATION);
        (shown != Some(&HeaderValue::from_static(wanted))).then(|| status(401))
    };
    Behaviour { rule: Some(Box::new(rule)), ..Behaviour::default() }
}

async fn serve(
    listener: TcpListener,
    behaviour: Arc<Behaviour>,
    root: PathBuf,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, root, seen) = (Arc::clone(&behaviour), root.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            let tls = behaviour.tls.clone();
            let service = service_fn(move |request| {
                let (behaviour, root, seen) =
                    (Arc::clone(&behaviour), root.clone(), Arc::clone(&seen));
                async move { Ok::<_, Infallible>(answer(request, &behaviour, root, &seen).await) }
            });
            let http = hyper::server::conn::http1::Builder::new();
            match tls {
                None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                Some(tls) => {
                    if let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(stream).await {
                        drop(http.serve_connection(TokioIo::new(stream), service).await);
                    }
                }
            }
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    behaviour: &Behaviour,
    root: PathBuf,
    seen: &Mutex<Vec<Seen>>,
) -> Response<Full<Bytes>> {
    let line = format!("{} {}", request.method(), request.uri().path());
    let header =
        |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let authorization = header("authorization");
    let response = match behaviour.rule.as_ref().and_then(|rule| rule(&request)) {
        Some(response) => response,
        None => backend(request, behaviour.old, root).await,
    };
    let answered = Body::size_hint(response.body()).exact().unwrap_or_default() as usize;
    seen.lock().unwrap().push(Seen { line, authorization, answered });
    response
}

/// Runs `git http-backend` as a CGI program.
async fn backend(request: Request<Incoming>, old: bool, root: PathBuf) -> Response<Full<Bytes>> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let mut command = std::process::Command::new("git");
    isolated(&mut command)
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", request.uri().path())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("REQUEST_METHOD", request.method().as_str())
        .env("CONTENT_TYPE", header("content-type"))
        .env("GIT_PROTOCOL", if old { String::new() } else { header("git-protocol") })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn().unwrap();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut stdin = child.stdin.take().unwrap();
    let writing = tokio::spawn(async move { stdin.write_all(&body).await });
    let output = child.wait_with_output().await.unwrap().stdout;
    let _ = writing.await;
    from_cgi(&output)
}

fn from_cgi(output: &[u8]) -> Response<Full<Bytes>> {
    let end = output
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a CGI program prints headers");
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(&output[end + 4..])));
    for line in std::str::from_utf8(&output[..end]).unwrap().lines() {
        let (name, value) = line.split_once(": ").unwrap();
        if name == "Status" {
            *response.status_mut() = StatusCode::from_u16(value[..3].parse().unwrap()).unwrap();
        } else {
            let name = hyper::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            response.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
    }
    response
}
