//! How many requests were made, of which kind, and how they ended.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::request::{Subject, Verb};

/// The requests of a [`Transport`](crate::Transport) up to a moment, by verb and resource.
///
/// Every request that went over the wire counts, a retried one each time.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts(BTreeMap<Subject, Count>);

/// How often something was asked, and how that ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Count {
    /// Requests sent.
    pub requests: u64,
    /// Of these, sent again after a failure.
    pub retries: u64,
    /// Of these, answered with a status of 400 or more, or not at all.
    pub failures: u64,
}

impl Counts {
    /// All requests together, watches included.
    pub fn total(&self) -> u64 {
        self.0.values().map(|count| count.requests).sum()
    }

    /// The requests with this verb, whatever the resource; dry-runs are not among them.
    pub fn of(&self, verb: Verb) -> u64 {
        let matching =
            self.0.iter().filter(|(subject, _)| subject.verb == verb && !subject.dry_run);
        matching.map(|(_, count)| count.requests).sum()
    }

    /// The requests that were to store nothing.
    pub fn dry_runs(&self) -> u64 {
        let matching = self.0.iter().filter(|(subject, _)| subject.dry_run);
        matching.map(|(_, count)| count.requests).sum()
    }

    /// Every kind of request and its count.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &Count)> {
        self.0.iter()
    }

    /// What was added since `before`, an earlier reading of the same transport.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let added = self.0.iter().map(|(subject, now)| {
            let then = before.0.get(subject).copied().unwrap_or_default();
            (subject.clone(), now.minus(then))
        });
        Self(added.filter(|(_, count)| count.requests > 0).collect())
    }
}

impl Count {
    fn minus(self, then: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(then.requests),
            retries: self.retries.saturating_sub(then.retries),
            failures: self.failures.saturating_sub(then.failures),
        }
    }
}

/// A line for each kind of request, as a person would want to read them.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (subject, Count { requests, retries, failures }) in &self.0 {
            write!(f, "{requests:>6} {subject}")?;
            if *retries > 0 {
                write!(f, ", {retries} retried")?;
            }
            if *failures > 0 {
                write!(f, ", {failures} failed")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Where a transport counts.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<Counts>);

impl Counter {
    pub(crate) fn sent(&self, subject: &Subject, attempt: u32) {
        self.change(subject, |count| {
            count.requests += 1;
            count.retries += u64::from(attempt > 0);
        });
    }

    pub(crate) fn failed(&self, subject: &Subject) {
        self.change(subject, |count| count.failures += 1);
    }

    pub(crate) fn read(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, subject: &Subject, change: impl FnOnce(&mut Count)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.0.get_mut(subject) {
            Some(count) => change(count),
            None => change(counts.0.entry(subject.clone()).or_default()),
        }
    }
}
