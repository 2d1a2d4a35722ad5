//! `DaemonSet`: every node that should have a Pod has the new one, ready.

use crate::compute::Case;
use crate::fields::int;
use crate::kinds::fewer;
use crate::message::{Count, Message, Workload};
use crate::report::Report;

/// Which of the counts, in the order in which they are used, a field of the status is.
pub(super) fn place(field: &str) -> Option<usize> {
    Some(match field {
        "desiredNumberScheduled" => 0,
        "currentNumberScheduled" => 1,
        "updatedNumberScheduled" => 2,
        "numberAvailable" => 3,
        "numberReady" => 4,
        _ => return None,
    })
}

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    if let Some(report) = unseen(case) {
        return report;
    }
    let [desired, scheduled, updated, available, ready, _] = case.counted;
    let replicas = int(desired, UNCOUNTED);
    if replicas == UNCOUNTED {
        return Report::in_progress(Message::NoDesiredNumber);
    }
    let lacking = |what, have| fewer(what, int(have, 0), replicas);
    let complete = Message::Complete { workload: Workload::DaemonSet, replicas };
    lacking(Count::Scheduled, scheduled)
        .or_else(|| lacking(Count::Updated, updated))
        .or_else(|| lacking(Count::Available, available))
        .or_else(|| lacking(Count::Ready, ready))
        .unwrap_or_else(|| Report::current(complete))
}

/// Elsewhere a missing generation is let pass. A `DaemonSet` that its controller has seen has both.
fn unseen<'a>(case: &Case<'a, '_>) -> Option<Report<'a>> {
    let kind = case.outline.kind;
    match (case.generation, case.observed) {
        (None, _) => Some(Report::in_progress(Message::NoGeneration { kind })),
        (_, None) => Some(Report::in_progress(Message::NoObservedGeneration { kind })),
        _ => None,
    }
}

const UNCOUNTED: i64 = -1;
