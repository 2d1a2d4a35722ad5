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
//! # Not here yet
//!
//! Authentication, RBAC and impersonation (everybody may do everything); admission webhooks and
//! policies; TLS; OpenAPI, which `kubectl apply` and `explain` ask for, and `Table`; protobuf, in
//! which `kubectl create configmap` and its like send (`create -f` does not); CEL rules, conversion webhooks and `scale` of custom kinds; duplicate fields in `fieldValidation`;
//! defaults of kinds that are rarely applied, the labels a Job gives its pods, cluster IPs;
//! `events.k8s.io`, `autoscaling/v1`, the review kinds, and subresources other than `status`,
//! `scale` and `finalize`; controllers that move workloads; injected faults. What is asked for and
//! not here is answered with the `Status` of a server that does not serve it.
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod accept;
mod base64;
mod builtin;
mod clock;
mod conditions;
mod continuation;
mod custom;
mod decode;
mod definition;
mod delete;
mod discovery;
mod error;
mod failure;
mod gc;
mod http;
mod ids;
mod kind;
mod list;
mod machine;
mod meta;
mod names;
mod namespace;
mod object;
mod owners;
mod owning;
mod patch;
mod query;
mod read;
mod registry;
mod route;
mod scale;
mod selector;
mod server;
mod simulate;
mod store;
mod undeclared;
mod watch;
mod write;

pub use crate::clock::Clock;
pub use crate::error::Error;
pub use crate::server::{ApiServer, Options};
