//! Answers what a Git repository holds at a reference, and fetches just that.
//!
//! A [`Remote`] is a repository somewhere else, over https or ssh. [`Remote::resolve`] says which
//! commit a [`Reference`] stands for now; [`Cache::fetch`] brings that commit here, without its
//! history and without what is here already; [`Commit::tree`] is what it holds, without a working
//! copy, and [`Commit::verify`] says who signed it. No program is executed, no configuration of the
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
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use gotk_git::{Cache, CacheOptions, Credentials, Reference, Remote, RemoteOptions};
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! # let server = gotk_testenv::git::GitOptions::default().basic("bob", "token").tls().start().await?;
//! # let app = server.create_repository("team/app.git");
//! # app.commit("main", [("deploy/kustomization.yaml", "resources: []\n")])?;
//! # let (url, ca) = (app.url(), server.ca().unwrap_or_default());
//! # let folder = tempfile::tempdir()?;
//! # let (storage, out) = (folder.path().join("cache"), folder.path().join("app"));
//!
//! let cache = Cache::open(storage, CacheOptions::default())?;
//! let credentials = Credentials::basic("bob", "token").with_ca(ca);
//! let remote = Remote::new(url.parse()?, RemoteOptions::default().credentials(credentials))?;
//!
//! let commit = cache.fetch(&remote, &Reference::branch("main")).await?;
//! assert!(commit.revision().to_string().starts_with("main@sha1:"));
//! assert_eq!(&*commit.tree().read("deploy/kustomization.yaml")?, b"resources: []\n");
//! commit.write_to(out)?;
//!
//! // The second time only the reference is listed.
//! server.take_requests();
//! cache.fetch(&remote, &Reference::branch("main")).await?;
//! assert_eq!(server.requests().len(), 1);
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
//!   for its branches and tags with their history, once for every state they are in. A commit that is
//!   named with a branch has to be on it: the commits between it and the tip are fetched, without
//!   what they hold, and looked at once for every tip.
//! * **Submodules**: [`Cache::fetch_submodules`] puts their contents, and those of theirs, into the
//!   same tree.
//! * **Who vouches for it**: [`Commit::verify`] holds signatures to [`TrustedKeys`], by SSH or
//!   OpenPGP; what it returns is another type. A signed tag has to carry its own name, and lead here.
//! * **What is trusted**: nothing a server says. Every object is hashed when it arrives and when it
//!   is read, packs are held to [`Limits`], names that could leave the tree or be taken for `.git`
//!   by any file system are errors. Credentials go to the scheme, host and port they were given for,
//!   also after a redirect and for submodules. An SSH host that is not in `known_hosts` is never
//!   spoken to.
//! * **Who makes tokens**: [`Credentials::from_source`] takes a [`TokenSource`]. [`GitHubApp`] is one;
//!   those of clouds can be.
//! * **Who may read the cache**: whoever may list the repository now, with credentials of their own.
//! * **Who fetches**: of those who want the same commit at once, one, across processes; the others
//!   wait for it.
//!
//! # Not here
//!
//! * The contents of files kept by LFS: [`Commit::lfs_pointers`] tells where they are.
//! * Fetching less than a whole commit: [`Commit::only`] shows less of it.
//! * Signatures by X.509, and by OpenPGP keys on Brainpool's curves: they are named, and refused.
//! * Tokens of clouds, and an `https://` proxy for ssh.
//! * Keys that `known_hosts` knows by the address of a host: names count.
//! * Writing: commits and pushes.
//!
//! A program that uses this crate installs a TLS provider for `rustls`; without one a [`Remote`]
//! over HTTP is an error.
//!
//! | Feature | What it adds | Default |
//! | --- | --- | --- |
//! | `pgp` | OpenPGP signatures, for some 150 crates more | no |

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
