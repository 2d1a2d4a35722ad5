//! How many requests may be under way at once: as many as the server answers without slowing down.
//!
//! A fixed rate (client-go's 5 a second, controller-runtime's 20) is too slow for an idle server and
//! too fast for a busy one. The server's answers say which it is.
//!
//! Requests that wait for others to be answered go out in company, a quarter of the window at a time:
//! a processor that has sent one sends the next for much less, before others have taken its caches.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::request::Subject;

/// Bounds for the number of short requests under way at once; watches do not count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Concurrency {
    /// Where it begins. 16 unless set: requests in company cost the server a quarter less.
    pub start: usize,
    /// It never falls below. 1 unless set.
    pub least: usize,
    /// It never rises above. 64 unless set.
    pub most: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self { start: 16, least: 1, most: 64 }
    }
}

/// The rule, without a clock: grow by one for every round of answers, shrink by a tenth when answers
/// take twice as long as the best ones of their kind, halve when the server says it is too much.
#[derive(Debug)]
pub(crate) struct Window {
    bounds: Concurrency,
    size: f64,
    /// The best time each kind of request was answered in, forgotten slowly.
    best: HashMap<Subject, f64>,
    /// How many times the best time answers take lately.
    slowdown: f64,
}

impl Window {
    pub(crate) fn new(bounds: Concurrency) -> Self {
        let size = bounds.start.clamp(bounds.least.max(1), bounds.most.max(1)) as f64;
        Self { bounds, size, best: HashMap::new(), slowdown: 1.0 }
    }

    pub(crate) fn size(&self) -> usize {
        self.size as usize
    }

    /// The server answered after so long, with so many requests under way.
    pub(crate) fn answered(&mut self, subject: &Subject, took: Duration, under_way: usize) {
        // Below this a difference is noise of the scheduler, not load of the server.
        const NOISE: f64 = 0.010;
        let took = took.as_secs_f64().max(NOISE);
        let best = match self.best.get_mut(subject) {
            Some(best) => {
                *best = (*best * 1.001).min(took);
                *best
            }
            None => *self.best.entry(subject.clone()).or_insert(took),
        };
        self.slowdown += (took / best - self.slowdown) * 0.1;
        if self.slowdown > 2.0 {
            self.resize(self.size * 0.9);
            self.slowdown = 1.0;
        } else if under_way + 1 >= self.size() {
            self.resize(self.size + 1.0 / self.size);
        }
    }

    /// The server refused because it has too much to do.
    pub(crate) fn refused(&mut self) {
        self.resize(self.size / 2.0);
    }

    fn resize(&mut self, size: f64) {
        let Concurrency { least, most, .. } = self.bounds;
        self.size = size.clamp(least.max(1) as f64, most.max(1) as f64);
    }
}

/// Lets requests through as the window allows.
#[derive(Debug)]
pub(crate) struct Pace {
    places: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    window: Window,
    under_way: usize,
    waiting: usize,
    /// Places that exist: taken, free, or given back and not yet given out.
    places: usize,
    given_back: usize,
}

impl State {
    /// How many places are to be had now that something has changed.
    fn give_out(&mut self) -> usize {
        let wanted = self.window.size();
        if self.places > wanted {
            let fewer = self.given_back.min(self.places - wanted);
            self.places -= fewer;
            self.given_back -= fewer;
        }
        let new = wanted.saturating_sub(self.places);
        self.places += new;
        let company = (wanted / COMPANY).max(1).min(self.waiting);
        if self.given_back < company {
            return new;
        }
        new + std::mem::take(&mut self.given_back)
    }
}

/// Of so many places one is a company.
const COMPANY: usize = 4;

/// A place among the requests under way; dropping it makes room.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
    since: Instant,
}

impl Pace {
    pub(crate) fn new(bounds: Concurrency) -> Self {
        let window = Window::new(bounds);
        let places = window.size();
        let state = State { window, under_way: 0, waiting: 0, places, given_back: 0 };
        Self { places: Semaphore::new(places), state: Mutex::new(state) }
    }

    /// Waits for a place. Cancelling is safe: nothing is taken until this returns.
    pub(crate) async fn enter(&self) -> Place<'_> {
        if let Ok(permit) = self.places.try_acquire() {
            return self.place(Some(permit));
        }
        let waiting = Waiting::begin(self);
        // The semaphore is never closed; without a permit the request simply does not count.
        let permit = self.places.acquire().await.ok();
        let place = self.place(permit);
        drop(waiting);
        place
    }

    pub(crate) fn size(&self) -> usize {
        self.with(|state| state.window.size())
    }

    fn place<'p>(&'p self, permit: Option<SemaphorePermit<'p>>) -> Place<'p> {
        self.with(|state| state.under_way += 1);
        Place { pace: self, permit, since: Instant::now() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something, and gives out the places that come of it.
    fn change(&self, work: impl FnOnce(&mut State)) {
        let places = self.with(|state| {
            work(state);
            state.give_out()
        });
        self.places.add_permits(places);
    }
}

/// Somebody who has not got a place yet, and may go away without one.
struct Waiting<'a>(&'a Pace);

