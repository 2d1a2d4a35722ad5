//! The highest tag in a range of versions.

use std::cmp::Ordering;

use gix::objs::{CommitRef, Kind};
use gotk_expr::semver::{Constraint, Version};

use crate::ancestry::Commits;
use crate::error::Error;
use crate::id::ObjectId;
use crate::objects::Objects;
use crate::protocol::fetch::Depth;
use crate::protocol::listing::RemoteRef;
use crate::remote::Remote;
use crate::resolve::{Target, missing};
use crate::session::Session;

/// Finds the highest tag in `range`, with one listing. Versions that differ in their build metadata
/// only are equal: of these the one whose commit is newest counts, which takes a second question.
pub(crate) async fn highest(session: &mut Session<'_>, range: &str) -> Result<Target, Error> {
    let constraint = Constraint::parse(range).map_err(|error| Error::InvalidReference {
        reference: range.to_owned(),
        reason: error.to_string(),
    })?;
    let refs = session.list(&[TAGS]).await?;
    let mut best = candidates(&constraint, &refs);
    if best.iter().any(|found| found.commit() != best[0].commit()) {
        let times = commit_times(session.remote(), &best).await?;
        let newest = times.iter().max().copied();
        let mut times = times.into_iter();
        best.retain(|_| times.next() == newest);
    }
    // Of equally new ones any would do; the last by name is the same one every time.
    match best.into_iter().max_by(|one, other| one.name.cmp(&other.name)) {
        Some(found) => Ok(Target::found(found)),
        None => Err(missing(session, format!("tag in the range {range:?}")).await),
    }
}

/// The tags of the highest version in the range. Only what has two dots is taken for a version.
fn candidates<'a>(constraint: &Constraint, refs: &'a [RemoteRef]) -> Vec<&'a RemoteRef> {
    let mut best: Vec<(Version<'_>, &RemoteRef)> = Vec::new();
    for found in refs {
        let Some(tag) = found.name.strip_prefix(TAGS).filter(|tag| tag.splitn(3, '.').count() == 3)
        else {
            continue;
        };
        let Some(version) = Version::parse(tag).ok().filter(|version| constraint.matches(version))
        else {
            continue;
        };
        match best.first().map_or(Ordering::Greater, |(known, _)| version.precedence(known)) {
            Ordering::Less => continue,
            Ordering::Equal => {}
            Ordering::Greater => best.clear(),
        }
        best.push((version, found));
    }
    best.into_iter().map(|(_, found)| found).collect()
}

/// When each commit was made, in seconds since 1970.
async fn commit_times(remote: &Remote, tags: &[&RemoteRef]) -> Result<Vec<i64>, Error> {
    let mut wants: Vec<ObjectId> = tags.iter().map(|tag| tag.id).collect();
    wants.sort_unstable();
    wants.dedup();
    let commits = Commits::fetch(remote, wants, Vec::new(), Depth::One).await?;
    tags.iter().map(|tag| commit_time(&commits.objects, tag.commit())).collect()
}

fn commit_time(objects: &Objects, id: ObjectId) -> Result<i64, Error> {
    let bytes = objects.read(id, Kind::Commit)?;
    let commit = CommitRef::from_bytes(&bytes, objects.kind()).ok();
    let committer = commit.as_ref().and_then(|commit| commit.committer().ok());
    let time = committer.and_then(|committer| committer.time().ok());
    Ok(time.ok_or_else(|| objects.corrupt(id, "says nothing about when it was made"))?.seconds)
}

const TAGS: &str = "refs/tags/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_with_two_dots_count_and_equal_ones_are_all_kept() {
        let id = ObjectId::parse(&"a".repeat(40)).unwrap();
        let tags =
            ["1.2", "v1.9.0", "1.10.0", "1.10.0+b", "2.0.0", "1.11.0-rc.1", "latest", "a.b.c"];
        let refs: Vec<_> = tags
            .iter()
            .map(|tag| RemoteRef { name: format!("{TAGS}{tag}"), id, peeled: None, target: None })
            .collect();
        let best = |range: &str| -> Vec<_> {
            let constraint = Constraint::parse(range).unwrap();
            candidates(&constraint, &refs)
                .into_iter()
                .map(|found| &found.name[TAGS.len()..])
                .collect()
        };
        assert_eq!(best("1.x"), ["1.10.0", "1.10.0+b"]);
        assert_eq!(best("<1.10"), ["v1.9.0"]);
        assert_eq!(best(">=1.11.0-0 <2.0.0-0"), ["1.11.0-rc.1"]);
        assert_eq!(best(">3"), [""; 0]);
    }
}
