//! A response body that does not wait for ever.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::Error;

/// What the server sends, and how long each part of it may take.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Incoming,
    server: String,
    /// `None` for streams, which are silent for as long as nothing happens.
    patience: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Answer {
    pub(crate) fn new(body: Incoming, server: &str, limit: Option<Duration>) -> Self {
        let patience = limit.map(|limit| (limit, Box::pin(sleep(limit))));
        Self { body, server: server.to_owned(), patience }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some((limit, sleep)) = &mut this.patience {
                sleep.as_mut().reset(Instant::now() + *limit);
            }
            let broken = |source| Error::Broken { server: this.server.clone(), source };
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| broken(error.into()))));
        }
        let Some((limit, sleep)) = &mut this.patience else { return Poll::Pending };
        let limit = *limit;
        sleep.as_mut().poll(cx).map(|()| {
            let server = this.server.clone();
            Some(Err(Error::Timeout { server, limit }))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The parts of an answer, which are copied only if there are several.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    first: Bytes,
    all: Vec<u8>,
}

impl Parts {
    pub(crate) fn add(&mut self, part: Bytes) {
        if self.first.is_empty() {
            self.first = part;
            return;
        }
        if self.all.is_empty() {
            self.all.extend_from_slice(&self.first);
        }
        self.all.extend_from_slice(&part);
    }

    pub(crate) fn join(self) -> Bytes {
        if self.all.is_empty() { self.first } else { Bytes::from(self.all) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_order() {
        let join = |parts: &[&'static str]| {
            let mut all = Parts::default();
            parts.iter().for_each(|part| all.add(Bytes::from_static(part.as_bytes())));
            all.join()
        };
        assert_eq!(join(&[]), "");
        assert_eq!(join(&["one"]), "one");
        assert_eq!(join(&["", "one", "", "two", "three"]), "onetwothree");
    }
}
