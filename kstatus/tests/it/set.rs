//! Whole sets, Pods below a workload, and what people get to read.

use gotk_kstatus::{Patience, Readers, Report, Status, StatusSet, Verdict, aggregate, compute_at};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn deployment(ready: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "shop" },
        "status": {
            "replicas": 1, "updatedReplicas": 1, "availableReplicas": ready, "readyReplicas": ready,
            "conditions": [
                { "type": "Available", "status": if ready > 0 { "True" } else { "False" },
                  "reason": "MinimumReplicasUnavailable", "message": "not enough",
                  "lastTransitionTime": "2026-01-02T03:04:06Z" },
                { "type": "Progressing", "status": "True", "reason": "NewReplicaSetCreated",
                  "message": "created", "lastTransitionTime": "2026-01-02T03:04:05Z" },
            ],
        },
    })
}

fn stalled() -> Value {
    json!({
        "apiVersion": "example.dev/v1", "kind": "Widget", "metadata": { "name": "w" },
        "status": { "conditions": [
            { "type": "Stalled", "status": "True", "reason": "InvalidURL", "message": "no scheme" },
        ] },
    })
}

fn judged(object: &Value) -> Report<'_> {
    Readers::flux().judge(object, NOW)
}

#[test]
fn an_aggregate_is_worth_what_its_worst_member_is() {
    use Status::{Current, Failed, InProgress, NotFound, Terminating, Unknown};
    for (statuses, expected) in [
        (&[][..], Current),
        (&[Current, Current], Current),
        (&[Current, InProgress], InProgress),
        (&[Current, Terminating], InProgress),
        (&[Unknown, InProgress], Unknown),
        (&[Unknown, Failed], Failed),
        (&[Current, NotFound], InProgress),
    ] {
        assert_eq!(aggregate(statuses.iter().copied(), Current), expected, "{statuses:?}");
    }
    assert_eq!(aggregate([NotFound, NotFound], NotFound), NotFound, "deleted, as desired");
}

#[test]
fn a_set_waits_until_all_are_settled_or_one_has_failed() {
    let mut set = StatusSet::of(["web", "widget"]);
    assert_eq!(set.verdict(Patience::UntilOneFails), Verdict::Waiting);
    set.observe("widget", &stalled(), &judged(&stalled()));
    assert_eq!(set.verdict(Patience::UntilOneFails), Verdict::Failed);
    assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Waiting, "web may still come");
    set.observe("web", &deployment(1), &judged(&deployment(1)));
    assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Failed);
    set.forget(&"widget");
    assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Ready);
    assert_eq!((set.count(Status::Current), set.aggregate(Status::Current)), (1, Status::Current));
}

#[test]
fn a_job_that_cleaned_up_after_itself_is_no_loss() {
    let mut set = StatusSet::of(["migrate"]);
    set.note("migrate", Status::NotFound);
    assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Waiting);
    set.note("migrate", Status::Current);
    assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Ready);
}

#[test]
fn a_timeout_names_what_is_not_there_and_why() {
    let mut set = StatusSet::of(["Deployment/shop/web", "Secret/shop/keys", "Widget/w"]);
    set.observe("Deployment/shop/web", &deployment(0), &judged(&deployment(0)));
    set.observe("Widget/w", &stalled(), &judged(&stalled()));
    assert_eq!(
        set.failure(Verdict::Waiting).to_string(),
        "timeout waiting for: [Deployment/shop/web status: 'InProgress': Available: 0/1; last condition \
         Available=False (MinimumReplicasUnavailable, 2026-01-02T03:04:06Z): not enough, \
         can't determine status for Secret/shop/keys, \
         Widget/w status: 'Failed': no scheme; last condition Stalled=True (InvalidURL)]"
    );
    assert_eq!(
        set.failure(Verdict::Failed).to_string(),
        "failed early due to stalled resources: [Widget/w status: 'Failed': no scheme; last condition Stalled=True (InvalidURL)]"
    );
    let unsettled: Vec<_> = set.unsettled().map(|(key, status, _)| (*key, status)).collect();
    assert_eq!(
        unsettled,
        [
            ("Deployment/shop/web", Status::InProgress),
            ("Secret/shop/keys", Status::Unknown),
            ("Widget/w", Status::Failed),
        ]
    );
}

#[test]
fn an_object_that_cannot_be_judged_is_named_once() {
    let odd = json!({ "kind": "Widget", "metadata": { "name": "w" }, "status": 5 });
    let report = judged(&odd);
    assert_eq!(report.status, Status::Unknown);
    let sentence = report.explain(&odd).to_string();
    assert_eq!(sentence, "Widget/w is Unknown: status is an integer, expected an object");
}

#[test]
fn a_stateful_set_has_failed_when_one_of_its_pods_has() {
    let set = json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "spec": { "replicas": 2 } });
    let pod = |status: Value| json!({ "apiVersion": "v1", "kind": "Pod", "metadata": {}, "status": status });
    let crashing = pod(json!({ "phase": "Running", "containerStatuses": [
        { "name": "db", "state": { "waiting": { "reason": "CrashLoopBackOff" } } },
    ] }));
    let unschedulable = pod(json!({ "phase": "Pending", "conditions": [
        { "type": "PodScheduled", "status": "False", "reason": "Unschedulable" },
    ] }));
    let mut deleting = crashing.clone();
    deleting["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");

    let report = |pods: &[Value]| compute_at(&set, NOW).unwrap().considering_pods(pods, NOW);
    assert_eq!(report(&[]).status, Status::InProgress);
    assert_eq!(report(&[unschedulable, deleting]).status, Status::InProgress);
    let failed = report(&[crashing.clone(), crashing]);
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(failed.message, "2 pods have failed");
}
