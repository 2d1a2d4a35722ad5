//! Writing one object.

use std::time::Duration;

use futures::FutureExt;
use serde_json::Value;

use super::Target;
use crate::answer::Answer;
use crate::cluster::{Precise, Run, code};
use crate::patience::{ATTEMPTS, may_pass, pause};
use crate::plan::{Item, Todo, Write, is_settled};
use crate::{Applier, Error, gone};

/// Writes an object and tells whether it is as it should be.
pub(super) async fn write(applier: &Applier, item: &Item, limit: Duration) -> Result<bool, Error> {
    let (Todo::Write(write), Some(desired)) = (&item.todo, &item.desired) else { return Ok(true) };
    let Write { touch_up: patch, payload, recreate } = &**write;
    if let Some(which) = recreate {
        make_room(applier, item, which, limit).boxed().await?;
    }
    if let Some(patch) = patch {
        touch_up(applier, item, patch).boxed().await?;
    }
    let answer = apply(applier, item, payload.as_ref().unwrap_or(desired)).await?;
    let unread = |error| Error::refused(item.id(), "apply", error);
    item.note(applier, &answer).map_err(unread)?;
    Ok(!item.stage.must_settle() || is_settled(&answer.value().map_err(unread)?))
}

async fn apply(applier: &Applier, item: &Item, payload: &Value) -> Result<Answer, Error> {
    let (path, manager) = (item.path(), applier.manager.as_str());
    let answer = applier.cluster.apply(&path, payload, manager, Run::Real).await;
    answer.map_err(|error| Error::refused_with(item.id(), "apply", error, payload))
}

/// Puts right what has to be before an apply. If the object was changed since the plan, from what it is
/// now.
pub(crate) async fn touch_up(applier: &Applier, item: &Item, planned: &Value) -> Result<(), Error> {
    let (path, manager) = (item.path(), applier.manager.as_str());
    let mut patch = planned.clone();
    for attempt in 1..=ATTEMPTS {
        let live = match applier.cluster.json_patch(&path, &patch, manager).await {
            // What the server filled in became ours by this write, and is put right too.
            Ok(live) => live,
            Err(error) if code(&error) == 404 => return Ok(()), // nothing is there any more
            Err(error) => {
                let outdated = matches!(code(&error), 409 | 422);
                if attempt == ATTEMPTS || !outdated && !may_pass(&error) {
                    return Err(Error::refused(item.id(), "take over", error));
                }
                if !outdated {
                    pause(attempt).await;
                }
                let found = applier.cluster.find(&path).await;
                let found = found.map_err(|error| Error::refused(item.id(), "read", error))?;
                let Some(live) = found else { return Ok(()) };
                live
            }
        };
        match item.touch_up(applier, &live) {
            Some(again) => patch = again.patch,
            None => return Ok(()),
        }
    }
    Ok(()) // somebody keeps writing as we do not: the next plan says so
}

/// Deletes the object that cannot be changed, exactly that one, and waits until it is gone.
async fn make_room(
    applier: &Applier,
    item: &Item,
    which: &Precise,
    limit: Duration,
) -> Result<(), Error> {
    let (path, mut now) = (item.path(), which.clone());
    for attempt in 1.. {
        match applier.cluster.delete(&path, &now).await {
            Err(error) if code(&error) == 404 => return Ok(()),
            Err(error) if code(&error) == 409 && attempt < ATTEMPTS => {
                let live = applier.cluster.find(&path).await;
                let live = live.map_err(|error| Error::refused(item.id(), "read", error))?;
                let Some(live) = live else { return Ok(()) };
                now = Precise::of(&live);
                // Changed by somebody, it is still the one; another in its place is not.
                if now.uid != which.uid || applier.policies.excludes(&live) {
                    return Err(Error::refused(item.id(), "delete", error));
                }
            }
            Err(error) if may_pass(&error) && attempt < ATTEMPTS => pause(attempt).await,
            Err(error) => return Err(Error::refused(item.id(), "delete", error)),
            Ok(_) => break,
        }
    }
    gone::wait(applier, &[(Target::of(item), which.uid.clone())], limit).await
}
