//! A server that does what a test tells it, and remembers what it was asked.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream;
use gotk_client::{Options, Transport};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type Body = StreamBody<stream::BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;
type Handler = dyn Fn(usize) -> BoxFuture<'static, Response<Body>> + Send + Sync;

/// A running server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<http::request::Parts>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers the n-th request (from 0) with what `handler` gives.
    pub(crate) async fn start<F>(handler: impl Fn(usize) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response<Body>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Handler> = Arc::new(move |index| Box::pin(handler(index)));
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn(serve(listener, Arc::clone(&seen), handler, Arc::clone(&connections)));
        Self { url, seen, connections }
    }

    pub(crate) fn transport(&self, options: Options) -> Transport {
        self.transport_below("", options)
    }

    /// To a server that stands behind a path.
    pub(crate) fn transport_below(&self, path: &str, options: Options) -> Transport {
        let mut config = kube::Config::new(format!("{}{path}", self.url).parse().unwrap());
        config.default_namespace = "shop".to_owned();
        Transport::new(&config, options).unwrap()
    }

    /// Waits until it was asked so often.
    pub(crate) async fn was_asked(&self, times: usize) {
        while self.requests() < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The connections that were opened so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// What the last request asked for.
    pub(crate) fn last_uri(&self) -> String {
        self.seen.lock().unwrap().last().expect("a request").uri.to_string()
    }

    /// The values of a header in the last request.
    pub(crate) fn last_header(&self, name: &str) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let headers = &seen.last().expect("a request").headers;
        headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }
}

async fn serve(
    listener: TcpListener,
    seen: Arc<Mutex<Vec<http::request::Parts>>>,
    handler: Arc<Handler>,
    connections: Arc<AtomicUsize>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let (seen, handler) = (Arc::clone(&seen), Arc::clone(&handler));
        let service = service_fn(move |request: Request<Incoming>| {
            let index = {
                let mut seen = seen.lock().unwrap();
                seen.push(request.into_parts().0);
                seen.len() - 1
            };
            let answer = handler(index);
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let connection = hyper::server::conn::http1::Builder::new();
        tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
    }
}

/// An object, as a GET answers.
pub(crate) fn object() -> Response<Body> {
    let text = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#;
    answer(200, text)
}

/// A refusal, as the server words it.
pub(crate) fn refusal(code: u16, retry_after: Option<u64>) -> Response<Body> {
    let text = format!(r#"{{"kind":"Status","status":"Failure","message":"no","code":{code}}}"#);
    let mut response = answer(code, &text);
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

pub(crate) fn answer(code: u16, text: &str) -> Response<Body> {
    let frame = Frame::data(Bytes::from(text.to_owned()));
    let mut response = Response::new(StreamBody::new(stream::once(async { Ok(frame) }).boxed()));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

/// An answer in so many parts.
pub(crate) fn in_parts(parts: usize) -> Response<Body> {
    let parts = (0..parts).map(|part| Ok(Frame::data(Bytes::from(format!("{part},")))));
    Response::new(StreamBody::new(stream::iter(parts.collect::<Vec<_>>()).boxed()))
}

/// The beginning of an answer that never ends.
pub(crate) fn half_an_object() -> Response<Body> {
    let begin = stream::once(async { Ok(Frame::data(Bytes::from_static(b"{\"kind\":"))) });
    Response::new(StreamBody::new(begin.chain(stream::pending()).boxed()))
}

/// Options that repeat without much of a wait.
pub(crate) fn hasty() -> Options {
    let mut options = Options::default();
    options.retries.first_wait = Duration::from_millis(1);
    options
}

/// The same, for servers that never answer.
pub(crate) fn impatient() -> Options {
    let mut options = hasty();
    options.answer_limit = Duration::from_millis(300);
    options
}
