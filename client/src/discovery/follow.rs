//! Noticing that others change what is served.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::{Either, join, select};
use http::Request;
use http::header::ACCEPT;
use kube::core::WatchEvent;
use serde::de::IgnoredAny;
use tokio::time::{Instant, sleep, sleep_until};

use super::Discovery;

impl Discovery {
    /// Watches definitions and API services, for ever, and has the list read again whenever one comes,
    /// changes or goes. Run it beside whatever resolves kinds; dropping it ends the watches.
    ///
    /// Only metadata comes over the wire. Where the watch is not allowed it is tried again every few
    /// minutes, and everything works as without it.
    pub async fn follow(&self) -> Infallible {
        match join(self.follow_all(DEFINITIONS), self.follow_all(API_SERVICES)).await {}
    }

    async fn follow_all(&self, path: &str) -> Infallible {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.follow_once(path).await {
                Ok(()) => pause = FIRST_PAUSE,
                Err(_) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
            sleep(pause).await;
        }
    }

    /// Expires the list with every event, and once more when the server has had the time to list what
    /// it tells: its list is made from the same events, a moment later. A watch without a version
    /// begins with what there is, so nothing is missed between two.
    async fn follow_once(&self, path: &str) -> Result<(), kube::Error> {
        let request = Request::get(path).header(ACCEPT, METADATA);
        let request = request.body(Vec::new()).map_err(kube::Error::HttpError)?;
        let events = self.0.client.request_events::<IgnoredAny>(request).await?;
        let mut events = pin!(events);
        let mut again = None;
        loop {
            match select(events.try_next(), pin!(moment(again))).await {
                Either::Left((event, _)) => match event? {
                    Some(WatchEvent::Bookmark(_)) => {}
                    Some(WatchEvent::Error(status)) => return Err(kube::Error::Api(status)),
                    Some(_) => {
                        self.expire();
                        again = Some(Instant::now() + LAG);
                    }
                    None => return Ok(()),
                },
                Either::Right(((), _)) => {
                    self.expire();
                    again = None;
                }
            }
        }
    }
}

async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

const DEFINITIONS: &str =
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?watch=true&timeoutSeconds=290";
const API_SERVICES: &str =
    "/apis/apiregistration.k8s.io/v1/apiservices?watch=true&timeoutSeconds=290";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// How long the server's own list takes to follow what it has stored.
const LAG: Duration = Duration::from_secs(3);

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(240);
