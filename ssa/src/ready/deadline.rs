//! When waiting is over.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::{Either, select};
use gotk_kstatus::Verdict;
use tokio::time::{Instant, sleep_until};

use super::state::State;
use crate::ObjectId;

/// When all are ready, one has failed, or the time of one or of all is over.
pub(super) async fn decided(
    each: &BTreeMap<ObjectId, Duration>,
    total: Duration,
    state: &State,
) -> Verdict {
    let begin = Instant::now();
    let end = begin + total;
    let mut limits: Vec<_> = each.iter().map(|(id, limit)| (begin + *limit, id)).collect();
    limits.sort_unstable();
    let mut limits = limits.into_iter().peekable();
    loop {
        let changed = state.changed();
        match state.verdict() {
            Verdict::Waiting => {}
            verdict => return verdict,
        }
        let next = limits.peek().map_or(end, |(limit, _)| (*limit).min(end));
        let time = std::pin::pin!(sleep_until(next));
        if let Either::Right(_) = select(std::pin::pin!(changed), time).await {
            let over = limits.next_if(|(limit, _)| *limit <= next);
            if next >= end || over.is_some_and(|(_, id)| !state.is_ready(id)) {
                return state.verdict();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gotk_kstatus::{Patience, Readers};

    use super::*;
    use crate::ready::state::tests::{deployment, target};
    use crate::watch::Event;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn time_is_over_for_all_at_once_or_for_one() {
        let targets = [target("Deployment", "a", false), target("Deployment", "b", false)];
        let state = State::new(&targets, Patience::UntilOneFails, None);
        let readers = Readers::flux();
        state.teller(&[&targets[0], &targets[1]], &readers).tell(Event::There(&deployment("a", 1)));
        let (ready, unready) = (targets[0].id.clone(), targets[1].id.clone());
        for (each, seconds) in [
            (vec![], 600),
            (vec![(ready.clone(), MINUTE)], 600),
            (vec![(ready, MINUTE), (unready.clone(), 2 * MINUTE)], 120),
            (vec![(unready, 20 * MINUTE)], 600),
        ] {
            let begin = Instant::now();
            let each = each.into_iter().collect();
            assert_eq!(decided(&each, 10 * MINUTE, &state).await, Verdict::Waiting);
            assert_eq!(begin.elapsed().as_secs(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_waiter_wakes_with_the_last_object() {
        let targets = [target("Deployment", "a", false)];
        let state = State::new(&targets, Patience::UntilOneFails, None);
        let readers = Readers::flux();
        let come = async {
            tokio::time::sleep(MINUTE).await;
            state.teller(&[&targets[0]], &readers).tell(Event::There(&deployment("a", 1)));
        };
        let (begin, each) = (Instant::now(), BTreeMap::new());
        let (verdict, ()) = tokio::join!(decided(&each, 10 * MINUTE, &state), come);
        assert_eq!((verdict, begin.elapsed()), (Verdict::Ready, MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn ten_thousand_objects_are_counted_not_kept() {
        let targets: Vec<_> =
            (0..10_000).map(|number| target("Deployment", &format!("d{number}"), false)).collect();
        let state = State::new(&targets, Patience::UntilOneFails, None);
        let readers = Readers::flux();
        let mut teller = state.teller(&targets.iter().collect::<Vec<_>>(), &readers);
        for target in &targets {
            teller.tell(Event::There(&deployment(&target.id.name, 1)));
        }
        assert_eq!(decided(&BTreeMap::new(), MINUTE, &state).await, Verdict::Ready);
    }
}
