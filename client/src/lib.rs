//! Talks to a Kubernetes API server without hurting it.
//!
//! A [`Transport`] holds the connections to one server and makes ordinary `kube::Client`s, so that
//! `Api`, `watcher` and everything else built on them work as ever. It reads no kubeconfig, looks at
//! no environment and keeps nothing on disk: the `kube::Config` it is given says it all.
//!
//! ```
//! use gotk_client::{Identity, Options, Transport, Verb};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gotk_client::Error> {
//! # let config = kube::Config::new("http://127.0.0.1:1".parse().expect("a URL"));
//! let transport = Transport::new(&config, Options::default())?;
//! let ours = transport.client();
//! let tenant = transport.client_as(Identity::service_account("shop", "deployer")?);
//!
//! // Nobody listens there: one request, sent again three times, and an error that says so.
//! let error = tenant.apiserver_version().await.expect_err("no server");
//! let error = gotk_client::Error::of(&error).expect("one of ours");
//! assert_eq!(error.to_string(), "cannot connect to http://127.0.0.1:1/");
//! assert_eq!(transport.counts().of(Verb::Get), 4);
//! # drop(ours);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does differently from `kube::Client::try_from`
//!
//! | | kube | here |
//! | --- | --- | --- |
//! | watches | a connection each | one HTTP/2 connection for all; a dead one is noticed in 40 s |
//! | short requests | a connection for each under way | the same, HTTP/1.1, because it costs the server less; as many at once as the server answers without slowing down |
//! | failures | any method is sent again up to 15 times, waiting up to 1,000 s | only what is safe to repeat, 3 times, waiting up to 10 s ([`Retries`]) |
//! | impersonation | a client, and its connections, for each identity | a header; connections are shared |
//! | no answer | waits for ever | [`Options::answer_limit`] |
//! | what it cost | – | [`Transport::counts`] |
//!
//! # How it decides
//!
//! *What is repeated*: reads, applies and dry-runs after any failure that may pass; other writes only
//! when the server refused them unread (429) or they never left; watches never, for their reader
//! knows from where to go on. `Retry-After` is obeyed up to [`Retries::longest_wait`].
//!
//! *How much at once*: begins with 16 requests, one more for each round of answers in good time, a
//! tenth less when answers of a kind take twice their best time, half when the server answers 429.
//! Those that wait for others go out in company, a quarter at a time, which costs the client less.
//!
//! *Which connection*: a request with `watch=true` goes over HTTP/2 where TLS offers it. A server
//! limits the streams of a connection (250 unless set); a watch beyond waits.
//!
//! # Cancellation
//!
//! Dropping the future of a request gives its place to the next one. Whether the server carried it
//! out is then unknown, as with any answer that does not come.
//!
//! # Not here
//!
//! Finding a configuration: `kube::Config::infer`. Applying objects: `gotk-ssa`.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod address;
mod body;
mod connect;
mod counts;
mod discovery;
mod error;
mod identity;
mod kept;
mod pace;
mod request;
mod retry;
mod transport;

pub use crate::counts::{Count, Counts};
pub use crate::discovery::{Discovery, ServedKind};
pub use crate::error::{BoxError, Error};
pub use crate::identity::Identity;
pub use crate::pace::Concurrency;
pub use crate::request::{Subject, Verb};
pub use crate::retry::Retries;
pub use crate::transport::{Caller, Options, Transport};
