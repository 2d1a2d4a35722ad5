//! Starts a real Kubernetes control plane for a test, and leaves nothing behind.
//!
//! [`ControlPlane`] runs `etcd`, `kube-apiserver` and, when asked, `kube-controller-manager` on free
//! loopback ports, from the folder that `KUBEBUILDER_ASSETS` names (the convention of
//! controller-runtime's envtest). Certificates are made in this process, data and logs live in a
//! temporary folder, and nothing is downloaded. It takes about four seconds, and several can run
//! at once.
//!
//! ```
//! use gotk_testenv::{Assets, Options, User};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), gotk_testenv::Error> {
//! let Some(assets) = Assets::or_skip("the example of gotk-testenv")? else { return Ok(()) };
//! let control_plane = Options::default().assets(assets).audit_log(true).start().await?;
//!
//! let before = control_plane.requests().await?;
//! let jane = control_plane.client_as(&User::new("jane").group("dev"))?;
//! let refused = jane.list_core_api_resources("v1").await; // discovery is open to all users
//! assert!(refused.is_ok());
//!
//! let asked = control_plane.requests().await?.since(&before).by("jane");
//! assert_eq!(asked.total(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What can be asked of it
//!
//! | Wanted | How |
//! | --- | --- |
//! | a client | [`client`](ControlPlane::client), [`client_as`](ControlPlane::client_as), [`client_as_service_account`](ControlPlane::client_as_service_account), [`kubeconfig`](ControlPlane::kubeconfig) |
//! | deployments that progress, namespaces that go | [`Options::controllers`] |
//! | an older Kubernetes | [`Options::emulate`], or a folder with its binaries |
//! | how many requests that took | [`requests`](ControlPlane::requests) |
//! | a server that hangs | [`pause`](ControlPlane::pause), [`resume`](ControlPlane::resume) |
//! | a server that goes away | [`kill`](ControlPlane::kill), [`restart`](ControlPlane::restart) |
//! | a connection that falls silent, or ends | [`link`](ControlPlane::link) |
//!
//! # A Git server
//!
//! The feature `git` adds `git::GitServer`: repositories made and served in this process over HTTP
//! and SSH, with no `git` program. A program that wants nothing else turns the default features off.
//!
//! | Feature | What it adds | Default |
//! | --- | --- | --- |
//! | `control-plane` | [`ControlPlane`] | yes |
//! | `git` | the module `git` | no |
//!
//! # How it ends
//!
//! Dropping a [`ControlPlane`] ends its processes and removes its folder; so does a panic. A
//! process that is killed drops nothing, and neither does a `static`: for these, each component is
//! watched by a shell that reads from a pipe of ours and kills the component when the pipe closes.
//! Only what was started here is ever ended.
//!
//! # Not here
//!
//! Kubelets: pods are made and stay pending. Downloads: `hack/control-plane/build` makes the folder.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

#[cfg(feature = "control-plane")]
mod assets;
mod component;
#[cfg(feature = "control-plane")]
mod control_plane;
mod error;
#[cfg(feature = "control-plane")]
mod flags;
#[cfg(feature = "git")]
pub mod git;
#[cfg(feature = "control-plane")]
mod identity;
#[cfg(feature = "control-plane")]
mod link;
#[cfg(feature = "control-plane")]
mod options;
#[cfg(feature = "control-plane")]
mod ports;
#[cfg(feature = "control-plane")]
mod process;
#[cfg(feature = "control-plane")]
mod requests;

#[cfg(feature = "control-plane")]
pub use assets::Assets;
pub use component::Component;
#[cfg(feature = "control-plane")]
pub use control_plane::ControlPlane;
pub use error::Error;
#[cfg(feature = "control-plane")]
pub use identity::User;
#[cfg(feature = "control-plane")]
pub use link::Link;
#[cfg(feature = "control-plane")]
pub use options::{Authorization, ControllerRate, Controllers, Options};
#[cfg(feature = "control-plane")]
pub use requests::{Request, Requests};
