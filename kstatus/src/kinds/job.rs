//! `Job`, judged as upstream does (a running Job is current) and as Flux does (it is not yet).

use crate::compute::Case;
use crate::fields::Fields;
use crate::message::Message;
use crate::report::Report;
use crate::reported::Reported;

/// Upstream: a Job that was started is doing what it was asked to.
pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let job = Job { spec: case.outline.spec(), status: case.status, conditions: case.conditions };
    job.finished().unwrap_or_else(|| {
        if job.is_started() {
            Report::current(job.running())
        } else {
            Report::in_progress(Message::JobNotStarted)
        }
    })
}

#[derive(Clone, Copy)]
pub(crate) struct Job<'a, 'c> {
    pub(crate) spec: Fields<'a>,
    pub(crate) status: Fields<'a>,
    pub(crate) conditions: &'c Reported<'a>,
}

impl<'a> Job<'a, '_> {
    /// Flux: a Job is waited for until it is done.
    pub(crate) fn judge_until_complete(self) -> Report<'a> {
        self.finished().unwrap_or_else(|| {
            Report::in_progress(if self.is_started() {
                self.running()
            } else {
                Message::JobPending { parallelism: self.spec.int("parallelism", 1) }
            })
        })
    }

    /// Of `Complete` and `Failed`, the one that is listed first wins.
    fn finished(self) -> Option<Report<'a>> {
        let completions = || self.spec.int("completions", self.spec.int("parallelism", 1));
        self.conditions.iter().find_map(|it| match (it.kind, it.status) {
            ("Complete", "True") => {
                let succeeded = self.status.int("succeeded", 0);
                let completions = completions();
                Some(Report::current(Message::JobComplete { succeeded, completions }))
            }
            ("Failed", "True") => {
                let failed = self.status.int("failed", 0);
                Some(Report::failed(Message::JobFailed { failed, completions: completions() }))
            }
            _ => None,
        })
    }

    fn is_started(self) -> bool {
        !self.status.text("startTime", "").is_empty()
    }

    fn running(self) -> Message<'a> {
        let [succeeded, active, failed] = self.status.counts(["succeeded", "active", "failed"]);
        Message::JobRunning { succeeded, active, failed }
    }
}
