//! Answers as a Kubernetes API server would, from memory, inside your test or demo.
//!
//! [`ApiServer::start`] listens on a free port of the loopback interface and is ready at once: real
//! HTTP/1.1 and HTTP/2, real server-side apply with managed fields, watches that resume. `kube` and
//! `kubectl` talk to it as they are. Nothing touches the disk; everything is gone when the handle is
//! dropped.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use gotk_apiserver::ApiServer;
//! use k8s_openapi::api::core::v1::ConfigMap;
//! use kube::{Api, Client, Config, api::{Patch, PatchParams}};
//! use serde_json::json;
//!
//! let server = ApiServer::start().await?;
//! let client = Client::try_from(Config::new(server.url().parse()?))?;
//!
//! let maps: Api<ConfigMap> = Api::namespaced(client, "default");
//! let colour = |value: &str| Patch::Apply(json!({
//!     "apiVersion": "v1",
//!     "kind": "ConfigMap",
//!     "metadata": { "name": "paint" },
//!     "data": { "colour": value },
//! }));
//! maps.patch("paint", &PatchParams::apply("alice"), &colour("red")).await?;
//!
//! // Bob is told whose field it is, in the words of the real server.
//! let refused = maps.patch("paint", &PatchParams::apply("bob"), &colour("blue")).await.unwrap_err();
//! assert!(refused.to_string().contains("conflict with \"alice\": .data.colour"));
//! # Ok(())
//! # }
//! ```
//!
//! # What a test can turn
//!
//! | Option | Default | Off or set, it |
//! | --- | --- | --- |
//! | [`clock`](Options::clock) | the machine's | stands still until told to move |
//! | [`seed`](Options::seed) | none | gives the same uids and names in every run |
//! | [`history`](Options::history) | 10,000 events a kind | lets watches and tokens expire sooner |
//! | [`collect_garbage`](Options::collect_garbage) | on | leaves what has lost its owners |
//! | [`empty_namespaces`](Options::empty_namespaces) | on | leaves namespaces terminating |
//! | [`release_volumes`](Options::release_volumes) | on | leaves deleted claims and volumes, used or not |
//! | [`service_accounts`](Options::service_accounts) | off | gives namespaces their account and certificates |
//! | [`simulate_workloads`](Options::simulate_workloads) | off | makes pods, and everything ready after a delay |
//!
//! # What a test can do
//!
//! A cluster takes three lines: a server, a client, and what is in it beforehand.
//!
//! ```
//! # use std::time::Duration;
//! # use gotk_apiserver::{ApiServer, Clock, Fault, Harm, Options};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let clock = Clock::stopped("2026-01-02T03:04:05Z".parse()?);
//! # let options = Options::default().clock(clock.clone()).simulate_workloads(Duration::from_secs(2));
//! let server = ApiServer::start_with(options).await?;
//! let client = kube::Client::try_from(kube::Config::new(server.url().parse()?))?;
//! server.seed(r#"
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec: {containers: [{name: main, image: "web:1"}]}
//! "#)?;
//!
//! # use k8s_openapi::api::apps::v1::Deployment;
//! let deployments = kube::Api::<Deployment>::default_namespaced(client);
//! clock.advance(Duration::from_secs(2));
//! let web = deployments.get("web").await?;
//! assert_eq!(web.status.unwrap().available_replicas, Some(1));
//!
//! // The second patch is refused; both are in the log.
//! let before = server.requests();
//! server.inject(Fault::new(Harm::Conflict).verb("patch").resource("deployments.apps").after(1));
//! # use kube::api::{Patch, PatchParams};
//! # let patch = Patch::Merge(serde_json::json!({ "spec": { "replicas": 2 } }));
//! deployments.patch("web", &PatchParams::default(), &patch).await?;
//! assert!(deployments.patch("web", &PatchParams::default(), &patch).await.is_err());
//! assert_eq!(server.requests().since(&before).total(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! | Wanted | How |
//! | --- | --- |
//! | objects that are there already | [`seed`](ApiServer::seed), [`seed_from`](ApiServer::seed_from) |
//! | back to where it was | [`snapshot`](ApiServer::snapshot), [`restore`](ApiServer::restore) |
//! | requests that fail, are late, held or never answered; watches that end, freeze or expire | [`inject`](ApiServer::inject) |
//! | a connection that falls silent, or ends | [`link`](ApiServer::link) |
//! | who asked what, how often | [`requests`](ApiServer::requests), [`log`](ApiServer::log) |
//! | workloads that are ready, fail or stall | [`simulate_workloads`](Options::simulate_workloads) and annotations |
//! | compaction | [`forget_history`](ApiServer::forget_history) |
//!
//! # How it answers
//!
//! One state machine takes a request and gives an answer; the sockets are a thin layer around it.
//! One counter numbers all writes. A write goes the way it goes upstream: decode and default, field
//! managers, what only the server decides, validation, storage; then the garbage collector and the
//! namespace controller act until nothing is left to do, so a test sees their work with the answer.
//! Objects rest as the bytes that are sent; each kind keeps a bounded log of its writes. A watch is a
//! position in that log and costs no memory however slow its client; a page of a list is the present
//! with the log undone. What is older than the log is *expired*, as after etcd's compaction.
//!
//! A custom object rests as the stored version of its definition had it when it was written. Another
//! version, or a definition that changed since, shows what its schema has of that.
//!
//! Bodies of built-in kinds are read and written as Go's structs would be, from JSON, YAML or
//! protobuf, so what is left out, what is written unasked and the words of refusals are upstream's.
//! Impersonated users and tokens of service accounts may do what roles allow; a request without
//! either is the administrator's. `/openapi/v3` and tables are there for `kubectl`, which works as
//! it is; `apiserver/KUBECTL.md` shows it.
//!
//! # Not here yet
//!
//! Proofs of identity; admission webhooks and policies, conversion webhooks (both are stored); TLS;
//! protobuf answers, descriptions of built-in kinds and version 2 of OpenAPI; kubelets, so pods have
//! no logs and take no connections. What is asked for and not here is answered with the `Status` of
//! a server that does not serve it; `apiserver/DIFFERENCES.md` has what differs in small.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod accept;
mod accounts;
mod asked;
mod base64;
mod builtin;
mod clock;
mod components;
mod conditions;
mod connection;
mod continuation;
mod convert;
mod custom;
mod decode;
mod definition;
mod delete;
mod discovery;
mod duplicates;
mod error;
mod failure;
mod fault;
mod gc;
mod http;
mod identity;
mod ids;
mod kind;
mod link;
mod list;
mod machine;
mod meta;
mod names;
mod namespace;
mod object;
mod openapi;
mod owners;
mod owning;
mod patch;
mod protection;
mod query;
mod rbac;
mod read;
mod registry;
mod requests;
mod reviews;
mod route;
mod scale;
mod seed;
mod selector;
mod server;
mod simulate;
mod snapshot;
mod store;
mod structs;
mod subresources;
mod table;
mod telling;
mod undeclared;
mod watch;
mod write;

pub use crate::clock::Clock;
pub use crate::error::Error;
pub use crate::fault::{Fault, Harm, Injected};
pub use crate::link::Link;
pub use crate::requests::{Logged, Request, Requests};
pub use crate::server::{ApiServer, Options};
pub use crate::snapshot::Snapshot;
