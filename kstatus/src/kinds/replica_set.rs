//! `ReplicaSet`: as many labelled, available and ready replicas as asked for, and no more.

use crate::compute::Case;
use crate::error::Error;
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    if case.conditions.with("ReplicaFailure", "True").is_some() {
        return Ok(Report::in_progress(Message::ReplicaFailure));
    }
    let wanted = case.outline.spec().int("replicas", 1);
    let [replicas, labelled, available, ready] = case.status.counts([
        "replicas",
        "fullyLabeledReplicas",
        "availableReplicas",
        "readyReplicas",
    ]);
    let complete = Message::Complete { workload: Workload::ReplicaSet, replicas };
    Ok(fewer(Count::Labelled, labelled, wanted)
        .or_else(|| fewer(Count::Available, available, wanted))
        .or_else(|| fewer(Count::Ready, ready, wanted))
        .or_else(|| extra(replicas, wanted))
        .unwrap_or_else(|| Report::current(complete)))
}
