//! `StatefulSet`: counted only, its controller sets no conditions.

use serde_json::Value;

use crate::compute::Case;
use crate::fields::{Fields, int};
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

/// Which of the counts, in the order in which they are used, a field of the status is.
pub(super) fn place(field: &str) -> Option<usize> {
    Some(match field {
        "replicas" => 0,
        "readyReplicas" => 1,
        "updatedReplicas" => 2,
        "currentReplicas" => 3,
        "currentRevision" => 4,
        "updateRevision" => 5,
        _ => return None,
    })
}

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let [wanted, strategy] = case.outline.spec().pick(["replicas", "updateStrategy"]);
    let (wanted, strategy) = (int(wanted, 1), Fields::of(strategy));
    if strategy.text("type", "") == "OnDelete" {
        return Report::current(Message::OnDelete);
    }
    let [replicas, ready, updated, current] = case.counts();
    let complete = Message::Complete { workload: Workload::StatefulSet, replicas };
    fewer(Count::Replicas, replicas, wanted)
        .or_else(|| fewer(Count::Ready, ready, wanted))
        .or_else(|| extra(replicas, wanted))
        .or_else(|| partition(strategy, updated, wanted))
        .or_else(|| fewer(Count::CurrentRevision, current, wanted))
        .or_else(|| revision_mismatch(case))
        .unwrap_or_else(|| Report::current(complete))
}

/// With a partition, only the replicas beyond it are waited for, and nothing else is asked.
fn partition<'a>(strategy: Fields<'a>, updated: i64, wanted: i64) -> Option<Report<'a>> {
    const NONE: i64 = -1;
    let partition = strategy.within("rollingUpdate").int("partition", NONE);
    if partition == NONE {
        return None;
    }
    let complete = Report::current(Message::PartitionComplete { updated });
    Some(fewer(Count::Partition, updated, wanted.wrapping_sub(partition)).unwrap_or(complete))
}

fn revision_mismatch<'a>(case: &Case<'a, '_>) -> Option<Report<'a>> {
    let [.., current, update] = case.counted;
    let [current, update] =
        [current, update].map(|it| it.and_then(Value::as_str).unwrap_or_default());
    (current != update).then_some(Report::in_progress(Message::RevisionMismatch))
}
