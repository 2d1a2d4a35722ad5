//! The references of a remote repository.

use std::io;

use crate::id::ObjectId;
use crate::protocol::greeting::Greeting;
use crate::protocol::line::{self, Lines, NOT_TEXT, malformed};

/// A reference of a remote repository.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteRef {
    /// Its whole name, such as `refs/heads/main` or `HEAD`.
    pub name: String,
    /// What it points at: a commit, or a tag object.
    pub id: ObjectId,
    /// For a tag object, what it points at in the end.
    pub peeled: Option<ObjectId>,
    /// For a symbolic reference, the name it stands for.
    pub target: Option<String>,
}

impl RemoteRef {
    /// The commit it stands for: through the tag object, if it is one.
    pub fn commit(&self) -> ObjectId {
        self.peeled.unwrap_or(self.id)
    }
}

/// References in the order the server lists them, no more than a limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    refs: Vec<RemoteRef>,
    limit: usize,
}

impl Listing {
    pub(crate) fn new(limit: usize) -> Self {
        Self { refs: Vec::new(), limit }
    }

    /// Reads the answer to [`request`].
    pub(crate) async fn read(lines: &mut Lines, limit: usize) -> io::Result<Self> {
        let mut listing = Self::new(limit);
        while let Some(line) = lines.text().await? {
            if let Some(reference) = parse(line)? {
                listing.add(reference)?;
            }
        }
        Ok(listing)
    }

    pub(crate) fn add(&mut self, reference: RemoteRef) -> io::Result<()> {
        if self.refs.len() == self.limit {
            return Err(io::Error::other(TooMany(self.limit)));
        }
        self.refs.push(reference);
        Ok(())
    }

    /// A peeled line follows the line of its tag.
    pub(crate) fn set_peeled(&mut self, tag: &str, id: ObjectId) {
        if let Some(last) = self.refs.last_mut().filter(|last| last.name == tag) {
            last.peeled = Some(id);
        }
    }

    pub(crate) fn set_symref(&mut self, name: &str, target: &str) {
        if let Some(found) = self.refs.iter_mut().find(|found| found.name == name) {
            found.target = Some(target.to_owned());
        }
    }

    /// Keeps what begins with one of `prefixes`: a server may send more than was asked for.
    pub(crate) fn only(mut self, prefixes: &[&str]) -> Vec<RemoteRef> {
        self.refs.retain(|r| prefixes.is_empty() || prefixes.iter().any(|p| r.name.starts_with(p)));
        self.refs
    }
}

/// Protocol 2's request for the references that begin with one of `prefixes`; with none, for all.
pub(crate) fn request(greeting: &Greeting, prefixes: &[&str]) -> Vec<u8> {
    let mut out = Vec::new();
    line::write(&mut out, "command=ls-refs\n");
    super::write_identity(&mut out, greeting);
    out.extend_from_slice(line::DELIMITER);
    line::write(&mut out, "peel\n");
    line::write(&mut out, "symrefs\n");
    for prefix in prefixes {
        line::write(&mut out, &format!("ref-prefix {prefix}\n"));
    }
    out.extend_from_slice(line::FLUSH);
    out
}

/// `<id> <name>[ symref-target:<name>][ peeled:<id>]`. A name that is not UTF-8 cannot be asked
/// for, and an unborn one points nowhere: both are left out.
fn parse(line: &str) -> io::Result<Option<RemoteRef>> {
    let mut words = line.split(' ');
    let id = words.next().unwrap_or_default();
    if id == "unborn" || line == NOT_TEXT {
        return Ok(None);
    }
    let id = ObjectId::parse(id).ok_or_else(|| malformed("a reference without an id"))?;
    let name = words.next().ok_or_else(|| malformed("a reference without a name"))?;
    let mut reference = RemoteRef { name: name.to_owned(), id, peeled: None, target: None };
    for attribute in words {
        if let Some(target) = attribute.strip_prefix("symref-target:") {
            reference.target = Some(target.to_owned());
        } else if let Some(id) = attribute.strip_prefix("peeled:") {
            reference.peeled = ObjectId::parse(id);
        }
    }
    Ok(Some(reference))
}

/// More references than the limit.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} references")]
pub(crate) struct TooMany(pub(crate) usize);
