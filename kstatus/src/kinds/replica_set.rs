//! `ReplicaSet`: as many labelled, available and ready replicas as asked for, and no more.

use crate::compute::Case;
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

/// Which of the counts, in the order in which they are used, a field of the status is.
pub(super) fn place(field: &str) -> Option<usize> {
    Some(match field {
        "replicas" => 0,
        "fullyLabeledReplicas" => 1,
        "availableReplicas" => 2,
        "readyReplicas" => 3,
        _ => return None,
    })
}

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    if case.conditions.with("ReplicaFailure", "True").is_some() {
        return Report::in_progress(Message::ReplicaFailure);
    }
    let wanted = case.outline.spec().int("replicas", 1);
    let [replicas, labelled, available, ready] = case.counts();
    let complete = Message::Complete { workload: Workload::ReplicaSet, replicas };
    fewer(Count::Labelled, labelled, wanted)
        .or_else(|| fewer(Count::Available, available, wanted))
        .or_else(|| fewer(Count::Ready, ready, wanted))
        .or_else(|| extra(replicas, wanted))
        .unwrap_or_else(|| Report::current(complete))
}
