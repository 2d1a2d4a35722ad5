//! `DaemonSet`: every node that should have a Pod has the new one, ready.

use serde_json::Value;

use crate::compute::{Case, GENERATION, OBSERVED_GENERATION};
use crate::error::{Error, Misfit};
use crate::fields::strict_int;
use crate::kinds::fewer;
use crate::message::{Count, Message, Workload};
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    let unseen = unseen(case).map_err(|misfit| misfit.of(case.outline.object))?;
    Ok(unseen.or_else(|| nodes_lacking(case)).unwrap_or_else(|| {
        let replicas = desired(case);
        Report::current(Message::Complete { workload: Workload::DaemonSet, replicas })
    }))
}

/// Elsewhere a missing generation is let pass. A `DaemonSet` that its controller has seen has both.
fn unseen<'a>(case: Case<'a, '_>) -> Result<Option<Report<'a>>, Misfit> {
    let kind = case.outline.kind;
    let present = |path, value: Option<&Value>| Ok(strict_int(path, value)?.is_some());
    Ok(if !present(GENERATION, case.outline.metadata()?.get("generation"))? {
        Some(Report::in_progress(Message::NoGeneration { kind }))
    } else if !present(OBSERVED_GENERATION, case.status.get("observedGeneration"))? {
        Some(Report::in_progress(Message::NoObservedGeneration { kind }))
    } else {
        None
    })
}

fn nodes_lacking<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    let desired = desired(case);
    if desired == UNCOUNTED {
        return Some(Report::in_progress(Message::NoDesiredNumber));
    }
    let [scheduled, updated, available, ready] = case.status.counts([
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberReady",
    ]);
    fewer(Count::Scheduled, scheduled, desired)
        .or_else(|| fewer(Count::Updated, updated, desired))
        .or_else(|| fewer(Count::Available, available, desired))
        .or_else(|| fewer(Count::Ready, ready, desired))
}

fn desired(case: Case<'_, '_>) -> i64 {
    case.status.int("desiredNumberScheduled", UNCOUNTED)
}

const UNCOUNTED: i64 = -1;
