//! Rules for the kinds Kubernetes itself brings, found by group and kind; the version is ignored.

mod claim;
mod daemon_set;
mod definition;
mod deployment;
pub(crate) mod job;
pub(crate) mod pod;
mod replica_set;
mod service;
mod stateful_set;

use serde_json::Value;

use crate::compute::Case;
use crate::error::Error;
use crate::fields::Fields;
use crate::message::{Count, Message};
use crate::report::Report;

/// A kind with a rule.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    AlwaysCurrent,
    Claim,
    DaemonSet,
    Definition,
    Deployment,
    DisruptionBudget,
    Job,
    Pod,
    ReplicaSet,
    Service,
    StatefulSet,
}

/// The most fields of a status that a rule always looks at.
pub(crate) const MOST_COUNTED: usize = 6;

/// What every rule looks at, and what this one does.
pub(crate) struct Picked<'a> {
    pub(crate) observed: Option<&'a Value>,
    pub(crate) conditions: Option<&'a Value>,
    pub(crate) counted: [Option<&'a Value>; MOST_COUNTED],
}

impl Known {
    pub(crate) fn of(group: &str, kind: &str) -> Option<Self> {
        Some(match (group, kind) {
            ("", "ConfigMap" | "Secret") | ("batch", "CronJob") => Self::AlwaysCurrent,
            ("", "PersistentVolumeClaim") => Self::Claim,
            ("", "Pod") => Self::Pod,
            ("", "Service") => Self::Service,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definition,
            ("apps" | "extensions", "DaemonSet") => Self::DaemonSet,
            ("apps" | "extensions", "Deployment") => Self::Deployment,
            ("apps" | "extensions", "ReplicaSet") => Self::ReplicaSet,
            ("apps", "StatefulSet") => Self::StatefulSet,
            ("batch", "Job") => Self::Job,
            ("policy", "PodDisruptionBudget") => Self::DisruptionBudget,
            _ => return None,
        })
    }

    /// Takes from a status what the rule will ask for, in one pass.
    pub(crate) fn pick<'a>(known: Option<Self>, status: Fields<'a>) -> Picked<'a> {
        match known {
            Some(Self::DaemonSet) => picked(status, daemon_set::place),
            Some(Self::Deployment) => picked(status, deployment::place),
            Some(Self::ReplicaSet) => picked(status, replica_set::place),
            Some(Self::StatefulSet) => picked(status, stateful_set::place),
            _ => picked(status, |_| None),
        }
    }

    /// The rule. Its answer is final.
    pub(crate) fn judge<'a>(self, case: &Case<'a, '_>) -> Result<Report<'a>, Error> {
        Ok(match self {
            Self::AlwaysCurrent => Report::current(Message::AlwaysCurrent),
            Self::Claim => claim::judge(case),
            Self::DaemonSet => daemon_set::judge(case),
            Self::Definition => definition::judge(case),
            Self::Deployment => deployment::judge(case),
            // A budget that was observed, which the generation has shown by now, has been computed.
            Self::DisruptionBudget => Report::current(Message::DisruptionsComputed),
            Self::Job => job::judge(case),
            Self::Pod => return pod::judge(case),
            Self::ReplicaSet => replica_set::judge(case),
            Self::Service => service::judge(case),
            Self::StatefulSet => stateful_set::judge(case),
        })
    }
}

fn picked<'a>(status: Fields<'a>, place: impl Fn(&str) -> Option<usize>) -> Picked<'a> {
    let mut picked = Picked { observed: None, conditions: None, counted: [None; MOST_COUNTED] };
    let Some(map) = status.map() else { return picked };
    for (name, value) in map {
        match name.as_str() {
            "observedGeneration" => picked.observed = Some(value),
            "conditions" => picked.conditions = Some(value),
            name => {
                if let Some(slot) = place(name).and_then(|at| picked.counted.get_mut(at)) {
                    *slot = Some(value);
                }
            }
        }
    }
    picked
}

/// In progress if there are fewer than needed.
fn fewer<'a>(what: Count, have: i64, need: i64) -> Option<Report<'a>> {
    (need > have).then(|| Report::in_progress(Message::Fewer { what, have, need }))
}

/// In progress if there are more replicas than the spec asks for.
fn extra<'a>(have: i64, need: i64) -> Option<Report<'a>> {
    // Wraps as upstream does: numbers this far apart come from no controller.
    let count = have.wrapping_sub(need);
    (have > need).then_some(Report::in_progress(Message::ExtraReplicas { count }))
}
