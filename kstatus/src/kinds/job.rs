//! `Job`, judged as upstream does (a running Job is current) and as Flux does (it is not yet).

use serde_json::Value;

use crate::compute::Case;
use crate::error::Error;
use crate::fields::{field, text};
use crate::message::Message;
use crate::report::Report;

/// Upstream: a Job that was started is doing what it was asked to.
pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(finished(case).unwrap_or_else(|| {
        if started(case) {
            Report::current(running(case))
        } else {
            Report::in_progress(Message::JobNotStarted)
        }
    }))
}

/// Whether a person has stopped the Job.
pub(crate) fn is_suspended(job: &Value) -> bool {
    field(job, &["spec", "suspend"]) == Some(&Value::Bool(true))
}

/// Flux: a Job is waited for until it is done.
pub(crate) fn judge_until_complete<'a>(case: Case<'a, '_>) -> Report<'a> {
    finished(case).unwrap_or_else(|| {
        Report::in_progress(if started(case) {
            running(case)
        } else {
            Message::JobPending { parallelism: case.spec("parallelism", 1) }
        })
    })
}

/// Of `Complete` and `Failed`, the one that is listed first wins.
fn finished<'a>(case: Case<'a, '_>) -> Option<Report<'a>> {
    let completions = || case.spec("completions", case.spec("parallelism", 1));
    case.conditions.iter().find_map(|condition| match (condition.kind(), condition.status()) {
        ("Complete", "True") => {
            let succeeded = case.status("succeeded", 0);
            let completions = completions();
            Some(Report::current(Message::JobComplete { succeeded, completions }))
        }
        ("Failed", "True") => {
            let failed = case.status("failed", 0);
            Some(Report::failed(Message::JobFailed { failed, completions: completions() }))
        }
        _ => None,
    })
}

fn started(case: Case<'_, '_>) -> bool {
    !text(case.object, &["status", "startTime"], "").is_empty()
}

fn running<'a>(case: Case<'a, '_>) -> Message<'a> {
    Message::JobRunning {
        succeeded: case.status("succeeded", 0),
        active: case.status("active", 0),
        failed: case.status("failed", 0),
    }
}
