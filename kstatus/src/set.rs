//! Many objects at once: are they all there, and if not, which are stuck?

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use serde_json::Value;

use crate::report::Report;
use crate::status::Status;

/// What a set of objects is worth as a whole, when all should be `desired`.
///
/// One that failed makes the whole failed, else one that could not be judged makes it unknown. An
/// empty set is as desired.
pub fn aggregate(statuses: impl IntoIterator<Item = Status>, desired: Status) -> Status {
    let mut tally = Counts::default();
    for status in statuses {
        tally.add(status);
    }
    tally.aggregate(desired)
}

/// The objects somebody waits for, by a key of yours that prints as their name.
///
/// Fed with one observation per event; asking costs the same for ten objects and for ten thousand.
/// Text is kept only for objects that are not current.
///
/// ```
/// use gotk_kstatus::{Patience, Readers, StatusSet, Verdict};
/// use jiff::Timestamp;
/// use serde_json::json;
///
/// let mut set = StatusSet::of(["Job/shop/migrate", "ConfigMap/shop/settings"]);
/// assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Waiting);
///
/// let settings = json!({ "apiVersion": "v1", "kind": "ConfigMap" });
/// let migrate = json!({
///     "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migrate", "namespace": "shop" },
///     "status": { "conditions": [{ "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded" }] },
/// });
/// let readers = Readers::flux();
/// for (key, object) in [("Job/shop/migrate", &migrate), ("ConfigMap/shop/settings", &settings)] {
///     set.observe(key, object, &readers.judge(object, Timestamp::UNIX_EPOCH));
/// }
///
/// assert_eq!(set.verdict(Patience::UntilAllSettle), Verdict::Failed);
/// assert_eq!(
///     set.failure(Verdict::Failed).to_string(),
///     "failed early due to stalled resources: [Job/shop/migrate status: 'Failed': \
///      Job Failed. failed: 0/1; last condition Failed=True (BackoffLimitExceeded)]",
/// );
/// ```
#[derive(Clone, Debug)]
pub struct StatusSet<K> {
    entries: BTreeMap<K, Entry>,
    counts: Counts,
}

#[derive(Clone, Debug)]
struct Entry {
    status: Status,
    /// Whether the object was ever looked at.
    seen: bool,
    /// Why it is not current, beginning with `: `; empty if there is nothing to say.
    reasons: String,
}

/// When to stop waiting because of an object that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "either or")]
pub enum Patience {
    /// As soon as one has failed.
    UntilOneFails,
    /// When every object is current or has failed.
    UntilAllSettle,
}

/// What a waiter does next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a waiter must decide about each of them")]
pub enum Verdict {
    /// Stops: all are current.
    Ready,
    /// Stops: some have failed, and waiting will not help.
    Failed,
    /// Keeps waiting. At the deadline, this is a timeout.
    Waiting,
}

impl<K: Ord> StatusSet<K> {
    /// The objects to wait for, none of them looked at yet.
    pub fn of(keys: impl IntoIterator<Item = K>) -> Self {
        let mut set = Self { entries: BTreeMap::new(), counts: Counts::default() };
        for key in keys {
            set.put(key, Entry { status: Status::Unknown, seen: false, reasons: String::new() });
        }
        set
    }

    /// Notes how an object was judged.
    pub fn observe(&mut self, key: K, object: &Value, report: &Report<'_>) {
        let reasons = match report.status {
            Status::Current => String::new(),
            _ => report.explain(object).reasons().to_string(),
        };
        self.put(key, Entry { status: report.status, seen: true, reasons });
    }

    /// Notes a status for which there is no object: [`NotFound`](Status::NotFound), or
    /// [`Current`](Status::Current) for a Job with a time to live that is gone because it is done.
    pub fn note(&mut self, key: K, status: Status) {
        self.put(key, Entry { status, seen: true, reasons: String::new() });
    }

    /// Takes an object out of the set.
    pub fn forget(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.counts.remove(entry.status);
        }
    }

    /// What the set is worth as a whole; see [`aggregate`].
    pub fn aggregate(&self, desired: Status) -> Status {
        self.counts.aggregate(desired)
    }

    /// How many objects have this status.
    pub const fn count(&self, status: Status) -> usize {
        self.counts.of(status)
    }

    /// Whether to go on waiting for all to become current.
    pub fn verdict(&self, patience: Patience) -> Verdict {
        let (current, failed) = (self.count(Status::Current), self.count(Status::Failed));
        let settled = current + failed == self.entries.len();
        match (failed, patience) {
            (0, _) if settled => Verdict::Ready,
            (1.., Patience::UntilOneFails) => Verdict::Failed,
            (1.., Patience::UntilAllSettle) if settled => Verdict::Failed,
            _ => Verdict::Waiting,
        }
    }

    /// Each object that is not current, with its status and the reasons as
    /// [`Report::explain`] gives them.
    pub fn unsettled(&self) -> impl Iterator<Item = (&K, Status, &str)> {
        let unsettled = self.entries.iter().filter(|(_, it)| it.status != Status::Current);
        unsettled.map(|(key, it)| (key, it.status, it.reasons.trim_start_matches(": ")))
    }

    fn put(&mut self, key: K, entry: Entry) {
        self.counts.add(entry.status);
        if let Some(before) = self.entries.insert(key, entry) {
            self.counts.remove(before.status);
        }
    }
}

impl<K: Ord + Display> StatusSet<K> {
    /// Says why waiting ended without success, in Flux's words: `timeout waiting for: […]` after
    /// [`Verdict::Waiting`], `failed early due to stalled resources: […]` after
    /// [`Verdict::Failed`], objects in the order of their keys.
    ///
    /// A timeout names every object that is not current, an early end only those that failed: what
    /// nobody has looked at by then is not what ended it.
    pub fn failure(&self, verdict: Verdict) -> impl Display + '_ {
        Failure { set: self, timeout: verdict == Verdict::Waiting }
    }
}

struct Failure<'s, K> {
    set: &'s StatusSet<K>,
    timeout: bool,
}

impl<K: Ord + Display> Display for Failure<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |entry: &Entry| match entry.status {
            Status::Current => false,
            Status::Failed => true,
            _ => self.timeout,
        };
        let timeout = "timeout waiting for: [";
        let early = "failed early due to stalled resources: [";
        f.write_str(if self.timeout { timeout } else { early })?;
        let mut separator = "";
        for (key, entry) in self.set.entries.iter().filter(|(_, entry)| named(entry)) {
            if entry.seen {
                write!(f, "{separator}{key} status: '{}'{}", entry.status, entry.reasons)?;
            } else {
                write!(f, "{separator}can't determine status for {key}")?;
            }
            separator = ", ";
        }
        f.write_str("]")
    }
}

/// How many objects have each status.
#[derive(Clone, Copy, Debug, Default)]
struct Counts([usize; 6]);

impl Counts {
    const fn add(&mut self, status: Status) {
        self.0[status as usize] += 1;
    }

    const fn remove(&mut self, status: Status) {
        self.0[status as usize] -= 1;
    }

    const fn of(&self, status: Status) -> usize {
        self.0[status as usize]
    }

    fn aggregate(&self, desired: Status) -> Status {
        let total: usize = self.0.iter().sum();
        if total == 0 {
            desired
        } else if self.of(Status::Failed) > 0 {
            Status::Failed
        } else if self.of(Status::Unknown) > 0 {
            Status::Unknown
        } else if self.of(desired) == total {
            desired
        } else {
            Status::InProgress
        }
    }
}
