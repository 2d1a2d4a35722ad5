//! From what is asked for to a commit.

use gotk_artifact::Revision;

use crate::error::Error;
use crate::id::ObjectId;
use crate::protocol::listing::RemoteRef;
use crate::reference::{PEELED, Reference, Strategy};
use crate::session::Session;

/// The commit a [`Reference`] stands for at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The commit.
    pub commit: ObjectId,
    /// The tag object that points at it, when it was found through an annotated tag.
    pub tag: Option<ObjectId>,
    /// The whole name of the reference it was found through.
    pub name: Option<String>,
    /// Whether revisions show the whole name, as for a reference that was asked for by it.
    whole: bool,
    /// Whether the server listed it: then it hands it out without more ado.
    pub(crate) is_tip: bool,
    /// The tip of the branch it has to be on, where one was named with it.
    pub(crate) branch_tip: Option<ObjectId>,
}

impl Target {
    /// The revision as Flux writes it: `main@sha1:…`, `refs/pull/1/head@sha1:…`, `sha1:…`.
    pub fn revision(&self) -> Revision {
        let digest = self.commit.digest();
        let name =
            self.name.as_deref().and_then(|name| if self.whole { Some(name) } else { short(name) });
        // A name that revisions cannot hold was refused when it was asked for.
        name.and_then(|name| Revision::named(name, digest).ok())
            .unwrap_or_else(|| Revision::of(digest))
    }

    /// `branch "main"`
    pub(crate) fn shown_branch(&self) -> String {
        format!("branch {:?}", self.name.as_deref().and_then(short).unwrap_or_default())
    }

    pub(crate) fn found(reference: &RemoteRef) -> Self {
        let (tag, name) = (reference.peeled.map(|_| reference.id), reference.name.clone());
        let commit = reference.commit();
        Self { commit, tag, name: Some(name), whole: false, is_tip: true, branch_tip: None }
    }
}

/// What follows the second slash: `main` of `refs/heads/main`.
fn short(name: &str) -> Option<&str> {
    name.splitn(3, '/').nth(2)
}

/// Finds the commit `reference` stands for, with one listing.
pub(crate) async fn resolve(
    session: &mut Session<'_>,
    reference: &Reference,
) -> Result<Target, Error> {
    match reference.strategy()? {
        Strategy::Commit(id) => commit(session, id, reference).await,
        Strategy::Name(name) => whole_name(session, name).await,
        Strategy::Tag(tag) => {
            named(session, format!("refs/tags/{tag}"), format!("tag {tag:?}")).await
        }
        Strategy::Branch(branch) => {
            named(session, format!("refs/heads/{branch}"), format!("branch {branch:?}")).await
        }
        Strategy::Semver(range) => crate::tags::highest(session, &range).await,
    }
}

async fn named(session: &mut Session<'_>, name: String, shown: String) -> Result<Target, Error> {
    let refs = session.list(&[&name]).await?;
    match refs.iter().find(|found| found.name == name) {
        Some(found) => Ok(Target::found(found)),
        None => Err(missing(session, shown).await),
    }
}

/// A tag may be asked for with `^{}`, which changes nothing but the revision.
async fn whole_name(session: &mut Session<'_>, name: String) -> Result<Target, Error> {
    let listed = name.strip_suffix(PEELED).unwrap_or(&name).to_owned();
    let target = named(session, listed, format!("reference {name:?}")).await?;
    Ok(Target { name: Some(name), whole: true, ..target })
}

/// A commit needs no reference; a listing shows that these credentials may read the repository,
/// for the commit may be here already.
async fn commit(
    session: &mut Session<'_>,
    id: ObjectId,
    reference: &Reference,
) -> Result<Target, Error> {
    let alone = |name: Option<String>| {
        let whole = name.is_some();
        Target { commit: id, tag: None, name, whole, is_tip: false, branch_tip: None }
    };
    if let Some(name) = reference.name.clone().filter(|name| !name.is_empty()) {
        session.list(&["HEAD"]).await?;
        return Ok(alone(Some(name)));
    }
    let Some(branch) = reference.branch_name()? else {
        session.list(&["HEAD"]).await?;
        return Ok(alone(None));
    };
    let name = format!("refs/heads/{branch}");
    let target = named(session, name, format!("branch {branch:?}")).await?;
    let branch_tip = Some(target.commit);
    Ok(Target { commit: id, tag: None, is_tip: branch_tip == Some(id), branch_tip, ..target })
}

/// A repository that holds nothing is told apart from one that holds something else.
pub(crate) async fn missing(session: &mut Session<'_>, what: String) -> Error {
    let url = session.remote().url().clone();
    match session.list(&["HEAD", "refs/heads/", "refs/tags/"]).await {
        Ok(refs) if refs.is_empty() => Error::EmptyRepository { url },
        Ok(_) => Error::ReferenceNotFound { url, what },
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_written_as_flux_writes_them() {
        let commit = ObjectId::parse("a0c14dc8580a23f79bc654faa79c4f62b46c2c22").unwrap();
        let revision = |name: Option<&str>, whole| {
            let name = name.map(str::to_owned);
            Target { commit, tag: None, name, whole, is_tip: true, branch_tip: None }
                .revision()
                .to_string()
        };
        let digest = commit.digest();
        assert_eq!(revision(Some("refs/heads/a/b"), false), format!("a/b@{digest}"));
        assert_eq!(revision(Some("refs/tags/v1"), false), format!("v1@{digest}"));
        assert_eq!(revision(Some("refs/tags/v1^{}"), true), format!("refs/tags/v1^{{}}@{digest}"));
        assert_eq!(revision(Some("HEAD"), true), format!("HEAD@{digest}"));
        assert_eq!(revision(None, false), digest.to_string());
    }
}
