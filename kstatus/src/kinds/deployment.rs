//! `Deployment`: the new `ReplicaSet` has taken over and is available.

use crate::compute::Case;
use crate::fields::int;
use crate::kinds::{extra, fewer};
use crate::message::{Count, Message, Workload};
use crate::report::Report;

/// Which of the counts, in the order in which they are used, a field of the status is.
pub(super) fn place(field: &str) -> Option<usize> {
    Some(match field {
        "replicas" => 0,
        "updatedReplicas" => 1,
        "readyReplicas" => 2,
        "availableReplicas" => 3,
        _ => return None,
    })
}

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let rollout = Rollout::of(case);
    if let Some(detail) = rollout.deadline_exceeded {
        return Report::failed(Message::DeadlineExceeded { detail });
    }
    let [wanted, deadline] = case.outline.spec().pick(["replicas", "progressDeadlineSeconds"]);
    let wanted = int(wanted, 1);
    let [replicas, updated, ready, available] = case.counts();
    let complete = Message::Complete { workload: Workload::Deployment, replicas };
    // Without a deadline, which i32::MAX stands for, the controller sets no `Progressing`.
    let no_deadline = i64::from(i32::MAX);
    let unlimited = int(deadline, no_deadline) == no_deadline;
    fewer(Count::Replicas, replicas, wanted)
        .or_else(|| fewer(Count::Updated, updated, wanted))
        .or_else(|| extra(replicas, wanted))
        .or_else(|| fewer(Count::Available, available, updated))
        .or_else(|| fewer(Count::Ready, ready, wanted))
        .or_else(|| rollout.unfinished(unlimited))
        .unwrap_or_else(|| Report::current(complete))
}

/// What the conditions say.
#[derive(Clone, Copy, Default)]
struct Rollout<'a> {
    /// The message that goes with it.
    deadline_exceeded: Option<&'a str>,
    replica_set_available: bool,
    available: bool,
}

impl<'a> Rollout<'a> {
    fn of(case: &Case<'a, '_>) -> Self {
        let mut rollout = Self::default();
        for condition in case.conditions.iter() {
            match (condition.kind, condition.status, condition.reason) {
                ("Progressing", _, "ProgressDeadlineExceeded") => {
                    rollout.deadline_exceeded.get_or_insert(condition.message);
                }
                ("Progressing", "True", "NewReplicaSetAvailable") => {
                    rollout.replica_set_available = true;
                }
                ("Available", "True", _) => rollout.available = true,
                _ => {}
            }
        }
        rollout
    }

    fn unfinished(self, unlimited: bool) -> Option<Report<'a>> {
        if !unlimited && !self.replica_set_available {
            return Some(Report::in_progress(Message::ReplicaSetNotAvailable));
        }
        (!self.available).then_some(Report::in_progress(Message::DeploymentNotAvailable))
    }
}
