//! The order in which the rules are asked.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::{Error, Misfit};
use crate::fields::{GENERATION, OBSERVED_GENERATION, get, strict_int, strict_text};
use crate::kinds;
use crate::message::Message;
use crate::report::Report;
use crate::reported::Reported;
use crate::subject::group_kind;

/// Judges an object as the API server returned it.
///
/// The system clock is read for one rule only: a Pod counts as unschedulable 15 seconds after it
/// was created. [`compute_at`] takes the time from you.
///
/// # Errors
///
/// [`Error::NotAnObject`] without a kind, [`Error::Malformed`] when a field that decides has the
/// wrong type, [`Error::UnknownPhase`] for a Pod in a phase of its own. A waiter counts all of them
/// as [`Unknown`](crate::Status::Unknown).
pub fn compute(object: &Value) -> Result<Report<'_>, Error> {
    judge(object, &Timestamp::now)
}

/// Judges an object as it would have been judged at `now`.
///
/// # Errors
///
/// As [`compute`].
pub fn compute_at(object: &Value, now: Timestamp) -> Result<Report<'_>, Error> {
    judge(object, &|| now)
}

/// What is needed to judge one object by the rules of its kind.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a, 'c> {
    pub(crate) object: &'a Value,
    pub(crate) kind: &'a str,
    pub(crate) conditions: Reported<'a>,
    pub(crate) clock: &'c dyn Fn() -> Timestamp,
}

impl Case<'_, '_> {
    /// A number in `spec`, or the default.
    pub(crate) fn spec(self, key: &str, default: i64) -> i64 {
        self.number("spec", key, default)
    }

    /// A number in `status`, or the default.
    pub(crate) fn status(self, key: &str, default: i64) -> i64 {
        self.number("status", key, default)
    }

    fn number(self, part: &str, key: &str, default: i64) -> i64 {
        let fields = self.object.as_object().and_then(|object| get(object, part)?.as_object());
        fields.and_then(|fields| get(fields, key)?.as_i64()).unwrap_or(default)
    }
}

/// What a rule answers: nothing when it does not apply.
pub(crate) type Ruling<'a> = Result<Option<Report<'a>>, Misfit>;

fn judge<'a>(object: &'a Value, clock: &dyn Fn() -> Timestamp) -> Result<Report<'a>, Error> {
    let (group, kind) = group_kind(object)?;
    let named = |misfit: Misfit| misfit.of(object);
    if let Some(report) = deleted_or_outdated(object, kind).map_err(named)? {
        return Ok(report);
    }
    let conditions = Reported::of(object).map_err(named)?;
    if let Some(report) = reconciling_or_stalled(conditions) {
        return Ok(report);
    }
    match kinds::rule(group, kind) {
        Some(rule) => rule(Case { object, kind, conditions, clock }),
        None => Ok(ready(conditions).unwrap_or(Report::current(Message::Current))),
    }
}

fn deleted_or_outdated<'a>(object: &'a Value, kind: &'a str) -> Ruling<'a> {
    let deleted = strict_text(object, &["metadata", "deletionTimestamp"])?;
    if deleted.is_some_and(|time| !time.is_empty()) {
        return Ok(Some(Report::new(crate::Status::Terminating, Message::Deleting)));
    }
    let Some(generation) = strict_int(object, GENERATION)? else { return Ok(None) };
    let Some(observed) = strict_int(object, OBSERVED_GENERATION)? else { return Ok(None) };
    Ok((generation != observed).then_some(Report::in_progress(Message::GenerationNotObserved {
        kind,
        generation,
        observed,
    })))
}

/// Of `Reconciling` and `Stalled`, the one that is listed first wins.
fn reconciling_or_stalled(conditions: Reported<'_>) -> Option<Report<'_>> {
    conditions.iter().find_map(|condition| {
        let verdict = match condition.kind() {
            "Reconciling" => Report::in_progress,
            "Stalled" => Report::failed,
            _ => return None,
        };
        let (reason, message) = (condition.reason(), condition.message());
        (condition.status() == "True").then(|| verdict(Message::Reported { reason, message }))
    })
}

/// `Ready` with a status beyond the three is passed over; the next one of the type may decide.
fn ready(conditions: Reported<'_>) -> Option<Report<'_>> {
    let mut of_type = conditions.iter().filter(|condition| condition.kind() == "Ready");
    of_type.find_map(|condition| match condition.status() {
        "True" => Some(Report::current(Message::Ready)),
        "False" | "Unknown" => {
            let (reason, message) = (condition.reason(), condition.message());
            Some(Report::in_progress(Message::Reported { reason, message }))
        }
        _ => None,
    })
}
