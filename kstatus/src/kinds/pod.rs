//! `Pod`: by its phase.

use jiff::SignedDuration;

use crate::compute::Case;
use crate::containers::CrashLooping;
use crate::error::Error;
use crate::message::Message;
use crate::report::Report;
use crate::reported::Reported;
use crate::subject::Subject;
use crate::time;

/// How long the scheduler is given before a Pod counts as unschedulable.
const SCHEDULE_WINDOW: SignedDuration = SignedDuration::from_secs(15);

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(match case.status.text("phase", "") {
        "Succeeded" => Report::current(Message::PodSucceeded),
        "Failed" => Report::current(Message::PodFailed),
        "Running" => running(case)?,
        "Pending" => pending(case),
        "" => Report::in_progress(Message::PodNotObserved),
        phase => {
            let subject = Subject::of(case.outline.object).to_string();
            return Err(Error::UnknownPhase { subject, phase: phase.to_owned() });
        }
    })
}

fn running<'a>(case: &Case<'a, '_>) -> Result<Report<'a>, Error> {
    if case.conditions.with("Ready", "True").is_some() {
        return Ok(Report::current(Message::PodReady));
    }
    let crashing =
        CrashLooping::of(case.status).map_err(|misfit| misfit.of(case.outline.object))?;
    Ok(match crashing {
        Some(containers) => Report::failed(Message::CrashLooping { containers }),
        None => Report::in_progress(Message::PodNotReady),
    })
}

fn pending<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let scheduled = case.conditions.with("PodScheduled", "False");
    if scheduled.is_none_or(|condition| condition.reason != "Unschedulable") {
        Report::in_progress(Message::PodPending)
    } else if created_within_window(case) {
        Report::in_progress(Message::PodNotScheduled)
    } else {
        Report::failed(Message::PodUnschedulable)
    }
}

/// A Pod without a readable creation time is as old as can be.
fn created_within_window(case: &Case<'_, '_>) -> bool {
    let metadata = case.outline.metadata().ok();
    let created = metadata.and_then(|it| time::parse(it.text("creationTimestamp", "")));
    let Some(created) = created else { return false };
    (case.clock)().duration_since(created) < SCHEDULE_WINDOW
}

/// Whether the scheduler has said that no node fits, however long ago.
pub(crate) fn is_unschedulable(conditions: &Reported<'_>) -> bool {
    conditions.iter().any(|condition| {
        condition.kind == "PodScheduled"
            && condition.status == "False"
            && condition.reason == "Unschedulable"
    })
}
