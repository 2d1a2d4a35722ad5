//! What time the server believes it is.

use std::future::pending;
use std::time::Duration;

use jiff::{Timestamp, Unit};
use tokio::sync::watch;

/// The clock that stamps creation, deletion and managed fields, and that workloads are moved by.
///
/// Clones share their time, so a test keeps one and gives the other to the server.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    stopped: Option<watch::Sender<Timestamp>>,
}

impl Clock {
    /// The machine's own clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` and moves only by [`advance`](Self::advance).
    pub fn stopped(start: Timestamp) -> Self {
        Self { stopped: Some(watch::Sender::new(start)) }
    }

    /// Moves a stopped clock forward. The machine's own clock takes no notice.
    ///
    /// What has become due is done before the next request is answered, and watches are told.
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.stopped {
            time.send_modify(|time| *time = time.checked_add(by).unwrap_or(Timestamp::MAX));
        }
    }

    /// The time it shows.
    pub fn now(&self) -> Timestamp {
        match &self.stopped {
            Some(time) => *time.borrow(),
            None => Timestamp::now(),
        }
    }

    /// Now, as `metadata` spells it: whole seconds, UTC.
    pub(crate) fn seconds(&self) -> String {
        let whole = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
        self.now().round(whole).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
    }

    /// Sees every move of a stopped clock from now on.
    pub(crate) fn watch(&self) -> Option<watch::Receiver<Timestamp>> {
        self.stopped.as_ref().map(watch::Sender::subscribe)
    }

    /// Waits until `at`, or until a stopped clock has moved at all.
    pub(crate) async fn until(
        &self,
        at: Option<Timestamp>,
        moved: Option<watch::Receiver<Timestamp>>,
    ) {
        match (moved, at) {
            // The sender is ours: it is there as long as we are.
            (Some(mut moved), _) => drop(moved.changed().await),
            (None, Some(at)) => {
                let left = at.duration_since(Timestamp::now());
                tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
            }
            (None, None) => pending().await,
        }
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
