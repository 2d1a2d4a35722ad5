//! What is asked for: the fields of Flux's `spec.ref`, and which of them counts.

use crate::error::Error;
use crate::id::ObjectId;

/// Which commit is wanted, as `spec.ref` of a `GitRepository` says it.
///
/// Several fields may be set; the first of `commit`, `name`, `tag`, `semver`, `branch` counts, as
/// in Flux's code (its documentation orders `semver` before `tag`). With none, it is the branch
/// `master`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Reference {
    /// A branch, without `refs/heads/`.
    pub branch: Option<String>,
    /// A tag, without `refs/tags/`.
    pub tag: Option<String>,
    /// A range of versions: the highest tag in it.
    pub semver: Option<String>,
    /// A reference by its whole name, such as `refs/pull/420/head`.
    pub name: Option<String>,
    /// A commit by its whole id.
    pub commit: Option<String>,
}

/// The field that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Commit(ObjectId),
    Name(String),
    Tag(String),
    Semver(String),
    Branch(String),
}

impl Reference {
    /// The tip of a branch.
    pub fn branch(name: impl Into<String>) -> Self {
        Self { branch: Some(name.into()), ..Self::default() }
    }

    /// The commit of a tag.
    pub fn tag(name: impl Into<String>) -> Self {
        Self { tag: Some(name.into()), ..Self::default() }
    }

    /// The commit of the highest tag in a range of versions.
    pub fn semver(range: impl Into<String>) -> Self {
        Self { semver: Some(range.into()), ..Self::default() }
    }

    /// The commit of a reference given by its whole name.
    pub fn name(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// A commit given by its whole id.
    pub fn commit(id: impl Into<String>) -> Self {
        Self { commit: Some(id.into()), ..Self::default() }
    }

    pub(crate) fn strategy(&self) -> Result<Strategy, Error> {
        if let Some(commit) = given(&self.commit) {
            let id = ObjectId::parse(commit).ok_or_else(|| {
                invalid(commit, "a commit is named by its whole id of 40 or 64 hexadecimal digits")
            })?;
            return Ok(Strategy::Commit(id));
        }
        if let Some(name) = given(&self.name) {
            check(name.strip_suffix(PEELED).unwrap_or(name), name)?;
            return Ok(Strategy::Name(name.to_owned()));
        }
        if let Some(tag) = given(&self.tag) {
            check(&format!("refs/tags/{tag}"), tag)?;
            return Ok(Strategy::Tag(tag.to_owned()));
        }
        if let Some(range) = given(&self.semver) {
            return Ok(Strategy::Semver(range.to_owned()));
        }
        Ok(Strategy::Branch(self.branch_name()?.unwrap_or(DEFAULT_BRANCH).to_owned()))
    }

    /// The branch, when one is named.
    pub(crate) fn branch_name(&self) -> Result<Option<&str>, Error> {
        let branch = given(&self.branch);
        branch.map_or(Ok(()), |branch| check(&format!("refs/heads/{branch}"), branch))?;
        Ok(branch)
    }
}

/// An empty field is an absent one, as in Go.
fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().filter(|text| !text.is_empty())
}

/// Git's rules for the whole name of a reference.
fn check(full: &str, shown: &str) -> Result<(), Error> {
    if full.starts_with('/') || full.ends_with('/') {
        return Err(invalid(shown, "a reference neither begins nor ends with a slash"));
    }
    if full.len() > LONGEST || full.contains(char::is_whitespace) {
        return Err(invalid(shown, "it is too long for a revision, or holds whitespace"));
    }
    if full == "HEAD" {
        return Ok(());
    }
    gix::validate::reference::name(full.into())
        .map(|_| ())
        .map_err(|_| invalid(shown, "it is no name that Git allows: see git help check-ref-format"))
}

fn invalid(reference: &str, reason: &str) -> Error {
    Error::InvalidReference { reference: reference.to_owned(), reason: reason.to_owned() }
}

/// Ends the name of what a tag object points at.
pub(crate) const PEELED: &str = "^{}";

/// What a revision can name, see [`gotk_artifact::Revision`].
const LONGEST: usize = 1000;
const DEFAULT_BRANCH: &str = "master";

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0c14dc8580a23f79bc654faa79c4f62b46c2c22";

    #[test]
    fn commit_counts_before_name_before_tag_before_semver_before_branch() {
        let mut all = Reference {
            branch: Some("main".into()),
            tag: Some("v1".into()),
            semver: Some("1.x".into()),
            name: Some("refs/pull/1/head".into()),
            commit: Some(ID.into()),
        };
        assert_eq!(all.strategy().unwrap(), Strategy::Commit(ObjectId::parse(ID).unwrap()));
        all.commit = Some(String::new());
        assert_eq!(all.strategy().unwrap(), Strategy::Name("refs/pull/1/head".into()));
        all.name = None;
        assert_eq!(all.strategy().unwrap(), Strategy::Tag("v1".into()));
        all.tag = None;
        assert_eq!(all.strategy().unwrap(), Strategy::Semver("1.x".into()));
        all.semver = None;
        assert_eq!(all.strategy().unwrap(), Strategy::Branch("main".into()));
        all.branch = None;
        assert_eq!(all.strategy().unwrap(), Strategy::Branch("master".into()));
    }

    #[test]
    fn names_that_git_forbids_are_refused() {
        for reference in [
            Reference::commit("a0c14dc"),
            Reference::name("/refs/heads/a"),
            Reference::name("refs/heads/a/"),
            Reference::name("refs/heads/a..b"),
            Reference::branch("a b"),
            Reference::branch("a\nb"),
            Reference::tag("../../etc"),
            Reference::tag("a^{}"),
            Reference::name("^{}"),
        ] {
            assert!(
                matches!(reference.strategy(), Err(Error::InvalidReference { .. })),
                "{reference:?}"
            );
        }
    }

    #[test]
    fn head_and_peeled_tags_are_names() {
        for name in ["HEAD", "refs/tags/v1^{}", "refs/heads/a/b", "refs/pull/1/head"] {
            assert_eq!(Reference::name(name).strategy().unwrap(), Strategy::Name(name.into()));
        }
    }
}
