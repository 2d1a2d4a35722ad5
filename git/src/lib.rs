//! Answers what a Git repository holds at a reference, and fetches just that.
//!
//! A [`Remote`] is a repository somewhere else, over https or ssh. [`Remote::resolve`] says which
//! commit a [`Reference`] stands for now; [`Cache::fetch`] brings that commit here, without its
//! history and without what is here already; [`Commit::tree`] is what it holds, without a working
//! copy. No program is executed, no configuration of the
//! machine or the user is read, and the environment is not asked for anything.
//!
//! ```
//! use gotk_git::{Credentials, Error, Reference, Remote, RemoteOptions, RepositoryUrl};
//!
//! // What is secret in a URL is used, and never shown.
//! let url = RepositoryUrl::parse("https://bob:s3cret@git.example.com/team/app.git")?;
//! assert_eq!(url.to_string(), "https://git.example.com/team/app.git");
//!
//! // Weak settings have to be asked for by name.
//! let url = RepositoryUrl::parse("http://git.example.com/team/app.git")?;
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! let refused = Remote::new(url, RemoteOptions::default()).unwrap_err();
//! assert!(refused.to_string().contains("plain http is not allowed"));
//! # Ok::<(), Error>(())
//! ```
//!
//! A commit, its files, and the next time:
//!
//! <!-- no_run: it needs a Git server; the integration tests have one -->
//! <!-- no_run: needs a Git server -->
//! ```no_run
//! # async fn example() -> Result<(), gotk_git::Error> {
//! use gotk_git::{Cache, CacheOptions, Credentials, Reference, Remote, RemoteOptions};
//!
//! let cache = Cache::open("/var/lib/git", CacheOptions::default())?;
//! let options = RemoteOptions::default().credentials(Credentials::basic("bob", "token"));
//! let remote = Remote::new("https://git.example.com/team/app.git".parse()?, options)?;
//!
//! let commit = cache.fetch(&remote, &Reference::branch("main")).await?;
//! println!("{}: {}", commit.revision(), commit.info().subject());
//! let kustomization = commit.tree().read("deploy/kustomization.yaml");
//! commit.write_to("app")?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! | | HTTP requests | what travels |
//! | --- | --- | --- |
//! | the first question to a server | 2 | the references that were asked for |
//! | a repository that did not change | 1 | the same |
//! | a commit that is not here | 1 more | the commit, and the files and trees that are not here |
//!
//! A server that only speaks the protocol of before 2018 lists all its references, in one request.
//!
//! # How it decides
//!
//! * **Which commit**: `commit`, else `name`, `tag`, `semver`, `branch`, as Flux's code does. A tag
//!   stands for the commit it points at in the end; the tag object is fetched with it. Of versions
//!   that differ in their build metadata only, the one with the newest commit counts.
//! * **What a commit costs**: it is fetched by its id and alone. A server that refuses that is asked
//!   for its branches and tags with their history, once for every state they are in.
//! * **What is trusted**: nothing a server says. Every object is hashed when it arrives and when it
//!   is read, packs are held to [`Limits`], names that could leave the tree or be taken for `.git`
//!   by any file system are errors. Credentials go to the scheme, host and port they were given for,
//!   also after a redirect. An SSH host that is not in `known_hosts` is never spoken to.
//! * **Who may read the cache**: whoever may list the repository now, with credentials of their own.
//! * **Who fetches**: of those who want the same commit at once, one, across processes; the others
//!   wait for it.
//!
//! # Not here
//!
//! * The contents of submodules, and of files kept by LFS: [`Commit::submodules`] and
//!   [`Commit::lfs_pointers`] tell where they are.
//! * Fetching less than a whole commit: [`Commit::only`] shows less of it.
//! * Signatures of commits and tags are not verified.
//! * Proxies for ssh, and tokens of GitHub Apps and clouds.
//! * Keys that `known_hosts` knows by the address of a host: names count.
//! * Whether a commit that is asked for by its id is on the branch that is named with it: that takes
//!   its history.
//! * Writing: commits and pushes.
//!
//! A program that uses this crate installs a TLS provider for `rustls`; without one a [`Remote`]
//! over HTTP is an error.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod ancestry;
mod cache;
mod checkout;
mod commit;
mod credentials;
mod error;
mod generation;
mod github;
mod http;
mod id;
mod incoming;
mod known_hosts;
mod lfs;
mod limits;
mod lock;
mod objects;
mod options;
mod pack;
mod protocol;
mod proxy;
mod reference;
mod remote;
mod repository;
mod resolve;
mod secret;
mod session;
mod snapshot;
mod ssh;
mod submodule;
mod tags;
mod token;
mod tree;
mod url;
mod verify;
mod wire;

pub use cache::{Cache, CacheOptions};
pub use commit::{Commit, CommitInfo, Signature};
pub use credentials::Credentials;
pub use error::Error;
pub use github::{GitHubApp, Installation};
pub use id::ObjectId;
pub use lfs::LfsPointer;
pub use limits::Limits;
pub use options::{Dangerous, Proxy, RemoteOptions};
pub use protocol::listing::RemoteRef;
pub use reference::Reference;
pub use remote::Remote;
pub use resolve::Target;
pub use secret::Secret;
pub use token::{Token, TokenSource};
pub use url::{PublicUrl, RepositoryUrl, Scheme};
pub use verify::{Signed, Signer, TrustedKeys, VerifiedCommit, VerifyMode};
