//! Waiting until objects are gone.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{Either, select};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::apply::Target;
use crate::cluster::Selected;
use crate::plan::CONCURRENCY;
use crate::watch::{self, Event};
use crate::{Applier, Error, object};

/// Waits until no object has one of these ids and uids any more.
pub(crate) async fn wait(
    applier: &Applier,
    objects: &[(Target, String)],
    limit: Duration,
) -> Result<(), Error> {
    let deadline = Instant::now() + limit;
    let waits = (0..objects.len()).map(|index| {
        let (target, uid) = &objects[index];
        one_until(applier, target, uid, deadline).boxed()
    });
    let answers: Vec<_> = stream::iter(waits).buffered(CONCURRENCY).collect().await;
    Error::of_all(answers.into_iter().filter_map(Result::err).collect()).map_or(Ok(()), Err)
}

async fn one_until(
    applier: &Applier,
    target: &Target,
    uid: &str,
    deadline: Instant,
) -> Result<(), Error> {
    match timeout_at(deadline, one(applier, target, uid)).await {
        Ok(gone) => gone.map_err(|error| Error::refused(&target.id, "watch", error)),
        Err(_) => Err(Error::NotReady {
            message: format!("timeout waiting for: [{} status: 'Terminating']", target.id),
            timed_out: true,
        }),
    }
}

async fn one(applier: &Applier, target: &Target, uid: &str) -> Result<(), kube::Error> {
    let (gone, there) = (Notify::new(), Mutex::new(false));
    let of = Selected::named(&target.endpoint, &target.id);
    let told = |event: Event<'_>| {
        let mut there = there.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Listing => *there = false,
            Event::There(live) => *there = object::uid(live) == uid,
            Event::Gone(live) if object::uid(live) == uid => gone.notify_one(),
            Event::Listed if !*there => gone.notify_one(),
            _ => {}
        }
    };
    let follow = std::pin::pin!(watch::follow(&applier.cluster, &of, told));
    match select(follow, std::pin::pin!(gone.notified())).await {
        Either::Left((Err(error), _)) => Err(error),
        Either::Left((Ok(never), _)) => match never {},
        Either::Right(_) => Ok(()),
    }
}
