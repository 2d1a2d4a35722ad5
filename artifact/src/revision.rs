//! The readable name of a version (Flux's RFC-0005).

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Algorithm, Digest, Error};

/// The readable name of a version: a named pointer, the digest it pointed at, or both.
///
/// | Text | Where it comes from |
/// | --- | --- |
/// | `main@sha1:5394cb7f…` | a branch or tag of a Git repository |
/// | `refs/pull/1/head@sha1:5394cb7f…` | a reference given by its whole name |
/// | `sha1:5394cb7f…` | a commit without a reference |
/// | `latest@sha256:7cd0aa3c…` | a tag of an OCI repository |
/// | `sha256:7cd0aa3c…` | a bucket, a Helm repository's index |
/// | `6.5.4` | a chart: versions do not move, so there is no digest |
///
/// ```
/// use gotk_artifact::Revision;
///
/// let commit = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
/// let revision: Revision = format!("main@sha1:{commit}").parse()?;
/// assert_eq!(revision.name(), Some("main"));
/// assert_eq!(revision.digest().unwrap().hex(), commit);
/// assert_eq!(revision.to_string(), format!("main@sha1:{commit}"));
///
/// // A name may hold any number of `@`: the last one counts.
/// let tag: Revision = format!("app@1.2.3@sha1:{commit}").parse()?;
/// assert_eq!(tag.name(), Some("app@1.2.3"));
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// What Flux wrote before RFC-0005 is read, and printed in the new form. Sameness is therefore
/// sameness of meaning, and there is no order: nothing in a revision says which came first.
///
/// ```
/// # use gotk_artifact::Revision;
/// # let commit = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
/// let new = |text: String| text.parse::<Revision>().map(|revision| revision.to_string());
/// assert_eq!(new(format!("feature/x/{commit}"))?, format!("feature/x@sha1:{commit}"));
/// assert_eq!(new(format!("HEAD/{commit}"))?, format!("sha1:{commit}"));
/// assert_eq!(new(commit.to_owned())?, format!("sha1:{commit}"));
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Revision {
    name: Option<Box<str>>,
    digest: Option<Digest>,
}

impl Revision {
    /// The revision of a digest that has no name: a bare commit, a bucket.
    pub fn of(digest: Digest) -> Self {
        Self { name: None, digest: Some(digest) }
    }

    /// The revision of a digest that `name` pointed at.
    ///
    /// ```
    /// use gotk_artifact::{Digest, Revision};
    ///
    /// let revision = Revision::named("latest", Digest::sha256(b""))?;
    /// assert!(revision.to_string().starts_with("latest@sha256:e3b0c442"));
    /// assert!(Revision::named("", Digest::sha256(b"")).is_err());
    /// # Ok::<(), gotk_artifact::Error>(())
    /// ```
    pub fn named(name: &str, digest: Digest) -> Result<Self, Error> {
        let text = format!("{name}@{digest}");
        Ok(Self { name: Some(check_name(name, &text)?), digest: Some(digest) })
    }

    /// The named pointer: a branch, a tag, a whole reference, a chart's version.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The digest, which only a chart's version lacks.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Reads what has a colon: `[<name>@]<algorithm>:<hex>`.
    fn parse_digested(text: &str) -> Result<Self, Error> {
        let (name, digest) = match text.rsplit_once('@') {
            Some((name, digest)) => (Some(check_name(name, text)?), digest),
            None => (None, text),
        };
        match digest.parse() {
            Ok(digest) => Ok(Self { name, digest: Some(digest) }),
            Err(error) => Err(invalid(text, error.to_string())),
        }
    }

    /// Reads what has none: `<name>/<hex>` and `<hex>` as Flux wrote them, or a version.
    fn parse_undigested(text: &str) -> Result<Self, Error> {
        let (name, last) = match text.rsplit_once('/') {
            Some((name, last)) => (Some(name), last),
            None => (None, text),
        };
        let Some(digest) = legacy_digest(last) else {
            return Self::parse_version(text, name.is_some());
        };
        let name = name.filter(|name| *name != "HEAD");
        let name = name.map(|name| check_name(name, text)).transpose()?;
        Ok(Self { name, digest: Some(digest) })
    }

    fn parse_version(text: &str, has_slash: bool) -> Result<Self, Error> {
        if has_slash || text.contains('@') {
            let problem = "it has a pointer, but no digest such as sha1:… at its end";
            return Err(invalid(text, problem.to_owned()));
        }
        Ok(Self { name: Some(check_name(text, text)?), digest: None })
    }
}

/// A bare checksum: the algorithm follows from its length.
fn legacy_digest(hex: &str) -> Option<Digest> {
    let algorithm = match hex.len() {
        40 => Algorithm::Sha1,
        64 => Algorithm::Sha256,
        _ => return None,
    };
    Digest::from_hex(algorithm, hex).ok()
}

