//! Constraints: groups of which one has to hold, of comparators that all have to hold.

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::semver::comparator::Comparator;
use crate::semver::grammar::{Pattern, Scanner};
use crate::semver::hyphen;
use crate::semver::quote::quote;
use crate::semver::version::Version;

/// What a version has to satisfy: `>=1.2, <2 || ~3.1`.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Group>,
    pre_releases: bool,
}

#[derive(Clone, Debug)]
struct Group {
    comparators: Vec<Comparator>,
    /// One of the comparators names a pre-release.
    pre_releases: bool,
}

/// Longer texts are refused.
const MAX_BYTES: usize = 512;
const MAX_GROUPS: usize = 32;

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    ///
    /// [`Error::Constraint`] with Masterminds' text.
    #[doc(alias = "NewConstraint")]
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            let why = format!("constraint string is too long (max {MAX_BYTES} bytes)");
            return Err(refuse(why));
        }
        let text = hyphen::rewrite(text);
        if text.split("||").count() > MAX_GROUPS {
            return Err(refuse(format!("too many constraint groups (max {MAX_GROUPS})")));
        }
        let groups = text.split("||").map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Self { groups, pre_releases: false })
    }

    /// Lets every group take pre-releases, whether it names one or not.
    #[doc(alias = "IncludePrerelease")]
    #[must_use]
    pub fn with_pre_releases(mut self) -> Self {
        self.pre_releases = true;
        self
    }

    /// Whether a version satisfies the constraint.
    #[doc(alias = "Check")]
    pub fn matches(&self, version: &Version<'_>) -> bool {
        let release = version.pre_release().is_empty();
        self.groups.iter().any(|group| {
            let welcome = release || group.pre_releases || self.pre_releases;
            welcome && group.comparators.iter().all(|comparator| comparator.matches(version))
        })
    }

    /// The highest version that satisfies the constraint, the first of equal ones.
    ///
    /// Tags that are no versions are skipped.
    pub fn best<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> Option<Version<'a>> {
        let versions = tags.into_iter().filter_map(|tag| Version::parse(tag).ok());
        versions
            .filter(|version| self.matches(version))
            .reduce(|best, version| if version.precedence(&best).is_gt() { version } else { best })
    }
}

impl FromStr for Constraint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// In one fixed form: `~1.2 || >=2 <3`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            f.write_str(if index > 0 { " || " } else { "" })?;
            for (index, comparator) in group.comparators.iter().enumerate() {
                let [operator, version] = comparator.text();
                write!(f, "{}{operator}{version}", if index > 0 { " " } else { "" })?;
            }
        }
        Ok(())
    }
}

impl Group {
    fn parse(text: &str) -> Result<Self, Error> {
        let patterns = patterns(text)
            .ok_or_else(|| refuse(format!("improper constraint: {}", quote(text))))?;
        let comparators = patterns.iter().map(|(operator, pattern)| {
            Comparator::new(operator, pattern).ok_or_else(|| refuse("constraint parser error"))
        });
        let comparators = comparators.collect::<Result<Vec<_>, _>>()?;
        let pre_releases = comparators.iter().any(Comparator::names_pre_release);
        Ok(Self { comparators, pre_releases })
    }
}

/// The comparators of a group, with a comma or blanks between them.
fn patterns(text: &str) -> Option<Vec<(&'static str, Pattern<'_>)>> {
    let mut scanner = Scanner::new(text);
    let mut patterns = Vec::new();
    scanner.blank();
    loop {
        let operator = scanner.operator();
        scanner.blank();
        patterns.push((operator, scanner.pattern()?));
        let blank = scanner.blank();
        if scanner.is_at_end() {
            return Some(patterns);
        }
        if scanner.skip(",") {
            scanner.blank();
        } else if !blank {
            return None;
        }
    }
}

fn refuse(message: impl Into<String>) -> Error {
    Error::Constraint { message: message.into() }
}
