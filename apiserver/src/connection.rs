//! One connection: HTTP over a stream that can be cut, and only after what was said before has left.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
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
    let outlet = Outlet { stream, stuck: Arc::clone(&stuck) };
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut serving = pin!(builder.serve_connection(TokioIo::new(outlet), service));
    let mut cut = pin!(cut.notified());
    let mut cutting = false;
    std::future::poll_fn(|cx| {
        // A connection that breaks concerns its client only.
        if serving.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if !cutting && cut.as_mut().poll(cx).is_ready() {
            cutting = true;
            // What was said before the cut may have come in since.
            if serving.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
        }
        match cutting && !stuck.load(Ordering::Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

/// A connection's stream; it knows whether something waits to leave.
struct Outlet {
    stream: TcpStream,
    stuck: Arc<AtomicBool>,
}

impl Outlet {
    fn noted<T>(&self, written: Poll<T>) -> Poll<T> {
        self.stuck.store(written.is_pending(), Ordering::Relaxed);
        written
    }
}

impl AsyncRead for Outlet {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Outlet {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
