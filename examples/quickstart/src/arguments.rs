//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

use gotk_git::{Reference, RepositoryUrl};
use lexopt::{Arg, ValueExt as _};

use crate::Error;

pub(crate) const USAGE: &str = "\
From a Git repository to running objects, and back in sync.

usage: quickstart [OPTIONS]
  without options: a story on servers that live inside this process

  where the manifests are
    --repo URL          a repository (https://, http:// or ssh://)
    --ref NAME          a branch, tag or full reference, or a commit [default: the branch HEAD names]
    --path DIR          the directory in it that is built [default: its root]
    --namespace NAME    the namespace that everything is put in
    --set NAME=VALUE    a variable for ${NAME}; may be given more than once
    --identity FILE     the private key for ssh://
    --known-hosts FILE  whom ssh:// may speak to

  where they go
    --kubeconfig FILE   a cluster; it is asked before anything is written
    --context NAME      the same, with the usual kubeconfig and this context of it
    --yes               write without asking
    --dry-run           print the plan, write nothing

  how long
    --watch DURATION    keep syncing, as in 10s or 5m
    --keep              leave the embedded API server running afterwards
";

#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) repository: Option<RepositoryUrl>,
    pub(crate) reference: Option<String>,
    pub(crate) path: String,
    pub(crate) namespace: Option<String>,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) identity: Option<PathBuf>,
    pub(crate) known_hosts: Option<PathBuf>,
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) context: Option<String>,
    pub(crate) yes: bool,
    pub(crate) dry_run: bool,
    pub(crate) watch: Option<Duration>,
    pub(crate) keep: bool,
    pub(crate) help: bool,
}

impl Arguments {
    pub(crate) fn read(mut words: lexopt::Parser) -> Result<Self, Error> {
        let mut read = Self::default();
        while let Some(word) = words.next()? {
            match word {
                Arg::Long("repo") => read.repository = Some(words.value()?.string()?.parse()?),
                Arg::Long("ref") => read.reference = Some(words.value()?.string()?),
                Arg::Long("path") => read.path = words.value()?.string()?,
                Arg::Long("namespace") => read.namespace = Some(words.value()?.string()?),
                Arg::Long("set") => read.variables.push(variable(&words.value()?.string()?)?),
                Arg::Long("identity") => read.identity = Some(words.value()?.into()),
                Arg::Long("known-hosts") => read.known_hosts = Some(words.value()?.into()),
                Arg::Long("kubeconfig") => read.kubeconfig = Some(words.value()?.into()),
                Arg::Long("context") => read.context = Some(words.value()?.string()?),
                Arg::Long("yes") => read.yes = true,
                Arg::Long("dry-run") => read.dry_run = true,
                Arg::Long("watch") => read.watch = Some(duration(&words.value()?.string()?)?),
                Arg::Long("keep") => read.keep = true,
                Arg::Long("help") | Arg::Short('h') => read.help = true,
                other => return Err(other.unexpected().into()),
            }
        }
        read.checked()
    }

    /// A cluster of somebody's, and not one inside this process.
    pub(crate) fn is_real_cluster(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }

    /// The commit that is asked for, as `spec.ref` of a `GitRepository` would have it.
    pub(crate) fn reference(&self) -> Reference {
        let Some(text) = &self.reference else { return Reference::name("HEAD") };
        let is_commit =
            matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        match text {
            commit if is_commit => Reference::commit(commit),
            name if name.starts_with("refs/") => Reference::name(name),
            branch => Reference::branch(branch),
        }
    }

    fn checked(self) -> Result<Self, Error> {
        if self.repository.is_none() {
            let needs = [
                (self.reference.is_some(), "--ref"),
                (!self.path.is_empty(), "--path"),
                (self.namespace.is_some(), "--namespace"),
                (!self.variables.is_empty(), "--set"),
                (self.watch.is_some(), "--watch"),
                (self.dry_run, "--dry-run"),
            ];
            if let Some((_, option)) = needs.iter().find(|(given, _)| *given) {
                return Err(format!("{option} needs --repo").into());
            }
        }
        if self.identity.is_some() != self.known_hosts.is_some() {
            return Err("--identity and --known-hosts go together".into());
        }
        if self.keep && self.is_real_cluster() {
            return Err("--keep is for the embedded API server: a cluster stays anyway".into());
        }
        Ok(self)
    }
}

fn variable(text: &str) -> Result<(String, String), Error> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("--set {text}: not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `10s`, `5m`, `1h`: as the interval of a `GitRepository`.
fn duration(text: &str) -> Result<Duration, Error> {
    let bad = || format!("--watch {text}: not a duration such as 10s, 5m or 1h");
    let unit = text.chars().next_back().ok_or_else(bad)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        _ => return Err(bad().into()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| bad())?;
    let total = number.checked_mul(seconds).filter(|total| *total > 0).ok_or_else(bad)?;
    Ok(Duration::from_secs(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        let words = line.split_whitespace();
        Arguments::read(lexopt::Parser::from_args(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_repository_and_what_to_do_with_it() {
        let read = read(
            "--repo https://example.com/a.git --ref main --path deploy --set a=b=c --watch 5m",
        )
        .unwrap();
        assert_eq!(read.repository.unwrap().to_string(), "https://example.com/a.git");
        assert_eq!(read.variables, [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(read.watch, Some(Duration::from_secs(300)));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (line, words) in [
            ("--path x", "--path needs --repo"),
            ("--keep --context prod", "a cluster stays anyway"),
            ("--repo ssh://example.com/a --identity x", "go together"),
            ("--repo https://example.com/a --watch 0s", "not a duration"),
            ("--repo https://example.com/a --watch 5ü", "not a duration"),
            ("--repo https://example.com/a --set x", "not NAME=VALUE"),
            ("--rep x", "--rep"),
            ("stray", "stray"),
        ] {
            let error = read(line).expect_err(line);
            assert!(error.contains(words), "{line}: {error}");
        }
    }

    #[test]
    fn a_reference_may_be_a_commit_a_branch_or_a_full_name() {
        let reference = |line: &str| read(line).unwrap().reference();
        let repo = "--repo https://example.com/a";
        assert_eq!(reference(repo), Reference::name("HEAD"));
        assert_eq!(reference(&format!("{repo} --ref dev")), Reference::branch("dev"));
        assert_eq!(
            reference(&format!("{repo} --ref refs/tags/v1")),
            Reference::name("refs/tags/v1")
        );
        let id = "0123456789012345678901234567890123456789";
        assert_eq!(reference(&format!("{repo} --ref {id}")), Reference::commit(id));
    }
}
