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
    let wanted = case.spec("replicas", 1);
    let replicas = case.status("replicas", 0);
    let complete = Message::Complete { workload: Workload::ReplicaSet, replicas };
    Ok(fewer(Count::Labelled, case.status("fullyLabeledReplicas", 0), wanted)
        .or_else(|| fewer(Count::Available, case.status("availableReplicas", 0), wanted))
        .or_else(|| fewer(Count::Ready, case.status("readyReplicas", 0), wanted))
        .or_else(|| extra(replicas, wanted))
        .unwrap_or_else(|| Report::current(complete)))
}
