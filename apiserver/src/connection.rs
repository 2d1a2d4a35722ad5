//! One connection: HTTP over a stream that can be cut, and only after what was said before has left.

use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

use crate::http::{Shared, respond};

/// HTTP/1.1 or HTTP/2, as the client begins.
pub(crate) async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Answers are small and waited for; without this a watch event may sit in the kernel.
    let _best_effort = stream.set_nodelay(true);
    let cut = Arc::new(Notify::new());
    let of_requests = Arc::clone(&cut);
    let service =
        service_fn(move |request| respond(Arc::clone(&shared), request, Arc::clone(&of_requests)));
    let stuck = Arc::new(AtomicBool::new(false));
    let (inward, outward) = stream.into_split();
    let inward = Inlet(Arc::new(Mutex::new(inward)));
    let ends = Ends { inward: inward.clone(), outward, stuck: Arc::clone(&stuck) };
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut serving = Box::pin(builder.serve_connection(TokioIo::new(ends), service));
    let mut cut = pin!(cut.notified());
    let mut cutting = false;
    let is_cut = std::future::poll_fn(|cx| {
        // A connection that breaks concerns its client only.
        if serving.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        if !cutting && cut.as_mut().poll(cx).is_ready() {
            cutting = true;
            // What was said before the cut may have come in since.
            if serving.as_mut().poll(cx).is_ready() {
                return Poll::Ready(false);
            }
        }
        match cutting && !stuck.load(Ordering::Relaxed) {
            true => Poll::Ready(true),
            false => Poll::Pending,
        }
    })
    .await;
    // The end is told behind all that was said.
    drop(serving);
    if is_cut {
        let _late = tokio::time::timeout(LINGER, inward.drain()).await;
    }
}

/// How long a client that was cut off may take to leave.
const LINGER: Duration = Duration::from_secs(5);

/// What comes in over a connection.
#[derive(Clone)]
struct Inlet(Arc<Mutex<OwnedReadHalf>>);

impl Inlet {
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut half = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *half).poll_read(cx, buffer)
    }

    /// Takes what the client says until it leaves. A connection that is closed before, with something
    /// unread, is reset, and a client that notices it while it writes forgets what it has not read.
    async fn drain(&self) {
        std::future::poll_fn(|cx| {
            let mut space = [0; 4096];
            loop {
                let mut buffer = ReadBuf::new(&mut space);
                let read = ready!(self.poll_read(cx, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    return Poll::Ready(());
                }
            }
        })
        .await;
    }
}

/// Both ends of a connection; it knows whether something waits to leave.
struct Ends {
    inward: Inlet,
    outward: OwnedWriteHalf,
    stuck: Arc<AtomicBool>,
}

impl Ends {
    fn noted<T>(&self, written: Poll<T>) -> Poll<T> {
        self.stuck.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl AsyncRead for Ends {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.inward.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Ends {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.outward).poll_write(cx, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.outward).poll_write_vectored(cx, bytes);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.outward.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.outward).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.outward).poll_shutdown(cx)
    }
}