impl<'a> Waiting<'a> {
    fn begin(pace: &'a Pace) -> Self {
        pace.change(|state| state.waiting += 1);
        Self(pace)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.change(|state| state.waiting -= 1);
    }
}

impl Place<'_> {
    /// Goes, with an answer.
    pub(crate) fn leave(self, status: StatusCode, subject: &Subject) {
        match status {
            StatusCode::TOO_MANY_REQUESTS => self.refused(),
            _ => self.answered(subject),
        }
    }

    fn answered(&self, subject: &Subject) {
        let took = self.since.elapsed();
        self.pace.with(|state| {
            let full = state.under_way + state.given_back;
            state.window.answered(subject, took, full);
        });
    }

    fn refused(&self) {
        self.pace.with(|state| state.window.refused());
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let counted = usize::from(self.permit.take().map(SemaphorePermit::forget).is_some());
        self.pace.change(|state| {
            state.under_way -= 1;
            state.given_back += counted;
        });
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use http::Request;

    use super::*;

    fn get() -> Subject {
        Subject::of(&Request::get("/api/v1/namespaces/a/pods/b").body(()).unwrap())
    }

    #[test]
    fn a_quick_server_gets_more_and_a_slow_one_less() {
        let mut window = Window::new(Concurrency::default());
        for _ in 0..2000 {
            let full = window.size();
            window.answered(&get(), Duration::from_millis(15), full);
        }
        assert!(window.size() > 50, "{}", window.size());
        for _ in 0..400 {
            window.answered(&get(), Duration::from_millis(150), 64);
        }
        assert!(window.size() < 16, "{}", window.size());
    }

    #[test]
    fn nothing_grows_that_is_not_used() {
        let mut window = Window::new(Concurrency::default());
        for _ in 0..1000 {
            window.answered(&get(), Duration::from_millis(5), 1);
        }
        assert_eq!(window.size(), 16);
    }

    #[test]
    fn a_refusal_halves_down_to_the_least() {
        let mut window = Window::new(Concurrency { least: 3, ..Concurrency::default() });
        let sizes: Vec<usize> = (0..4)
            .map(|_| {
                window.refused();
                window.size()
            })
            .collect();
        assert_eq!(sizes, [8, 4, 3, 3]);
    }

    #[test]
    fn one_slow_kind_does_not_count_against_a_quick_one() {
        let mut window = Window::new(Concurrency::default());
        let list = Subject::of(&Request::get("/api/v1/pods").body(()).unwrap());
        for _ in 0..1000 {
            window.answered(&get(), Duration::from_millis(5), 16);
            window.answered(&list, Duration::from_millis(500), 16);
        }
        assert!(window.size() > 16);
    }

    #[tokio::test]
    async fn places_follow_the_window() {
        let pace = Pace::new(Concurrency { start: 4, ..Concurrency::default() });
        let places =
            [pace.enter().await, pace.enter().await, pace.enter().await, pace.enter().await];
        places[0].refused();
        assert_eq!(pace.places.available_permits(), 0);
        drop(places);
        assert_eq!(pace.places.available_permits(), 2);
        let (_one, _two) = (pace.enter().await, pace.enter().await);
        let third = tokio::time::timeout(Duration::from_millis(20), pace.enter()).await;
        assert!(third.is_err(), "the third waits");
    }

    /// A pace of 8 places with all of them taken.
    async fn full() -> (&'static Pace, Vec<Place<'static>>) {
        let bounds = Concurrency { start: 8, most: 8, ..Concurrency::default() };
        let pace: &Pace = Box::leak(Box::new(Pace::new(bounds)));
        let mut places = Vec::new();
        while places.len() < 8 {
            places.push(pace.enter().await);
        }
        (pace, places)
    }

    #[tokio::test]
    async fn who_waits_goes_in_company() {
        let (pace, mut places) = full().await;
        let mut waiting: Vec<_> = (0..3).map(|_| pace.enter().boxed()).collect();
        let mut taken = Vec::new();
        let mut came = || {
            waiting.retain_mut(|it| match it.now_or_never() {
                Some(place) => {
                    taken.push(place);
                    false
                }
                None => true,
            });
            taken.len()
        };
        let mut comes = Vec::new();
        for _ in 0..4 {
            comes.push(came());
            places.pop();
        }
        assert_eq!(comes, [0, 0, 2, 3], "two together, and the last one alone");
    }

    #[tokio::test]
    async fn nobody_waits_for_company_that_went_away() {
        let (pace, mut places) = full().await;
        let (mut first, mut second) = (pace.enter().boxed(), pace.enter().boxed());
        assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
        places.pop();
        assert!((&mut first).now_or_never().is_none());
        drop(second);
        assert!(first.now_or_never().is_some());
    }
}
