//! Readers: judges for kinds that need other rules.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use crate::compute::compute_at;
use crate::error::{Error, Misfit};
use crate::kinds::job::Job;
use crate::message::Message;
use crate::outline::Outline;
use crate::report::Report;
use crate::reported::Reported;

/// Judges objects of some kinds by rules of its own.
///
/// A reader's answer is final: a deletion timestamp, the observed generation and standard conditions
/// count only if it looks at them itself, or asks [`compute_at`]. Functions of this shape are
/// readers too:
///
/// ```
/// use gotk_kstatus::{Error, Message, Readers, Report, Status};
/// use jiff::Timestamp;
/// use serde_json::{Value, json};
///
/// /// A claim that waits for its first consumer is as far as it can get.
/// fn claims(object: &Value, now: Timestamp) -> Option<Result<Report<'_>, Error>> {
///     (object["kind"] == "PersistentVolumeClaim" && object["status"]["phase"] == "Pending")
///         .then(|| Ok(Report::new(Status::Current, Message::Current)))
/// }
///
/// let readers = Readers::flux().prefer(claims);
/// let claim = json!({ "kind": "PersistentVolumeClaim", "status": { "phase": "Pending" } });
/// assert_eq!(readers.judge(&claim, Timestamp::UNIX_EPOCH).status, Status::Current);
/// ```
pub trait StatusReader: Send + Sync {
    /// Judges an object, or leaves it to the next reader with `None`.
    fn read<'a>(&self, object: &'a Value, now: Timestamp) -> Option<Result<Report<'a>, Error>>;
}

impl<F> StatusReader for F
where
    F: Fn(&Value, Timestamp) -> Option<Result<Report<'_>, Error>> + Send + Sync,
{
    fn read<'a>(&self, object: &'a Value, now: Timestamp) -> Option<Result<Report<'a>, Error>> {
        self(object, now)
    }
}

/// Flux's rule for Jobs: one that was asked for is waited for until it is complete.
///
/// Upstream calls a Job current as soon as it runs. A suspended Job is current for Flux. Deletion and
/// generations are not looked at.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to set")]
pub struct JobReader;

impl StatusReader for JobReader {
    fn read<'a>(&self, object: &'a Value, _: Timestamp) -> Option<Result<Report<'a>, Error>> {
        let outline = Outline::of(object).ok()?;
        let is_job = outline.group == "batch" && outline.kind == "Job";
        is_job.then(|| judge_job(outline).map_err(|misfit| misfit.of(object)))
    }
}

fn judge_job(outline: Outline<'_>) -> Result<Report<'_>, Misfit> {
    let spec = outline.spec();
    if spec.get("suspend") == Some(&Value::Bool(true)) {
        return Ok(Report::current(Message::JobSuspended));
    }
    let status = outline.status()?;
    let mut conditions = Reported::NONE;
    conditions.read(status.get("conditions"))?;
    Ok(Job { spec, status, conditions: &conditions }.judge_until_complete())
}

/// The readers of one controller, asked in turn; [`compute_at`] judges what none of them does.
#[derive(Default)]
pub struct Readers {
    readers: Vec<Box<dyn StatusReader>>,
}

impl Readers {
    /// The rules of upstream's kstatus and nothing else.
    pub fn upstream() -> Self {
        Self::default()
    }

    /// What Flux's controllers use: [`JobReader`] before upstream's rules.
    pub fn flux() -> Self {
        Self::upstream().prefer(JobReader)
    }

    /// Asks this reader before those that are already there.
    #[must_use]
    pub fn prefer(mut self, reader: impl StatusReader + 'static) -> Self {
        self.readers.insert(0, Box::new(reader));
        self
    }

    /// Judges an object; the first reader that knows its kind decides.
    ///
    /// # Errors
    ///
    /// As [`compute`](crate::compute()), or what the reader says.
    pub fn read<'a>(&self, object: &'a Value, now: Timestamp) -> Result<Report<'a>, Error> {
        let decided = self.readers.iter().find_map(|reader| reader.read(object, now));
        decided.unwrap_or_else(|| compute_at(object, now))
    }

    /// Judges an object for a waiter: what could not be judged is [`Unknown`](crate::Status::Unknown),
    /// with the error for a message.
    pub fn judge<'a>(&self, object: &'a Value, now: Timestamp) -> Report<'a> {
        self.read(object, now).unwrap_or_else(|error| Report::unknown(&error))
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("count", &self.readers.len()).finish()
    }
}
