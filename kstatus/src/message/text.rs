//! Upstream's sentences and reasons, one place for the wording.

use std::fmt;

use super::{Count, Message, Workload};

impl Message<'_> {
    /// Reason of the `Reconciling` or `Stalled` condition that goes with this fact; empty when the
    /// fact is a good one.
    pub fn reason(&self) -> &str {
        match self {
            Self::GenerationNotObserved { .. } => "LatestGenerationNotObserved",
            Self::Reported { reason, .. } => reason,
            Self::Custom { reason, .. } => reason,
            Self::Fewer { what, .. } => what.reason(),
            Self::ExtraReplicas { .. } => "ExtraPods",
            Self::DeadlineExceeded { .. } => "ProgressDeadlineExceeded",
            Self::ReplicaSetNotAvailable => "ReplicaSetNotAvailable",
            Self::DeploymentNotAvailable => "DeploymentNotAvailable",
            Self::ReplicaFailure => "ReplicaFailure",
            Self::RevisionMismatch => "RevisionMismatch",
            Self::NoGeneration { .. } => "NoGeneration",
            Self::NoObservedGeneration { .. } => "NoObservedGeneration",
            Self::NoDesiredNumber => "NoDesiredNumber",
            Self::PodsFailed { .. } => "PodsFailed",
            Self::PodNotObserved => "PodNotObserved",
            Self::PodPending => "PodPending",
            Self::PodNotScheduled => "PodNotScheduled",
            Self::PodUnschedulable => "PodUnschedulable",
            Self::PodNotReady => "PodRunningNotReady",
            Self::CrashLooping { .. } => "ContainerCrashLooping",
            Self::JobNotStarted | Self::JobPending { .. } => "JobNotStarted",
            Self::JobRunning { .. } => "JobInProgress",
            Self::JobFailed { .. } => "JobFailed",
            Self::ClaimNotBound { .. } => "NotBound",
            Self::NoClusterIp => "NoIPAssigned",
            Self::DefinitionInstalling => "Installing",
            _ => "",
        }
    }

    /// The message of the condition that goes with this fact, where it differs from the sentence.
    pub(crate) const fn detail(&self) -> Option<&str> {
        match self {
            Self::DeadlineExceeded { detail } => Some(detail),
            _ => None,
        }
    }

    /// The sentence, when it needs no numbers or names.
    const fn fixed(&self) -> Option<&'static str> {
        Some(match self {
            Self::Deleting => "Resource scheduled for deletion",
            Self::Ready => "Resource is Ready",
            Self::Current => "Resource is current",
            Self::AlwaysCurrent => "Resource is always ready",
            Self::DeadlineExceeded { .. } => "Progress deadline exceeded",
            Self::ReplicaSetNotAvailable => "ReplicaSet not Available",
            Self::DeploymentNotAvailable => "Deployment not Available",
            Self::ReplicaFailure => "Replica Failure condition. Check Pods",
            Self::OnDelete => "StatefulSet is using the ondelete update strategy",
            Self::RevisionMismatch => "Waiting for updated revision to match current",
            Self::NoDesiredNumber => "Missing .status.desiredNumberScheduled",
            Self::PodNotObserved => "Pod phase not available",
            Self::PodPending => "Pod is in the Pending phase",
            Self::PodNotScheduled => "Pod has not been scheduled",
            Self::PodUnschedulable => "Pod could not be scheduled",
            Self::PodNotReady => "Pod is running but is not Ready",
            Self::PodReady => "Pod is Ready",
            Self::PodSucceeded => "Pod has completed successfully",
            Self::PodFailed => "Pod has completed, but not successfully",
            Self::JobNotStarted => "Job not started",
            Self::JobSuspended => "Job is suspended",
            Self::DisruptionsComputed => "AllowedDisruptions has been computed.",
            Self::ClaimBound => "PVC is Bound",
            Self::NoClusterIp => "ClusterIP not set. Service type: LoadBalancer",
            Self::ServiceReady => "Service is ready",
            Self::DefinitionInstalling => "Install in progress",
            Self::DefinitionEstablished => "CRD is established",
            Self::Expression { .. } => "",
            _ => return None,
        })
    }

    fn counted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GenerationNotObserved { kind, generation, observed } => write!(
                f,
                "{kind} generation is {generation}, but latest observed generation is {observed}"
            ),
            Self::Fewer { what, have, need } => write!(f, "{}: {have}/{need}", what.label()),
            Self::ExtraReplicas { count } => write!(f, "Pending termination: {count}"),
            Self::Complete { workload, replicas } => {
                write!(f, "{}. Replicas: {replicas}", workload.complete())
            }
            Self::PartitionComplete { updated } => {
                write!(f, "Partition rollout complete. updated: {updated}")
            }
            Self::NoGeneration { kind } => write!(f, "{kind} metadata.generation not found"),
            Self::NoObservedGeneration { kind } => {
                write!(f, "{kind} status.observedGeneration not found")
            }
            Self::PodsFailed { count } => write!(f, "{count} pods have failed"),
            Self::CrashLooping { containers } => {
                write!(f, "Containers in CrashLoop state: {containers}")
            }
            Self::ClaimNotBound { phase } => write!(f, "PVC is not Bound. phase: {phase}"),
            Self::Reported { message, .. } => f.write_str(message),
            Self::Custom { message, .. } => f.write_str(message),
            _ => self.job(f),
        }
    }

    fn job(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JobPending { parallelism } => {
                write!(f, "Job not started. active: 0/{parallelism}")
            }
            Self::JobRunning { succeeded, active, failed } => write!(
                f,
                "Job in progress. success:{succeeded}, active: {active}, failed: {failed}"
            ),
            Self::JobComplete { succeeded, completions } => {
                write!(f, "Job Completed. succeeded: {succeeded}/{completions}")
            }
            Self::JobFailed { failed, completions } => {
                write!(f, "Job Failed. failed: {failed}/{completions}")
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fixed() {
            Some(text) => f.write_str(text),
            None => self.counted(f),
        }
    }
}

/// Compares with the sentence as printed.
impl PartialEq<str> for Message<'_> {
    fn eq(&self, other: &str) -> bool {
        let printed = self.to_string();
        printed == other
    }
}

/// Compares with the sentence as printed.
impl PartialEq<&str> for Message<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl Count {
    const fn label(self) -> &'static str {
        match self {
            Self::Available => "Available",
            // Upstream writes these two small in a StatefulSet and large elsewhere.
            Self::CurrentRevision => "current",
            Self::Partition => "updated",
            Self::Labelled => "Labelled",
            Self::Ready => "Ready",
            Self::Replicas => "Replicas",
            Self::Scheduled => "Current",
            Self::Updated => "Updated",
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Available => "LessAvailable",
            Self::CurrentRevision | Self::Scheduled => "LessCurrent",
            Self::Labelled => "LessLabelled",
            Self::Partition => "PartitionRollout",
            Self::Ready => "LessReady",
            Self::Replicas => "LessReplicas",
            Self::Updated => "LessUpdated",
        }
    }
}

impl Workload {
    const fn complete(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment is available",
            Self::ReplicaSet => "ReplicaSet is available",
            Self::DaemonSet | Self::StatefulSet => "All replicas scheduled as expected",
        }
    }
}
