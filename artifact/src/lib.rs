//! Says which bytes an artifact is made of, and packs, checks, unpacks and shares them.
//!
//! An artifact is what a source gives to its consumers: a [`Tree`] of files as one archive, with a
//! [`Digest`] that tells whether it is still the same bytes and a [`Revision`] that tells people which
//! version it is. Everything here is a function of bytes and folders that are handed in: no network,
//! no clock, nothing kept between calls but what a [`TreeCache`] is asked to keep.
//!
//! ```
//! use gotk_artifact::{IgnoreRules, PackOptions, TreeBuilder, UnpackOptions, pack, unpack};
//!
//! let source = TreeBuilder::new()
//!     .file("apps/web/kustomization.yaml", "resources: [../../base]\n")?
//!     .file("base/deployment.yaml", "kind: Deployment\n")?
//!     .file("docs/logo.png", "...")?
//!     .build();
//!
//! let mut archive = Vec::new();
//! let rules = IgnoreRules::of_tree(&source, None)?;
//! let packed = pack(&source, &mut archive, &PackOptions::default().ignore(rules))?;
//!
//! let tree = unpack(&archive[..], &packed.digest, &UnpackOptions::default())?;
//! let web = tree.at("./apps/web")?;
//! assert_eq!(web.read("../../base/deployment.yaml")?, "kind: Deployment\n");
//! assert!(!tree.exists("docs/logo.png")?); // Flux leaves pictures out
//! assert!(web.read("../../../etc/passwd").is_err());
//! # Ok::<(), gotk_artifact::Error>(())
//! ```
//!
//! # Which one to take
//!
//! | You have | You want | Take |
//! | --- | --- | --- |
//! | a folder, files in memory | to read it as a source is read | [`Tree::directory`], [`TreeBuilder`] |
//! | a commit, a bucket, anything else | the same | [`Tree::new`] over your [`TreeSource`] |
//! | a path from a spec | to stand there | [`Tree::at`] |
//! | two trees, or too large a one | another tree | [`Tree::overlay`], [`Tree::filter`] |
//! | a tree | to know whether it has changed | [`Tree::digest`] |
//! | a tree | an archive for consumers | [`pack`] |
//! | a tree again | to pack it only if it has changed | [`PackMemo`] |
//! | an archive, its digest | its files | [`unpack`]; on disk [`unpack_to_folder`] |
//! | many consumers | to unpack once | [`TreeCache`] |
//! | text from a status | to compare it | [`Revision`], [`Digest`] |
//!
//! # How it decides
//!
//! What is packed is Flux's archive, header by header; only the compression differs, so digests of
//! archives differ from Flux's and no consumer minds. What is unpacked is hostile until proven
//! otherwise: limits hold while bytes arrive, the digest is compared before anyone sees one, and what
//! two readers of tar could understand differently is refused. A path is followed one name at a time,
//! and what would leave the tree on the way is an error, even if it would come back.
//!
//! # Not here
//!
//! Storing, serving and fetching archives is not in the default features, for it needs a runtime.
//! Trees of commits are in `gotk-git`; what the files mean is for `gotk-kustomize` and `gotk-helm`.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod cache;
pub mod contract;
mod digest;
mod error;
mod hasher;
mod ignore;
mod pack;
mod path;
mod revision;
mod tree;
mod unpack;

pub use bytes::Bytes;

pub use crate::cache::{CacheOptions, CacheUsage, TreeCache};
pub use crate::digest::{Algorithm, Digest};
pub use crate::error::Error;
pub use crate::hasher::Hasher;
pub use crate::ignore::IgnoreRules;
pub use crate::pack::{PackMemo, PackOptions, Packed, pack};
pub use crate::path::TreePath;
pub use crate::revision::Revision;
pub use crate::tree::{Entry, File, Kind, Metadata, Tree, TreeBuilder, TreeSource, Walk, Walked};
pub use crate::unpack::{Links, UnpackOptions, unpack, unpack_to_folder};
