//! Writes what a repository holds at a reference into a directory.
//!
//! `cargo run -p gotk-git --example checkout -- URL [--ref REF] DIR`
//!
//! `--branch`, `--tag`, `--semver`, `--name` and `--commit` say which commit, as `spec.ref` of a
//! `GitRepository` does; `--ref` is another word for `--name`.
//! User information in the URL is used; for ssh, `--identity FILE` and `--known-hosts FILE` are
//! needed. `--cache DIR` keeps what was fetched for the next time, `--submodules all` brings their
//! contents too, and `--verify FILE` wants the commit signed by a key in it (`.sshpub`, or `.asc` with
//! the feature `pgp`).

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use gotk_git::{
    Cache, CacheOptions, Credentials, Reference, Remote, RemoteOptions, RepositoryUrl, TrustedKeys,
    VerifyMode,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let url: RepositoryUrl = arguments.url.parse()?;
    let options = RemoteOptions::default()
        .credentials(arguments.credentials()?)
        .dangerous(|dangerous| dangerous.allow_http().allow_credentials_over_http());
    let remote = Remote::new(url, options)?;
    let cache = Cache::open(&arguments.cache, CacheOptions::default())?;

    let start = Instant::now();
    let mut commit = cache.fetch(&remote, &arguments.reference).await?;
    say(&format!("{}  ({} ms)", commit.revision(), start.elapsed().as_millis()));
    let info = commit.info();
    say(&format!("{} <{}>: {}", info.author.name, info.author.email, info.subject()));
    if let Some(keys) = &arguments.verify {
        let text = std::fs::read(keys)?;
        let keys = TrustedKeys::from_secret(&[(keys.display().to_string(), text)].into())?;
        for signer in commit.verify(&keys, VerifyMode::Head)?.signers() {
            say(&format!("{} is signed by {}", signer.what, signer.key));
        }
    }
    if arguments.submodules {
        commit = cache.fetch_submodules(&remote, &commit).await?;
    }
    for (path, id) in commit.submodules() {
        say(&format!("submodule {path} at {id} is left empty"));
    }
    commit.write_to(&arguments.directory)?;
    say(&format!("{} files in {}", commit.files(), arguments.directory.display()));
    Ok(())
}

#[derive(Default)]
struct Arguments {
    url: String,
    directory: PathBuf,
    cache: PathBuf,
    reference: Reference,
    identity: Option<PathBuf>,
    known_hosts: Option<PathBuf>,
    submodules: bool,
    verify: Option<PathBuf>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut read = Self { cache: std::env::temp_dir().join("gotk-git"), ..Self::default() };
        let mut rest = Vec::new();
        while let Some(word) = words.next() {
            let Some(option) = word.strip_prefix("--") else {
                rest.push(word);
                continue;
            };
            let value = words.next().ok_or_else(|| format!("--{option} needs a value"))?;
            match option {
                "branch" => read.reference.branch = Some(value),
                "tag" => read.reference.tag = Some(value),
                "semver" => read.reference.semver = Some(value),
                "name" | "ref" => read.reference.name = Some(value),
                "commit" => read.reference.commit = Some(value),
                "cache" => read.cache = value.into(),
                "identity" => read.identity = Some(value.into()),
                "known-hosts" => read.known_hosts = Some(value.into()),
                "submodules" => read.submodules = value == "all",
                "verify" => read.verify = Some(value.into()),
                option => return Err(format!("there is no --{option}").into()),
            }
        }
        let [url, directory] =
            <[String; 2]>::try_from(rest).map_err(|_| "give a URL and a directory")?;
        Ok(Self { url, directory: directory.into(), ..read })
    }

    fn credentials(&self) -> Result<Credentials, std::io::Error> {
        match (&self.identity, &self.known_hosts) {
            (Some(identity), Some(hosts)) => {
                Ok(Credentials::ssh_key(std::fs::read(identity)?, std::fs::read(hosts)?))
            }
            _ => Ok(Credentials::anonymous()),
        }
    }
}

/// An error and all that caused it, on one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}

/// A reader that has seen enough is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
