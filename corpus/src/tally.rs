//! How many cases of a corpus come out as recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::{self, Write};

/// Counts the cases of one corpus and remembers which differ, and how.
#[derive(Debug)]
#[must_use = "a tally that is not finished proves nothing"]
pub struct Tally {
    name: &'static str,
    exceptions: BTreeMap<&'static str, &'static str>,
    total: usize,
    misses: Vec<(String, String)>,
    met: BTreeSet<&'static str>,
}

impl Tally {
    /// Opens the tally of the corpus called `name`.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            exceptions: BTreeMap::new(),
            total: 0,
            misses: Vec::new(),
            met: BTreeSet::new(),
        }
    }

    /// Lets the case called `case` differ, because `reason` (an upstream bug or nondeterminism).
    pub fn except(mut self, case: &'static str, reason: &'static str) -> Self {
        self.exceptions.insert(case, reason);
        self
    }

    /// Counts a case that came out as recorded (`Ok`) or not (`Err` says how it differs).
    pub fn case(&mut self, name: &str, outcome: Result<(), String>) {
        self.total += 1;
        let excepted = self.exceptions.get_key_value(name).map(|(&case, _)| case);
        match (outcome, excepted) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => {
                self.misses.push((name.to_owned(), "excepted, but no longer differs".to_owned()));
            }
            (Err(_), Some(case)) => {
                self.met.insert(case);
            }
            (Err(how), None) => self.misses.push((name.to_owned(), how)),
        }
    }

    /// Counts a case by comparing what we answer with what was recorded.
    pub fn equal<T: Debug + PartialEq + ?Sized>(&mut self, name: &str, ours: &T, recorded: &T) {
        let same = ours == recorded;
        self.case(
            name,
            if same { Ok(()) } else { Err(format!("ours     {ours:?}\nrecorded {recorded:?}")) },
        );
    }

    /// Prints `corpus <name>: <passed>/<total>` and returns both numbers.
    ///
    /// # Panics
    ///
    /// When a case differs that is not excepted, when more than 1 % are excepted, or when there
    /// was no case at all. At most 25 differences are shown; set `GOTK_CORPUS_SHOW` to see more,
    /// or to a name's beginning to see only those.
    #[track_caller]
    pub fn finish(self) -> (usize, usize) {
        let passed = self.total - self.misses.len() - self.met.len();
        say(&format!("corpus {}: {passed}/{}", self.name, self.total));
        for case in &self.met {
            say(&format!("corpus {}: {case} differs: {}", self.name, self.exceptions[case]));
        }
        self.show_misses();
        assert!(self.total > 0, "corpus {} holds no case", self.name);
        assert!(
            self.misses.is_empty(),
            "corpus {}: {} of {} cases differ",
            self.name,
            self.misses.len(),
            self.total
        );
        assert!(
            self.met.len() * 100 <= self.total,
            "corpus {}: {} exceptions among {} cases are more than 1 %",
            self.name,
            self.met.len(),
            self.total
        );
        (passed, self.total)
    }

    fn show_misses(&self) {
        let wanted = std::env::var("GOTK_CORPUS_SHOW").unwrap_or_default();
        let (limit, prefix) = match wanted.parse::<usize>() {
            Ok(limit) => (limit, ""),
            Err(_) if wanted.is_empty() => (25, ""),
            Err(_) => (usize::MAX, wanted.as_str()),
        };
        for (name, how) in
            self.misses.iter().filter(|(name, _)| name.starts_with(prefix)).take(limit)
        {
            say(&format!("--- {name}\n{how}"));
        }
    }
}

/// Writes a line past the test harness, which swallows what a passing test prints.
pub(crate) fn say(line: &str) {
    // A closed stderr is no reason to fail a test; our own tests would only confuse the log.
    if !cfg!(test) {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excepted_case_is_not_counted_as_passed() {
        let mut tally = Tally::new("self-test").except("b", "upstream bug");
        for index in 0..200 {
            tally.case(&format!("a/{index}"), Ok(()));
        }
        tally.case("b", Err("differs".to_owned()));
        assert_eq!(tally.finish(), (200, 201));
    }

    #[test]
    #[should_panic(expected = "1 of 1 cases differ")]
    fn a_miss_fails() {
        let mut tally = Tally::new("self-test");
        tally.equal("a", &1, &2);
        tally.finish();
    }

    #[test]
    #[should_panic(expected = "1 of 1 cases differ")]
    fn an_exception_without_a_cause_fails() {
        let mut tally = Tally::new("self-test").except("a", "long mended");
        tally.equal("a", &1, &1);
        tally.finish();
    }

    #[test]
    #[should_panic(expected = "more than 1 %")]
    fn exceptions_are_few() {
        let mut tally = Tally::new("self-test").except("a", "upstream bug");
        tally.case("a", Err("differs".to_owned()));
        tally.finish();
    }

    #[test]
    #[should_panic(expected = "holds no case")]
    fn an_empty_corpus_proves_nothing() {
        Tally::new("self-test").finish();
    }
}
