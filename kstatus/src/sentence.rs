//! What a person needs to read when something is stuck.

use std::fmt;

use serde_json::Value;

use crate::message::Message;
use crate::report::Report;
use crate::reported::{Reported, ReportedCondition};
use crate::subject::Subject;
use crate::time;

/// Which object, where it stands, why, and the condition that says so or else changed last. Made by
/// [`Report::explain`]; print it.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a, 'r> {
    object: &'a Value,
    report: &'r Report<'a>,
}

impl<'a> Report<'a> {
    /// Says in one line what a person needs to know about an object that is stuck.
    ///
    /// ```
    /// use gotk_kstatus::compute;
    /// use serde_json::json;
    ///
    /// let web = json!({
    ///     "apiVersion": "apps/v1", "kind": "Deployment",
    ///     "metadata": { "name": "web", "namespace": "shop" },
    ///     "status": { "replicas": 1, "updatedReplicas": 1, "conditions": [{
    ///         "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated",
    ///         "message": "ReplicaSet \"web-5d\" is progressing.",
    ///         "lastTransitionTime": "2026-01-02T03:04:05Z",
    ///     }] },
    /// });
    ///
    /// let report = compute(&web)?;
    /// assert_eq!(report.message, "Available: 0/1");
    /// assert_eq!(
    ///     report.explain(&web).to_string(),
    ///     "Deployment/shop/web is InProgress: Available: 0/1; last condition Progressing=True \
    ///      (ReplicaSetUpdated, 2026-01-02T03:04:05Z): ReplicaSet \"web-5d\" is progressing.",
    /// );
    /// # Ok::<(), gotk_kstatus::Error>(())
    /// ```
    pub fn explain<'r>(&'r self, object: &'a Value) -> Sentence<'a, 'r> {
        Sentence { object, report: self }
    }
}

impl Sentence<'_, '_> {
    /// The sentence without the object's name and status.
    pub(crate) fn reasons(&self) -> impl fmt::Display {
        Reasons(*self)
    }
}

impl fmt::Display for Sentence<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = Subject::of(self.object);
        write!(f, "{subject} is {}{}", self.report.status, self.reasons())
    }
}

struct Reasons<'a, 'r>(Sentence<'a, 'r>);

impl fmt::Display for Reasons<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sentence { object, report } = self.0;
        let why = why(&report.message);
        if !why.is_empty() {
            write!(f, ": {why}")?;
        }
        let conditions = Reported::of(object).ok();
        let last = conditions.and_then(|it| deciding(&it, &report.message).or_else(|| latest(&it)));
        last.map_or(Ok(()), |condition| describe(f, condition, &why))
    }
}

fn why(message: &Message<'_>) -> String {
    match message {
        Message::Expression { held: Some("observedGeneration") } => {
            "its status is about another generation".to_owned()
        }
        Message::Expression { held: Some(expression) } => {
            format!("its {expression} expression holds")
        }
        Message::Expression { held: None } => "no health expression holds".to_owned(),
        message => message.to_string(),
    }
}

/// The condition that the report rests on, if it is one.
fn deciding<'a>(conditions: &Reported<'a>, fact: &Message<'_>) -> Option<ReportedCondition<'a>> {
    let Message::Reported { reason, message } = fact else { return None };
    conditions.iter().find(|it| it.reason == *reason && it.message == *message)
}

/// The condition with the latest transition; of several, the one listed last.
fn latest<'a>(conditions: &Reported<'a>) -> Option<ReportedCondition<'a>> {
    conditions.iter().max_by_key(|condition| time::parse(condition.transition()))
}

fn describe(f: &mut fmt::Formatter<'_>, last: ReportedCondition<'_>, why: &str) -> fmt::Result {
    write!(f, "; last condition {}={}", last.kind, last.status)?;
    match (last.reason, last.transition()) {
        ("", "") => {}
        (reason, "") => write!(f, " ({reason})")?,
        ("", time) => write!(f, " ({time})")?,
        (reason, time) => write!(f, " ({reason}, {time})")?,
    }
    match last.message {
        "" => Ok(()),
        message if message == why => Ok(()),
        message => write!(f, ": {message}"),
    }
}