/// A name is printed into conditions, events and headers: one line, nothing invisible.
fn check_name(name: &str, text: &str) -> Result<Box<str>, Error> {
    let problem = if name.is_empty() {
        "the name before the digest is empty"
    } else if name.len() > MAX_NAME {
        "the name is longer than 1024 bytes"
    } else if name.contains(|c: char| c.is_control() || c.is_whitespace()) {
        "the name holds whitespace or control characters"
    } else {
        return Ok(name.into());
    };
    Err(invalid(text, problem.to_owned()))
}

const MAX_NAME: usize = 1024;

fn invalid(text: &str, problem: String) -> Error {
    let mut short: String = text.chars().take(MAX_NAME).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Error::InvalidRevision { text: short, problem }
}

impl FromStr for Revision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(invalid(text, "it is empty".to_owned()));
        }
        if text.contains(':') { Self::parse_digested(text) } else { Self::parse_undigested(text) }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.digest) {
            (Some(name), Some(digest)) => write!(f, "{name}@{digest}"),
            (Some(name), None) => f.write_str(name),
            (None, Some(digest)) => digest.fmt(f),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({self})")
    }
}

impl Serialize for Revision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
    const SHA256: &str = "7cd0aa3c0b6f0aa9b5e4c58a1d4f0e9f2b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e";

    /// Text, how it prints, its name, its digest's algorithm.
    #[test]
    fn every_form_is_read_and_printed() {
        let at = |prefix: &str, hex: &str| format!("{prefix}{hex}");
        let rows = [
            (at("main@sha1:", SHA1), at("main@sha1:", SHA1), Some("main"), Some("sha1")),
            (at("sha1:", SHA1), at("sha1:", SHA1), None, Some("sha1")),
            (
                at("6.1.0@sha256:", SHA256),
                at("6.1.0@sha256:", SHA256),
                Some("6.1.0"),
                Some("sha256"),
            ),
            (
                at("refs/tags/a@b@sha1:", SHA1),
                at("refs/tags/a@b@sha1:", SHA1),
                Some("refs/tags/a@b"),
                Some("sha1"),
            ),
            (at("blake3:", SHA256), at("blake3:", SHA256), None, Some("blake3")),
            (at("main/", SHA1), at("main@sha1:", SHA1), Some("main"), Some("sha1")),
            (at("a/HEAD/", SHA1), at("a/HEAD@sha1:", SHA1), Some("a/HEAD"), Some("sha1")),
            (at("HEAD/", SHA1), at("sha1:", SHA1), None, Some("sha1")),
            (at("latest/", SHA256), at("latest@sha256:", SHA256), Some("latest"), Some("sha256")),
            (at("", SHA256), at("sha256:", SHA256), None, Some("sha256")),
            ("6.5.4".to_owned(), "6.5.4".to_owned(), Some("6.5.4"), None),
            (
                "6.5.4+5394cb7f4833".to_owned(),
                "6.5.4+5394cb7f4833".to_owned(),
                Some("6.5.4+5394cb7f4833"),
                None,
            ),
        ];
        for (text, printed, name, algorithm) in rows {
            let revision: Revision = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(revision.to_string(), printed);
            assert_eq!(revision.name(), name, "{text}");
            let found = revision.digest().map(|digest| digest.algorithm().name());
            assert_eq!(found, algorithm, "{text}");
            assert_eq!(printed.parse::<Revision>().unwrap(), revision, "prints what it reads");
        }
    }

    #[test]
    fn what_is_no_revision_says_why() {
        let problem = |text: &str| text.parse::<Revision>().unwrap_err().to_string();
        for (text, why) in [
            ("", "it is empty"),
            ("@sha1:00", "the name before the digest is empty"),
            ("main@sha1:00", "sha1 has 40 hexadecimal digits, not 2"),
            ("main@md5:00", r#"algorithm "md5" is not one of"#),
            ("main/5394cb7", "no digest"),
            ("main@5394cb7", "no digest"),
            ("ma in", "whitespace"),
            ("main\n", "whitespace"),
            (&format!("/{SHA1}"), "the name before the digest is empty"),
            (&"é".repeat(4000), "longer than 1024 bytes"),
        ] {
            assert!(problem(text).contains(why), "{text:?}: {}", problem(text));
        }
    }

    #[test]
    fn serde_reads_old_and_writes_new() {
        let revision: Revision = serde_json::from_str(&format!("\"main/{SHA1}\"")).unwrap();
        let json = serde_json::to_string(&revision).unwrap();
        assert_eq!(json, format!("\"main@sha1:{SHA1}\""));
    }
}
