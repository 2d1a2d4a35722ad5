//! Writing one object.

use std::time::Duration;

use serde_json::Value;

use super::Target;
use crate::cluster::{Precise, Run, code};
use crate::patience::{ATTEMPTS, may_pass, pause};
use crate::plan::{Item, Todo, Write, is_settled};
use crate::{Applier, Error, gone};

/// Writes an object and tells whether it is as it should be.
pub(super) async fn write(applier: &Applier, item: &Item, limit: Duration) -> Result<bool, Error> {
    let (Todo::Write(write), Some(desired)) = (&item.todo, &item.desired) else { return Ok(true) };
    let Write { take_over, payload, recreate } = &**write;
    if let Some(which) = recreate {
        make_room(applier, item, which, limit).await?;
    }
    if let Some(patch) = take_over {
        take(applier, item, patch).await?;
    }
    let answer = apply(applier, item, payload.as_ref().unwrap_or(desired)).await?;
    applier.baselines.note(item.id(), applier.baselines.print(&answer));
    Ok(!item.stage.must_settle() || is_settled(&answer))
}

async fn apply(applier: &Applier, item: &Item, payload: &Value) -> Result<Value, Error> {
    let (path, manager) = (item.path(), applier.manager.as_str());
    let answer = applier.cluster.apply(&path, payload, manager, Run::Real).await;
    answer.map_err(|error| Error::refused_with(item.id(), "apply", error, payload))
}

/// Makes fields of other managers ours. If the object was changed since the plan, from what it is now.
async fn take(applier: &Applier, item: &Item, planned: &Value) -> Result<(), Error> {
    let (path, manager) = (item.path(), applier.manager.as_str());
    let mut patch = planned.clone();
    for attempt in 1.. {
        match applier.cluster.json_patch(&path, &patch, manager).await {
            Err(error) if matches!(code(&error), 409 | 422) && attempt < ATTEMPTS => {}
            Err(error) if may_pass(&error) && attempt < ATTEMPTS => pause(attempt).await,
            Err(error) if code(&error) == 404 => return Ok(()), // nothing to take any more
            Err(error) => return Err(Error::refused(item.id(), "take over", error)),
            Ok(_) => return Ok(()),
        }
        let live = applier.cluster.find(&path).await;
        let live = live.map_err(|error| Error::refused(item.id(), "read", error))?;
        match live.and_then(|live| item.options.take_over.patch(&live, manager)) {
            Some(again) => patch = again,
            None => return Ok(()),
        }
    }
    Ok(())
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
