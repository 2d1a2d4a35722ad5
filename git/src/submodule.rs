//! Commits of other repositories that a commit names, and bringing them here.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gix::bstr::{BStr, ByteSlice as _};
use gix::objs::Kind;

use crate::cache::Cache;
use crate::commit::Commit;
use crate::error::Error;
use crate::id::ObjectId;
use crate::reference::Reference;
use crate::remote::Remote;
use crate::snapshot::Node;

impl Cache {
    /// The same commit with the contents of its submodules, and of theirs. Of a commit of which only
    /// some directories are seen, only the submodules in them are fetched.
    ///
    /// Where they are is read from `.gitmodules`, as `git submodule update --init --recursive` reads
    /// it; a submodule that is not in there stays an empty directory. URLs may be relative to the
    /// one of the repository, and are reached as `remote` is. Its credentials are shown to the same
    /// scheme, host and port only, by no other chain of submodules; elsewhere submodules have to be
    /// open to everybody, or to have their credentials in the URL.
    ///
    /// # Errors
    ///
    /// [`Error::Submodule`] names the one that could not be fetched, and [`Error::TooLarge`] is for
    /// more of them than [`Limits`](crate::Limits) allow.
    pub async fn fetch_submodules(
        &self,
        remote: &Remote,
        commit: &Commit,
    ) -> Result<Commit, Error> {
        let count = AtomicUsize::new(0);
        let search = Search { cache: self, limits: &remote.options().limits, count: &count };
        remote.timed(search.fill(remote.clone(), commit.clone(), 0)).await
    }
}

/// One search through submodules and theirs.
#[derive(Clone, Copy)]
struct Search<'a> {
    cache: &'a Cache,
    limits: &'a crate::Limits,
    /// How many were found.
    count: &'a AtomicUsize,
}

type Filling<'a> = Pin<Box<dyn Future<Output = Result<Commit, Error>> + Send + 'a>>;

impl<'a> Search<'a> {
    fn fill(self, remote: Remote, commit: Commit, depth: usize) -> Filling<'a> {
        Box::pin(async move {
            let wanted = wanted(&commit)?;
            if wanted.is_empty() {
                return Ok(commit);
            }
            let found = self.count.fetch_add(wanted.len(), Ordering::Relaxed) + wanted.len();
            for (what, found, limit) in [
                ("submodules", found, self.limits.submodules),
                ("submodules inside each other", depth + 1, self.limits.submodule_depth),
            ] {
                if found > limit {
                    let (url, limit) = (remote.url().clone(), limit as u64);
                    return Err(Error::TooLarge { url, what, limit });
                }
            }
            let filling = stream::iter(wanted)
                .map(|wanted| self.one(remote.clone(), wanted, depth))
                .buffer_unordered(AT_ONCE);
            let mounts = filling.try_collect::<BTreeMap<_, _>>().await?;
            Ok(commit.with_mounts(mounts))
        })
    }

    async fn one(
        self,
        parent: Remote,
        wanted: Wanted,
        depth: usize,
    ) -> Result<(Vec<u8>, Commit), Error> {
        let fetched = async {
            let remote = remote(&parent, &wanted.url)?;
            let reference = Reference::commit(wanted.commit.to_string());
            let commit = self.cache.fetch(&remote, &reference).await?;
            self.fill(remote, commit, depth + 1).await
        };
        match fetched.await {
            Ok(commit) => Ok((wanted.path, commit)),
            Err(error) => Err(Error::Submodule {
                path: wanted.path.to_str_lossy().into_owned(),
                source: Box::new(error),
            }),
        }
    }
}

/// A submodule to bring here.
struct Wanted {
    path: Vec<u8>,
    url: String,
    commit: ObjectId,
}

/// The submodules that are seen and of which it is known where they come from.
fn wanted(commit: &Commit) -> Result<Vec<Wanted>, Error> {
    let mut open = commit
        .nodes()
        .filter_map(|seen| match seen.node {
            Node::Submodule { id } => Some((seen.path.into_owned(), id)),
            _ => None,
        })
        .peekable();
    if open.peek().is_none() {
        return Ok(Vec::new());
    }
    let urls = urls(commit)?;
    Ok(open
        .filter_map(|(path, commit)| {
            let url = urls.get(&path)?.clone();
            Some(Wanted { path, url, commit })
        })
        .collect())
}

