//! What time the server believes it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{Timestamp, Unit};

/// The clock that stamps creation, deletion and managed fields.
///
/// Clones share their time, so a test keeps one and gives the other to the server.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    stopped: Option<Arc<Mutex<Timestamp>>>,
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` and moves only by [`advance`](Self::advance).
    pub fn stopped(start: Timestamp) -> Self {
        Self { stopped: Some(Arc::new(Mutex::new(start))) }
    }

    /// Moves a stopped clock forward. The machine's own clock takes no notice.
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.stopped {
            let mut time = time.lock().unwrap_or_else(PoisonError::into_inner);
            *time = time.checked_add(by).unwrap_or(Timestamp::MAX);
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match &self.stopped {
            Some(time) => *time.lock().unwrap_or_else(PoisonError::into_inner),
            None => Timestamp::now(),
        }
    }

    /// Now, as `metadata` spells it: whole seconds, UTC.
    pub(crate) fn seconds(&self) -> String {
        let whole = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
        self.now().round(whole).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_when_told() {
        let clock = Clock::stopped("2026-01-02T03:04:05.9Z".parse().unwrap());
        assert_eq!(clock.seconds(), "2026-01-02T03:04:05Z");
        let other = clock.clone();
        other.advance(Duration::from_secs(60));
        assert_eq!(clock.seconds(), "2026-01-02T03:05:05Z");
    }
}
