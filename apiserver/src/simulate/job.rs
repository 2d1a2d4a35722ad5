//! Pods that end, counted until there are enough of them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::kubelet::is_crashing;
use super::replicas::{MOST, is_active, is_finished, label, pod_from, ready_since};
use super::seconds;
use super::subject::{CONTROLLERS, Subject};
use crate::machine::Machine;
use crate::meta;

/// Keeps a finished pod until its Job has counted it.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";

const INDEX: &str = "batch.kubernetes.io/job-completion-index";

impl Machine {
    pub(super) fn run_job(&mut self, job: &Subject) {
        if let Some(end) = ended(job) {
            self.expire_job(job, end);
            return;
        }
        let Some(kind) = self.served("", "pods") else { return };
        let counted = self.count_pods(job);
        let Some(job) = self.subject(job.place()) else { return };
        let mut object = job.object.clone();
        add(&mut object["status"], &counted);
        let pods = self.controlled(&job, &kind);
        let active: Vec<&Subject> = pods.iter().filter(|pod| is_active(pod)).collect();
        let succeeded = object["status"]["succeeded"].as_i64().unwrap_or_default();
        let crashing = active.iter().filter(|pod| is_crashing(pod)).count() as i64;
        let failed = object["status"]["failed"].as_i64().unwrap_or_default() + crashing;
        let now = seconds(self.round());
        let suspended = job.spec()["suspend"] == true;
        let left =
            if suspended || job.stored.deleting { 0 } else { left(&job, succeeded, active.len()) };
        if suspended != is_suspended(&object) {
            suspend(&mut object, suspended, &now);
        }
        if !suspended && object["status"]["startTime"].is_null() {
            object["status"]["startTime"] = now.as_str().into();
        }
        if crashing > 0 || failed > job.wanted("backoffLimit", 6) {
            self.stop_pods(&active);
            object["status"]["failed"] = failed.into();
            fail(&mut object, &now);
        } else if is_enough(&job, succeeded, active.len()) {
            self.stop_pods(&active);
            complete(&mut object, &now);
        } else {
            if suspended {
                self.stop_pods(&active);
            }
            self.start_pods(&job, &active, left, &object);
        }
        self.report_job(&job, object);
    }

    /// Counts the pods that have ended since the last look, and lets go of them.
    fn count_pods(&mut self, job: &Subject) -> Counted {
        let mut counted = Counted::default();
        let Some(kind) = self.served("", "pods") else { return counted };
        for pod in self.controlled(job, &kind) {
            let tracked = meta::finalizers(&pod.object).iter().any(|f| f == TRACKING);
            if !is_finished(&pod) || !tracked {
                continue;
            }
            if pod.status()["phase"] == "Succeeded" {
                counted.succeeded += 1;
                counted.indexes.extend(index(&pod));
            } else {
                counted.failed += 1;
            }
            self.release_from_job(&pod);
        }
        counted
    }

    /// Takes the Job's finalizer from a pod.
    pub(super) fn release_from_job(&mut self, pod: &Subject) {
        let finalizers = meta::finalizers(&pod.object);
        let left: Vec<String> = finalizers.iter().filter(|f| *f != TRACKING).cloned().collect();
        if left.len() < finalizers.len() {
            let mut object = pod.object.clone();
            meta::set_finalizers(&mut object, left);
            self.amend(pod, object);
        }
    }

    fn stop_pods(&mut self, pods: &[&Subject]) {
        for pod in pods {
            self.discard(pod);
        }
    }

    fn start_pods(&mut self, job: &Subject, active: &[&Subject], count: usize, object: &Value) {
        let Some(kind) = self.served("", "pods") else { return };
        let mut taken: BTreeSet<i64> = active.iter().filter_map(|pod| index(pod)).collect();
        taken.extend(read_indexes(&object["status"]["completedIndexes"]));
        for _ in 0..count {
            let mut pod = pod_from(job, &job.spec()["template"]);
            let (name, uid) = (job.name().to_owned(), job.stored.uid.to_string());
            let labels = [
                ("batch.kubernetes.io/job-name", name.clone()),
                ("job-name", name.clone()),
                ("batch.kubernetes.io/controller-uid", uid.clone()),
                ("controller-uid", uid),
            ];
            label(&mut pod, labels);
            meta::set(&mut pod, "finalizers", vec![TRACKING]);
            let mut prefix = format!("{name}-");
            if is_indexed(job) {
                let Some(free) = (0..).find(|at| !taken.contains(at)) else { return };
                taken.insert(free);
                prefix = format!("{name}-{free}-");
                label(&mut pod, [(INDEX, free.to_string())]);
                super::replicas::annotate(&mut pod, [(INDEX, free.to_string())]);
                pod["spec"]["hostname"] = format!("{name}-{free}").into();
            }
            meta::set(&mut pod, "generateName", prefix);
            self.make(&kind, job, pod);
        }
    }

    fn report_job(&mut self, job: &Subject, mut object: Value) {
        let Some(kind) = self.served("", "pods") else { return };
        let pods = self.controlled(job, &kind);
        let active = pods.iter().filter(|pod| is_active(pod)).count();
        let ready = pods.iter().filter(|p| is_active(p) && ready_since(p).is_some()).count();
        let leaving = pods.iter().filter(|p| p.stored.deleting && !is_finished(p)).count();
        let status = &mut object["status"];
        let zero = active == 0;
        match status.as_object_mut() {
            Some(status) if zero => drop(status.remove("active")),
            _ => status["active"] = active.into(),
        }
        let status = &mut object["status"];
        status["ready"] = ready.into();
        status["terminating"] = leaving.into();
        status["uncountedTerminatedPods"] = json!({});
        self.report_status(job, CONTROLLERS, object);
    }

