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
    pub(crate) conditions: Reported<'a>,
    pub(crate) clock: &'c dyn Fn() -> Timestamp,
}

fn judge<'a>(object: &'a Value, clock: &dyn Fn() -> Timestamp) -> Result<Report<'a>, Error> {
    let outline = Outline::of(object)?;
    let known = Known::of(outline.group, outline.kind);
    match generic(outline, known, clock).map_err(|misfit| misfit.of(object))? {
        Step::Decided(report) => Ok(report),
        Step::Open(case) => match known {
            Some(known) => known.judge(&case),
            None => Ok(ready(&case.conditions).unwrap_or(Report::current(Message::Current))),
        },
    }
}

/// Where the rules for any kind leave an object.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once and stored nowhere")]
enum Step<'a, 'c> {
    Decided(Report<'a>),
    Open(Case<'a, 'c>),
}

fn generic<'a, 'c>(
    outline: Outline<'a>,
    known: Option<Known>,
    clock: &'c dyn Fn() -> Timestamp,
) -> Result<Step<'a, 'c>, Misfit> {
    let [deletion, generation] = outline.metadata()?.pick(["deletionTimestamp", "generation"]);
    let deletion = strict_text("metadata.deletionTimestamp", deletion)?;
    if deletion.is_some_and(|time| !time.is_empty()) {
        return Ok(Step::Decided(Report::new(Status::Terminating, Message::Deleting)));
    }
    let generation = strict_int("metadata.generation", generation)?;
    let status = outline.status()?;
    let Picked { observed, conditions, counted } = Known::pick(known, status);
    // Nobody minds an odd observed generation where there is none to compare it with.
    let observed = generation.map(|_| strict_int("status.observedGeneration", observed));
    let observed = observed.transpose()?.flatten();
    if let Some(report) = not_observed(outline.kind, generation, observed) {
        return Ok(Step::Decided(report));
    }
    let conditions = Reported::listed(conditions)?;
    if let Some(report) = reconciling_or_stalled(&conditions) {
        return Ok(Step::Decided(report));
    }
    let case = Case { outline, generation, observed, status, counted, conditions, clock };
    Ok(Step::Open(case))
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
