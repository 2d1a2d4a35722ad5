//! A Git server in this process, and the repositories it serves.
//!
//! [`GitServer`] speaks Git's smart HTTP (protocols 2, 1 and 0) and SSH on free loopback ports.
//! Repositories are made, committed to and tagged in process and kept in memory: no `git` program
//! takes part, on either side, and nothing is written to disk. The `git` program can clone from it.
//!
//! ```
//! use gotk_testenv::git::{Change, GitServer};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gotk_testenv::Error> {
//! let server = GitServer::start().await?;
//! let shop = server.create_repository("team/shop.git");
//! let first = shop.commit("main", [("deploy/app.yaml", "kind: ConfigMap\n")])?;
//! shop.tag("v1.0.0", &first)?;
//! let second = shop.apply(Change::on("main").remove("deploy/app.yaml").message("none left"))?;
//!
//! assert!(shop.url().starts_with("http://localhost:")); // what a GitRepository's spec.url takes
//! assert_eq!(shop.reference("refs/heads/main"), Some(second));
//! assert!(server.requests().is_empty()); // nobody asked yet
//! # Ok(())
//! # }
//! ```
//!
//! | Wanted | How |
//! | --- | --- |
//! | credentials | [`GitOptions::access`], [`GitOptions::client_certificates`], [`GitServer::client_key`] for SSH |
//! | TLS, and whom to trust | [`GitOptions::tls`], [`GitServer::ca`], [`GitServer::known_hosts`] |
//! | a server of before 2018, one that hands out tips only, one without shallow | [`GitOptions::protocol`], [`GitOptions::only_tips`], [`GitOptions::shallow`] |
//! | SHA-256 | [`GitServer::create_repository_sha256`] |
//! | an answer that is wrong, late or elsewhere | [`GitServer::answer_with`] |
//! | how many requests that took | [`GitServer::requests`], [`GitServer::take_requests`] |
//! | objects no Git program would make | [`Repository::write_object`], [`Repository::set_reference`] |
//!
//! # Not here
//!
//! Pushing to it. Deltas: packs are whole objects, which every client reads.

mod change;
mod http;
mod line;
mod log;
mod options;
mod pack;
mod repository;
mod select;
mod server;
mod ssh;
mod store;
mod tls;
mod upload_pack;

pub use change::Change;
pub use log::{Answer, Request, Transport};
pub use options::{Access, GitOptions, Protocol};
pub use repository::{ObjectKind, Repository};
pub use server::GitServer;
