//! `DaemonSet`: every node that should have a Pod has the new one, ready.

use crate::compute::Case;
use crate::error::Error;
use crate::fields::{GENERATION, OBSERVED_GENERATION, strict_int};
use crate::kinds::fewer;
use crate::message::{Count, Message, Workload};
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    if let Some(report) = unseen(case)? {
        return Ok(report);
    }
    let desired = case.status("desiredNumberScheduled", -1);
    if desired == -1 {
        return Ok(Report::in_progress(Message::NoDesiredNumber));
    }
    let lacking = |what, key| fewer(what, case.status(key, 0), desired);
    let complete = Message::Complete { workload: Workload::DaemonSet, replicas: desired };
    Ok(lacking(Count::Scheduled, "currentNumberScheduled")
        .or_else(|| lacking(Count::Updated, "updatedNumberScheduled"))
        .or_else(|| lacking(Count::Available, "numberAvailable"))
        .or_else(|| lacking(Count::Ready, "numberReady"))
        .unwrap_or_else(|| Report::current(complete)))
}

/// Elsewhere a missing generation is let pass. A `DaemonSet` that its controller has seen has both.
fn unseen<'a>(case: Case<'a, '_>) -> Result<Option<Report<'a>>, Error> {
    let Case { object, kind, .. } = case;
    let present =
        |path| Ok(strict_int(object, path).map_err(|misfit| misfit.of(object))?.is_some());
    Ok(if !present(GENERATION)? {
        Some(Report::in_progress(Message::NoGeneration { kind }))
    } else if !present(OBSERVED_GENERATION)? {
        Some(Report::in_progress(Message::NoObservedGeneration { kind }))
    } else {
        None
    })
}
