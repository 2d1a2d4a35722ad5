//! Who asked what, how often: for tests that count.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use jiff::Timestamp;

use crate::asked::Asked;

/// The requests a server was sent, counted by what they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    counts: BTreeMap<Request, u64>,
}

/// What one request was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Request {
    /// Who asked; the user acted as, where somebody impersonates.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch` (every apply is one), `delete`,
    /// `deletecollection`.
    pub verb: String,
    /// `deployments.apps`, `pods/status`, or the path of what is no resource: `/version`.
    pub resource: String,
    /// Whether nothing was to be stored.
    pub dry_run: bool,
}

/// One request of the log, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// When it came in, by the server's clock.
    pub at: Timestamp,
    /// What it was.
    pub request: Request,
    /// The namespace it was about; empty for all, and for what has none.
    pub namespace: String,
    /// The object it was about; empty for a collection.
    pub name: String,
    /// The code of the answer; none while there is none, or never was.
    pub code: Option<u16>,
}

impl Requests {
    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Those sent after the earlier count was taken.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let later = |(request, count): (&Request, &u64)| {
            let new = count.saturating_sub(earlier.counts.get(request).copied().unwrap_or(0));
            (new > 0).then(|| (request.clone(), new))
        };
        Self { counts: self.counts.iter().filter_map(later).collect() }
    }

    /// Those that are of interest.
    #[must_use]
    pub fn filter(&self, wanted: impl Fn(&Request) -> bool) -> Self {
        let counts = self.counts.iter().filter(|(request, _)| wanted(request));
        Self { counts: counts.map(|(request, count)| (request.clone(), *count)).collect() }
    }

    /// Those of one user.
    #[must_use]
    pub fn by(&self, user: &str) -> Self {
        self.filter(|request| request.user == user)
    }

    /// Each kind of request with its count, in order of user, verb and resource.
    pub fn iter(&self) -> impl Iterator<Item = (&Request, u64)> {
        self.counts.iter().map(|(request, count)| (request, *count))
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (request, count) in self.iter() {
            writeln!(f, "{count:>6}  {request}")?;
        }
        write!(f, "{:>6}  in all", self.total())
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dry = if self.dry_run { " (dry-run)" } else { "" };
        write!(f, "{} {} by {}{dry}", self.verb, self.resource, self.user)
    }
}

/// The counters, and the newest requests in order.
#[derive(Debug, Default)]
pub(crate) struct Log {
    counted: Requests,
    newest: VecDeque<Logged>,
    /// The number of the first request in `newest`.
    first: u64,
}

/// The counters go on for ever, the log keeps so many.
const KEPT: usize = 10_000;

/// Kinds of requests that are counted apart; paths that lead nowhere could be any number.
const KINDS: usize = 10_000;

/// The resource of what is more than that.
const OTHERS: &str = "others";

impl Log {
    /// Notes a request that came in; the number is for [`answered`](Self::answered).
    pub(crate) fn note(&mut self, at: Timestamp, asked: &Asked) -> u64 {
        let mut request = Request {
            user: asked.user.clone(),
            verb: asked.verb.clone(),
            resource: asked.resource.clone(),
            dry_run: asked.dry_run,
        };
        if self.counted.counts.len() >= KINDS && !self.counted.counts.contains_key(&request) {
            OTHERS.clone_into(&mut request.resource);
        }
        *self.counted.counts.entry(request.clone()).or_default() += 1;
        if self.newest.len() == KEPT {
            self.newest.pop_front();
            self.first += 1;
        }
        let (namespace, name) = (asked.namespace.clone(), asked.name.clone());
        self.newest.push_back(Logged { at, request, namespace, name, code: None });
        self.first + self.newest.len() as u64 - 1
    }

    pub(crate) fn answered(&mut self, number: u64, code: u16) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(logged) = place.and_then(|place| self.newest.get_mut(place)) {
            logged.code = Some(code);
        }
    }

    pub(crate) fn counted(&self) -> Requests {
        self.counted.clone()
    }

    pub(crate) fn newest(&self) -> Vec<Logged> {
        self.newest.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str) -> Asked {
        Asked {
            user: "jane".into(),
            verb: "get".into(),
            resource: "pods".into(),
            name: name.into(),
            ..Asked::default()
        }
    }

    #[test]
    fn the_log_keeps_the_newest_and_the_counters_all() {
        let mut log = Log::default();
        for number in 0..KEPT as u64 + 5 {
            assert_eq!(log.note(Timestamp::UNIX_EPOCH, &asked(&number.to_string())), number);
        }
        log.answered(2, 200); // forgotten
        log.answered(7, 404);
        assert_eq!(log.counted().total(), KEPT as u64 + 5);
        let newest = log.newest();
        assert_eq!((newest.len(), &*newest[0].name), (KEPT, "5"));
        assert_eq!((newest[2].code, newest[3].code), (Some(404), None));
    }

    #[test]
    fn requests_of_any_number_of_kinds_take_bounded_memory() {
        let mut log = Log::default();
        for number in 0..KINDS + 500 {
            let asked = Asked { resource: format!("/{number}"), ..asked("a") };
            log.note(Timestamp::UNIX_EPOCH, &asked);
        }
        let counted = log.counted();
        assert_eq!(counted.total(), KINDS as u64 + 500);
        assert_eq!(counted.counts.len(), KINDS + 1);
    }

    #[test]
    fn counts_are_compared_by_what_was_asked() {
        let mut log = Log::default();
        log.note(Timestamp::UNIX_EPOCH, &asked("a"));
        let before = log.counted();
        log.note(Timestamp::UNIX_EPOCH, &asked("b"));
        let after = log.counted().since(&before);
        assert_eq!(after.to_string(), "     1  get pods by jane\n     1  in all");
        assert_eq!(after.by("joe").total(), 0);
    }
}