/// What `.gitmodules` says, by path. It counts as it is in the commit, sparse or not.
fn urls(commit: &Commit) -> Result<BTreeMap<Vec<u8>, String>, Error> {
    let objects = commit.snapshot.objects();
    let Some(Node::File { id, .. }) = commit.snapshot.node(MODULES.as_bytes()) else {
        return Ok(BTreeMap::new());
    };
    if objects.size(id)?.is_some_and(|size| size > LONGEST) {
        return Err(Error::TooLarge {
            url: commit.url().clone(),
            what: "bytes in .gitmodules",
            limit: LONGEST,
        });
    }
    parse(&objects.read(id, Kind::Blob)?).map_err(|reason| Error::Corrupt {
        url: commit.url().clone(),
        reason: format!("{MODULES} cannot be read: {reason}"),
    })
}

/// A name may have several sections; of each key the last one counts.
fn parse(bytes: &[u8]) -> Result<BTreeMap<Vec<u8>, String>, String> {
    let file = gix::config::File::try_from(BStr::new(bytes)).map_err(|error| error.to_string())?;
    let mut modules = BTreeMap::<Vec<u8>, (Option<Vec<u8>>, Option<String>)>::new();
    for section in file.sections_by_name("submodule").into_iter().flatten() {
        let Some(name) = section.header().subsection_name() else { continue };
        let module = modules.entry(name.to_vec()).or_default();
        if let Some(path) = section.value("path") {
            module.0 = Some(path.trim_end_with(|c| c == '/').to_vec());
        }
        if let Some(url) = section.value("url") {
            module.1 = Some(url.to_str_lossy().into_owned());
        }
    }
    Ok(modules.into_values().filter_map(|(path, url)| Some((path?, url?))).collect())
}

/// A submodule's repository, reached as its parent's is. Whom to trust goes along; who we are is
/// shown to the same server only.
fn remote(parent: &Remote, url: &str) -> Result<Remote, Error> {
    let url = parent.repository_url().submodule(url)?;
    let mut options = parent.options().clone();
    if !url.is_on_the_host_of(parent.repository_url()) {
        options.credentials = options.credentials.for_strangers();
    }
    Remote::new(url, options)
}

const MODULES: &str = ".gitmodules";
const LONGEST: u64 = 1 << 20;
/// Servers are asked for few at once.
const AT_ONCE: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::RepositoryUrl;

    #[test]
    fn what_gitmodules_says_is_read_by_path() {
        let text = b"[submodule \"a name\"]\n\tpath = vendor/a/\n\turl = ../a.git\n\
            [submodule \"b\"]\n\tpath = b\n[submodule \"b\"]\n\turl = \"https://h/b\" # last\n\
            [submodule \"lost\"]\n\turl = x\n[core]\n\tpath = y\n";
        let urls = parse(text).unwrap();
        let urls: Vec<_> = urls.iter().map(|(path, url)| (path.to_str_lossy(), &**url)).collect();
        assert_eq!(urls, [("b".into(), "https://h/b"), ("vendor/a".into(), "../a.git")]);
        assert!(parse(b"[submodule \"a").is_err());
    }

    #[test]
    fn urls_are_relative_to_the_one_of_the_repository() {
        let base = RepositoryUrl::parse("https://bob:pw@example.com:8443/team/app.git/").unwrap();
        for (text, expected) in [
            ("../lib.git", "https://example.com:8443/team/lib.git"),
            ("../../other/lib", "https://example.com:8443/other/lib"),
            ("./sub", "https://example.com:8443/team/app.git/sub"),
            ("./../lib", "https://example.com:8443/team/lib"),
            ("https://elsewhere.org/x", "https://elsewhere.org/x"),
            ("git@github.com:a/b.git", "ssh://github.com/a/b.git"),
        ] {
            assert_eq!(base.submodule(text).unwrap().to_string(), expected, "{text}");
        }
        for text in
            ["../../../x", "../..", "/srv/x", "file:///srv/x", "-oProxyCommand=x", "ext::sh"]
        {
            assert!(base.submodule(text).is_err(), "{text}");
        }
    }

    #[test]
    fn credentials_go_to_the_same_scheme_host_and_port() {
        let base = RepositoryUrl::parse("https://example.com/a").unwrap();
        for (url, same) in [
            ("https://example.com:443/b", true),
            ("https://example.com:8443/b", false),
            ("http://example.com/b", false),
            ("ssh://example.com/b", false),
            ("https://example.com.evil.org/b", false),
        ] {
            assert_eq!(RepositoryUrl::parse(url).unwrap().is_on_the_host_of(&base), same, "{url}");
        }
    }
}
