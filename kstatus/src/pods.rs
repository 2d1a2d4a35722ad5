//! What the Pods below a workload say about it.

use jiff::Timestamp;
use serde_json::Value;

use crate::compute::compute_at;
use crate::kinds::pod::is_unschedulable;
use crate::message::Message;
use crate::report::Report;
use crate::reported::Reported;
use crate::status::Status;

impl<'a> Report<'a> {
    /// Looks below a `StatefulSet` or `ReplicaSet` (of group `apps`) that is in progress: if one of
    /// its Pods has failed, it has too.
    ///
    /// A Pod that no node fits does not count, for a node may be added. Upstream does not look at the
    /// Pods of a Deployment: its own `Progressing` condition tells.
    #[must_use]
    pub fn considering_pods<'p>(
        self,
        pods: impl IntoIterator<Item = &'p Value>,
        now: Timestamp,
    ) -> Self {
        if self.status != Status::InProgress {
            return self;
        }
        match pods.into_iter().filter(|pod| has_failed(pod, now)).count() {
            0 => self,
            count => Self::failed(Message::PodsFailed { count }),
        }
    }
}

fn has_failed(pod: &Value, now: Timestamp) -> bool {
    let failed = compute_at(pod, now).is_ok_and(|report| report.status == Status::Failed);
    failed && !Reported::of(pod).is_ok_and(|conditions| is_unschedulable(&conditions))
}
