//! What a test wants to become of an object: said by annotations, its own or its controller's.

use std::time::Duration;

use super::subject::Subject;
use crate::machine::Machine;
use crate::object::Stored;

/// `fail` or `stall`.
pub(super) const FATE: &str = "gotk.dev/simulate";

/// A delay of its own: `250ms`, `5s`, `2m`.
const DELAY: &str = "gotk.dev/simulate-after";

/// How an object is to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    #[default]
    Ready,
    Fail,
    /// Neither ready nor failed, for good.
    Stall,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    pub(super) fate: Fate,
    pub(super) delay: Option<Duration>,
}

impl Machine {
    /// The nearest annotation counts: a pod's own, then its replica set's, then its deployment's.
    pub(super) fn wish(&self, subject: &Subject) -> Wish {
        let mut fate = fate(subject);
        let mut delay = delay(subject);
        let mut next = subject.controller().and_then(|uid| self.subject_with(uid));
        // Owners may form a ring; no chain of controllers is longer than this.
        for _ in 0..4 {
            let Some(owner) = next.filter(|_| fate.is_none() || delay.is_none()) else { break };
            fate = fate.or_else(|| self::fate(&owner));
            delay = delay.or_else(|| self::delay(&owner));
            next = owner.controller().and_then(|uid| self.subject_with(uid));
        }
        Wish { fate: fate.unwrap_or_default(), delay }
    }
}

fn fate(subject: &Subject) -> Option<Fate> {
    match subject.annotation(FATE)? {
        "fail" => Some(Fate::Fail),
        "stall" => Some(Fate::Stall),
        "ready" => Some(Fate::Ready),
        _ => None,
    }
}

fn delay(subject: &Subject) -> Option<Duration> {
    duration(subject.annotation(DELAY)?)
}

/// Whether an object may say what is to become of it.
pub(super) fn is_in(object: &Stored) -> bool {
    object.text().windows(FATE.len()).any(|part| part == FATE.as_bytes())
}

/// A whole number and its unit.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_a_number_and_a_unit() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        for nonsense in ["", "5", "s", "-1s", "1.5s", "99999999999999999999s", "1d"] {
            assert_eq!(duration(nonsense), None, "{nonsense}");
        }
    }
}