    /// A Job with a time to live goes when it has ended and that time is over.
    fn expire_job(&mut self, job: &Subject, end: Timestamp) {
        let Some(seconds) = job.spec()["ttlSecondsAfterFinished"].as_i64() else { return };
        if job.stored.deleting {
            return;
        }
        let at = end.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        if at <= self.round() {
            self.discard(job);
        } else {
            self.look_again(at, job);
        }
    }
}

#[derive(Debug, Default)]
struct Counted {
    succeeded: i64,
    failed: i64,
    indexes: BTreeSet<i64>,
}

fn add(status: &mut Value, counted: &Counted) {
    for (name, more) in [("succeeded", counted.succeeded), ("failed", counted.failed)] {
        if more > 0 {
            status[name] = (status[name].as_i64().unwrap_or_default() + more).into();
        }
    }
    if !counted.indexes.is_empty() {
        let mut all = read_indexes(&status["completedIndexes"]);
        all.extend(&counted.indexes);
        status["completedIndexes"] = write_indexes(&all).into();
    }
}

fn is_indexed(job: &Subject) -> bool {
    job.spec()["completionMode"] == "Indexed"
}

/// How many pods are to be started beside those that run.
fn left(job: &Subject, succeeded: i64, active: usize) -> usize {
    let parallel = job.wanted("parallelism", 1).min(MOST);
    let active = active as i64;
    let wanted = match job.spec()["completions"].as_i64() {
        Some(completions) => parallel.min(completions - succeeded),
        // A work queue: once one has succeeded, no more are started.
        None if succeeded > 0 => active,
        None => parallel,
    };
    usize::try_from(wanted - active).unwrap_or_default()
}

fn is_enough(job: &Subject, succeeded: i64, active: usize) -> bool {
    match job.spec()["completions"].as_i64() {
        Some(completions) => succeeded >= completions,
        None => succeeded > 0 && active == 0,
    }
}

fn condition(object: &mut Value, kind: &str, holds: bool, reason: &str, message: &str, now: &str) {
    let condition = json!({
        "type": kind, "status": if holds { "True" } else { "False" },
        "lastProbeTime": now, "lastTransitionTime": now, "reason": reason, "message": message,
    });
    let status = &mut object["status"];
    if !status["conditions"].is_array() {
        status["conditions"] = json!([]);
    }
    if let Some(conditions) = status["conditions"].as_array_mut() {
        conditions.retain(|c| c["type"] != kind);
        conditions.push(condition);
    }
}

fn complete(object: &mut Value, now: &str) {
    const WHY: (&str, &str) = ("CompletionsReached", "Reached expected number of succeeded pods");
    condition(object, "SuccessCriteriaMet", true, WHY.0, WHY.1, now);
    condition(object, "Complete", true, WHY.0, WHY.1, now);
    object["status"]["completionTime"] = now.into();
}

fn fail(object: &mut Value, now: &str) {
    const WHY: (&str, &str) =
        ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
    condition(object, "FailureTarget", true, WHY.0, WHY.1, now);
    condition(object, "Failed", true, WHY.0, WHY.1, now);
}

fn suspend(object: &mut Value, suspended: bool, now: &str) {
    if suspended {
        condition(object, "Suspended", true, "JobSuspended", "Job suspended", now);
        if let Some(status) = object["status"].as_object_mut() {
            status.remove("startTime");
        }
    } else {
        condition(object, "Suspended", false, "JobResumed", "Job resumed", now);
    }
}

fn is_suspended(object: &Value) -> bool {
    holds(object, "Suspended").is_some()
}

fn holds<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    let conditions = object["status"]["conditions"].as_array()?;
    conditions.iter().find(|c| c["type"] == kind && c["status"] == "True")
}

/// When a Job has ended, well or not.
fn ended(job: &Subject) -> Option<Timestamp> {
    let end = holds(&job.object, "Complete").or_else(|| holds(&job.object, "Failed"))?;
    Some(end["lastTransitionTime"].as_str()?.parse().unwrap_or(Timestamp::UNIX_EPOCH))
}

fn index(pod: &Subject) -> Option<i64> {
    pod.stored.label(INDEX)?.parse().ok()
}

/// `0-2,5`.
fn read_indexes(text: &Value) -> BTreeSet<i64> {
    let parts = text.as_str().unwrap_or_default().split(',').filter(|part| !part.is_empty());
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<i64>().ok()?..=last.parse::<i64>().ok()?)
    };
    // As many as upstream allows a Job to have.
    parts.filter_map(range).flatten().take(100_000).collect()
}

fn write_indexes(indexes: &BTreeSet<i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for at in indexes {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *at => *last = *at,
            _ => ranges.push((*at, *at)),
        }
    }
    // As upstream: two in a row are two, three are a range.
    let text = |(first, last): (i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    };
    ranges.into_iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completed_indexes_are_written_as_ranges() {
        let all: BTreeSet<i64> = [0, 1, 2, 5, 7, 8].into();
        assert_eq!(write_indexes(&all), "0-2,5,7,8");
        assert_eq!(read_indexes(&json!("0-2,5,7,8")), all);
        assert!(read_indexes(&Value::Null).is_empty());
    }
}
