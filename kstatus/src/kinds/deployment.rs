//! `Deployment`: the new `ReplicaSet` has taken over and is available.

use crate::compute::Case;
use crate::error::Error;
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(deadline_exceeded(case)
        .or_else(|| replicas_off(case))
        .or_else(|| rollout_unfinished(case))
        .unwrap_or_else(|| {
            let replicas = case.status("replicas", 0);
            Report::current(Message::Complete { workload: Workload::Deployment, replicas })
        }))
}

fn deadline_exceeded<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    let mut progressing = case.conditions.iter().filter(|it| it.kind() == "Progressing");
    let exceeded = progressing.find(|it| it.reason() == "ProgressDeadlineExceeded")?;
    Some(Report::failed(Message::DeadlineExceeded { detail: exceeded.message() }))
}

fn replicas_off<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    let wanted = case.spec("replicas", 1);
    let replicas = case.status("replicas", 0);
    let updated = case.status("updatedReplicas", 0);
    fewer(Count::Replicas, replicas, wanted)
        .or_else(|| fewer(Count::Updated, updated, wanted))
        .or_else(|| extra(replicas, wanted))
        .or_else(|| fewer(Count::Available, case.status("availableReplicas", 0), updated))
        .or_else(|| fewer(Count::Ready, case.status("readyReplicas", 0), wanted))
}

fn rollout_unfinished<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    // Without a deadline, which i32::MAX stands for, the controller sets no `Progressing`.
    let no_deadline = i64::from(i32::MAX);
    let unlimited = case.spec("progressDeadlineSeconds", no_deadline) == no_deadline;
    let rolled_out = || {
        case.conditions.iter().any(|it| {
            it.kind() == "Progressing"
                && it.status() == "True"
                && it.reason() == "NewReplicaSetAvailable"
        })
    };
    if !unlimited && !rolled_out() {
        return Some(Report::in_progress(Message::ReplicaSetNotAvailable));
    }
    let available = case.conditions.with("Available", "True").is_some();
    (!available).then_some(Report::in_progress(Message::DeploymentNotAvailable))
}
