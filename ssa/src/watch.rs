//! Following objects of a kind, whatever happens to the connection.

use std::convert::Infallible;
use std::time::Duration;

use futures::StreamExt;
use kube::Error;
use kube::core::WatchEvent;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::cluster::{Cluster, Selected, code};

/// What is seen of the objects of a kind.
pub(crate) enum Event<'e> {
    /// All of them are about to be told.
    Listing,
    /// One is there, or has changed.
    There(&'e Value),
    /// One is gone.
    Gone(&'e Value),
    /// All that are there have been told.
    Listed,
}

/// Lists the objects, then watches them from there, for ever; lists again where the watch cannot go on.
///
/// # Errors
///
/// When the server does not let us, which no repetition changes.
pub(crate) async fn follow(
    cluster: &Cluster,
    of: &Selected,
    mut tell: impl FnMut(Event<'_>),
) -> Result<Infallible, Error> {
    let (mut version, mut pause) = (String::new(), FIRST_PAUSE);
    loop {
        let error = match once(cluster, of, &mut version, &mut tell).await {
            Ok(()) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Err(error) => error,
        };
        match code(&error) {
            401 | 403 | 405 => return Err(error),
            404 | 410 => version.clear(), // a kind may be defined again; a version may be too old
            _ => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn once(
    cluster: &Cluster,
    of: &Selected,
    version: &mut String,
    tell: &mut impl FnMut(Event<'_>),
) -> Result<(), Error> {
    if version.is_empty() {
        *version = list(cluster, of, tell).await?;
    }
    let mut events = Box::pin(cluster.watch(of, version).await?);
    // A server that says nothing for so long, not even how far it is, may be gone.
    while let Ok(Some(event)) = timeout(SILENCE, events.next()).await {
        let object = match event? {
            WatchEvent::Error(status) => return Err(Error::Api(status)),
            WatchEvent::Bookmark(bookmark) => {
                *version = bookmark.metadata.resource_version;
                continue;
            }
            WatchEvent::Deleted(object) => {
                tell(Event::Gone(&object));
                object
            }
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                tell(Event::There(&object));
                object
            }
        };
        *version = crate::object::resource_version(&object).to_owned();
    }
    Ok(())
}

async fn list(
    cluster: &Cluster,
    of: &Selected,
    tell: &mut impl FnMut(Event<'_>),
) -> Result<String, Error> {
    tell(Event::Listing);
    let mut token = String::new();
    loop {
        let page = cluster.page(of, &token).await?;
        page.items.iter().for_each(|object| tell(Event::There(object)));
        if page.next.is_empty() {
            tell(Event::Listed);
            return Ok(page.version);
        }
        token = page.next;
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(90);
