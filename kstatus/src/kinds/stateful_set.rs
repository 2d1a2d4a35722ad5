//! `StatefulSet`: counted only, its controller sets no conditions.

use crate::compute::Case;
use crate::error::Error;
use crate::fields::{int, text};
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    if text(case.object, &["spec", "updateStrategy", "type"], "") == "OnDelete" {
        return Ok(Report::current(Message::OnDelete));
    }
    let wanted = case.spec("replicas", 1);
    let replicas = case.status("replicas", 0);
    Ok(fewer(Count::Replicas, replicas, wanted)
        .or_else(|| fewer(Count::Ready, case.status("readyReplicas", 0), wanted))
        .or_else(|| extra(replicas, wanted))
        .or_else(|| partition(case, wanted))
        .or_else(|| fewer(Count::CurrentRevision, case.status("currentReplicas", 0), wanted))
        .or_else(|| revision_mismatch(case))
        .unwrap_or_else(|| {
            Report::current(Message::Complete { workload: Workload::StatefulSet, replicas })
        }))
}

/// With a partition, only the replicas beyond it are waited for, and nothing else is asked.
fn partition<'a>(case: Case<'a, '_>, wanted: i64) -> Option<Report<'a>> {
    const NONE: i64 = -1;
    let path = &["spec", "updateStrategy", "rollingUpdate", "partition"];
    let partition = int(case.object, path, NONE);
    if partition == NONE {
        return None;
    }
    let updated = case.status("updatedReplicas", 0);
    let complete = Report::current(Message::PartitionComplete { updated });
    Some(fewer(Count::Partition, updated, wanted.wrapping_sub(partition)).unwrap_or(complete))
}

fn revision_mismatch<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    let current = text(case.object, &["status", "currentRevision"], "");
    let update = text(case.object, &["status", "updateRevision"], "");
    (current != update).then_some(Report::in_progress(Message::RevisionMismatch))
}
