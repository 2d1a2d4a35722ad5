//! The order in which the rules are asked.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::{Error, Misfit};
use crate::fields::{Fields, int, strict_int, strict_text};
use crate::kinds::{Known, MOST_COUNTED, Picked};
use crate::message::Message;
use crate::outline::Outline;
use crate::report::Report;
use crate::reported::{Reported, ReportedCondition};
use crate::status::Status;

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
pub(crate) struct Case<'a, 'c> {
    pub(crate) outline: Outline<'a>,
    pub(crate) generation: Option<i64>,
    pub(crate) observed: Option<i64>,
    pub(crate) status: Fields<'a>,
    /// Fields of the status that the rule always asks for, in its order.
    pub(crate) counted: [Option<&'a Value>; MOST_COUNTED],
    pub(crate) conditions: &'c Reported<'a>,
    pub(crate) clock: &'c dyn Fn() -> Timestamp,
}

fn judge<'a>(object: &'a Value, clock: &dyn Fn() -> Timestamp) -> Result<Report<'a>, Error> {
    let outline = Outline::of(object)?;
    let at = |misfit: Misfit| misfit.of(object);
    let metadata = outline.metadata().map_err(at)?;
    let [deletion, generation] = metadata.pick_in_order(["deletionTimestamp", "generation"]);
    let deletion = strict_text("metadata.deletionTimestamp", deletion).map_err(at)?;
    if deletion.is_some_and(|time| !time.is_empty()) {
        return Ok(Report::new(Status::Terminating, Message::Deleting));
    }
    let generation = strict_int("metadata.generation", generation).map_err(at)?;

    let known = Known::of(outline.group, outline.kind);
    let status = outline.status().map_err(at)?;
    let Picked { observed, conditions: listed, counted } = Known::pick(known, status);
    // Nobody minds an odd observed generation where there is none to compare it with.
    let observed = match generation {
        Some(_) => strict_int("status.observedGeneration", observed).map_err(at)?,
        None => None,
    };
    if let Some(report) = not_observed(outline.kind, generation, observed) {
        return Ok(report);
    }
    let mut read;
    let conditions = match listed {
        None => &Reported::NONE,
        Some(Value::Array(list)) if list.is_empty() => &Reported::NONE,
        listed => {
            read = Reported::NONE;
            read.read(listed).map_err(at)?;
            &read
        }
    };
    if let Some(report) = reconciling_or_stalled(conditions) {
        return Ok(report);
    }
    let Some(known) = known else {
        return Ok(ready(conditions).unwrap_or(Report::current(Message::Current)));
    };
    known.judge(&Case { outline, generation, observed, status, counted, conditions, clock })
}

impl Case<'_, '_> {
    /// The first fields that are always asked for as counts, each 0 when missing or no integer.
    #[inline(always)]
    pub(crate) fn counts<const N: usize>(&self) -> [i64; N] {
        std::array::from_fn(|index| int(self.counted[index], 0))
    }
}

fn not_observed(kind: &str, generation: Option<i64>, observed: Option<i64>) -> Option<Report<'_>> {
    let (generation, observed) = (generation?, observed?);
    (generation != observed).then_some(Report::in_progress(Message::GenerationNotObserved {
        kind,
        generation,
        observed,
    }))
}

fn reconciling_or_stalled<'a>(conditions: &Reported<'a>) -> Option<Report<'a>> {
    let ReportedCondition { kind, reason, message, .. } = conditions.standard()?;
    let verdict = if kind == "Stalled" { Report::failed } else { Report::in_progress };
    Some(verdict(Message::Reported { reason, message }))
}

/// `Ready` with a status beyond the three is passed over; the next one of the type may decide.
fn ready<'a>(conditions: &Reported<'a>) -> Option<Report<'a>> {
    let mut of_type = conditions.iter().filter(|condition| condition.kind == "Ready");
    of_type.find_map(|ReportedCondition { status, reason, message, .. }| match status {
        "True" => Some(Report::current(Message::Ready)),
        "False" | "Unknown" => Some(Report::in_progress(Message::Reported { reason, message })),
        _ => None,
    })
}
