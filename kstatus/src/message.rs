//! Why a report says what it says: facts, worded only when printed.

mod text;

use std::borrow::Cow;

use crate::containers::CrashLooping;

/// The fact behind a status. `Display` gives upstream's sentence, letter by letter.
///
/// Texts and numbers are borrowed from the object; nothing is formatted until somebody prints it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Message<'a> {
    // --- any kind ---
    /// The object has a deletion timestamp.
    Deleting,
    /// The status field was written for another generation of the spec.
    GenerationNotObserved {
        /// Kind of the object.
        kind: &'a str,
        /// `metadata.generation`.
        generation: i64,
        /// `status.observedGeneration`.
        observed: i64,
    },
    /// A condition of the object says it.
    Reported {
        /// The condition's reason.
        reason: &'a str,
        /// The condition's message.
        message: &'a str,
    },
    /// The `Ready` condition is `True`.
    Ready,
    /// Nothing about the object speaks against it.
    Current,
    /// The kind has no state to wait for.
    AlwaysCurrent,

    // --- workloads ---
    /// Fewer replicas have come as far as the spec asks for.
    Fewer {
        /// What was counted.
        what: Count,
        /// How many there are.
        have: i64,
        /// How many are needed.
        need: i64,
    },
    /// So many replicas still have to go.
    ExtraReplicas {
        /// How many.
        count: i64,
    },
    /// All replicas are as the spec asks for.
    Complete {
        /// What kind of workload.
        workload: Workload,
        /// How many replicas.
        replicas: i64,
    },
    /// A Deployment made no progress within its deadline.
    DeadlineExceeded {
        /// Message of the `Progressing` condition.
        detail: &'a str,
    },
    /// A Deployment's new `ReplicaSet` is not available.
    ReplicaSetNotAvailable,
    /// A Deployment lacks `Available=True`.
    DeploymentNotAvailable,
    /// A `ReplicaSet` cannot create Pods.
    ReplicaFailure,
    /// A person replaces the Pods of this `StatefulSet`.
    OnDelete,
    /// The partition of a `StatefulSet` that is to be updated is.
    PartitionComplete {
        /// Updated replicas.
        updated: i64,
    },
    /// A `StatefulSet` has not reached its update revision.
    RevisionMismatch,
    /// A `DaemonSet` without `metadata.generation`.
    NoGeneration {
        /// Kind of the object.
        kind: &'a str,
    },
    /// A `DaemonSet` whose controller has not seen it.
    NoObservedGeneration {
        /// Kind of the object.
        kind: &'a str,
    },
    /// A `DaemonSet` whose controller has not counted the nodes.
    NoDesiredNumber,
    /// Pods below this object cannot get further on their own.
    PodsFailed {
        /// How many.
        count: usize,
    },

    // --- Pods ---
    /// The Pod has no phase yet.
    PodNotObserved,
    /// The Pod waits for something.
    PodPending,
    /// No node was found for the Pod yet.
    PodNotScheduled,
    /// No node was found for the Pod within 15 seconds.
    PodUnschedulable,
    /// The Pod runs, but is not ready.
    PodNotReady,
    /// Containers of the Pod crash again and again.
    CrashLooping {
        /// Their names.
        containers: CrashLooping<'a>,
    },
    /// The Pod runs and is ready.
    PodReady,
    /// The Pod came to its end.
    PodSucceeded,
    /// The Pod came to a bad end.
    PodFailed,

    // --- Jobs ---
    /// The Job has no start time.
    JobNotStarted,
    /// The Job has no start time, as Flux words it.
    JobPending {
        /// Pods that may run at once.
        parallelism: i64,
    },
    /// The Job runs.
    JobRunning {
        /// Pods that succeeded.
        succeeded: i64,
        /// Pods that run.
        active: i64,
        /// Pods that failed.
        failed: i64,
    },
    /// The Job is complete.
    JobComplete {
        /// Pods that succeeded.
        succeeded: i64,
        /// Pods that had to.
        completions: i64,
    },
    /// The Job failed.
    JobFailed {
        /// Pods that failed.
        failed: i64,
        /// Pods that had to succeed.
        completions: i64,
    },
    /// A person suspended the Job.
    JobSuspended,

    // --- the rest ---
    /// The budget was computed.
    DisruptionsComputed,
    /// The claim has no volume.
    ClaimNotBound {
        /// Its phase.
        phase: &'a str,
    },
    /// The claim has its volume.
    ClaimBound,
    /// The Service has no cluster IP.
    NoClusterIp,
    /// The Service is ready.
    ServiceReady,
    /// The `CustomResourceDefinition` is being installed.
    DefinitionInstalling,
    /// The `CustomResourceDefinition` is served.
    DefinitionEstablished,
    /// A health expression decided. Prints nothing, as upstream has no sentence for it.
    Expression {
        /// `inProgress`, `failed` or `current`; `observedGeneration` when the status is about another
        /// generation; `None` when nothing held.
        held: Option<&'static str>,
    },
    /// Whatever a reader of your own has to say.
    Custom {
        /// Reason of the condition that goes with it.
        reason: Cow<'a, str>,
        /// The sentence.
        message: Cow<'a, str>,
    },
}

/// What was counted when there were too few.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Count {
    /// Replicas that pass their readiness gates long enough.
    Available,
    /// Replicas of the current revision of a `StatefulSet`.
    CurrentRevision,
    /// `ReplicaSet` replicas with all labels of the template.
    Labelled,
    /// Replicas of a `StatefulSet` beyond its partition that are updated.
    Partition,
    /// Ready replicas.
    Ready,
    /// Replicas at all.
    Replicas,
    /// Nodes of a `DaemonSet` that have their Pod.
    Scheduled,
    /// Updated replicas.
    Updated,
}

/// A kind that keeps replicas.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Workload {
    /// `DaemonSet`.
    DaemonSet,
    /// `Deployment`.
    Deployment,
    /// `ReplicaSet`.
    ReplicaSet,
    /// `StatefulSet`.
    StatefulSet,
}
