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

use crate::compute::Case;
use crate::error::Error;
use crate::message::{Count, Message};
use crate::report::Report;

pub(crate) type Rule = for<'a, 'c> fn(Case<'a, 'c>) -> Result<Report<'a>, Error>;

/// The rule of a kind. Its answer is final.
pub(crate) fn rule(group: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("", "ConfigMap" | "Secret") | ("batch", "CronJob") => always_current,
        ("", "PersistentVolumeClaim") => claim::judge,
        ("", "Pod") => pod::judge,
        ("", "Service") => service::judge,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition::judge,
        ("apps" | "extensions", "DaemonSet") => daemon_set::judge,
        ("apps" | "extensions", "Deployment") => deployment::judge,
        ("apps" | "extensions", "ReplicaSet") => replica_set::judge,
        ("apps", "StatefulSet") => stateful_set::judge,
        ("batch", "Job") => job::judge,
        ("policy", "PodDisruptionBudget") => disruption_budget,
        _ => return None,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all rules")]
fn always_current<'a>(_: Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(Report::current(Message::AlwaysCurrent))
}

/// A budget that was observed, which the generation has shown by now, has been computed.
#[expect(clippy::unnecessary_wraps, reason = "one signature for all rules")]
fn disruption_budget<'a>(_: Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(Report::current(Message::DisruptionsComputed))
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
