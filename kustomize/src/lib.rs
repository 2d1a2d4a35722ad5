//! Turns a tree of manifests into the objects it describes.
//!
//! What is here so far is the last step of a Flux build: variable substitution, `postBuild` in a
//! Kustomization. It is a function of a text and some variables; it reads no file, no environment
//! and no clock.
//!
//! ```
//! use gotk_kustomize::{Missing, Template};
//!
//! let template = Template::parse("image: ${registry:-ghcr.io}/web:${tag}\nprice: $$5")?;
//! let variables = |name: &str| (name == "tag").then(|| "1.4.2".to_owned());
//!
//! let text = template.expand(variables, Missing::Refuse)?;
//! assert_eq!(text, "image: ghcr.io/web:1.4.2\nprice: $5");
//! # Ok::<(), gotk_kustomize::Error>(())
//! ```
//!
//! # What an expression does
//!
//! Only `${…}` is an expression: `$name` is text. `$$` is a dollar sign, so `$${name}` is the text
//! `${name}`.
//!
//! | Expression | Value |
//! | --- | --- |
//! | `${v}` | the variable |
//! | `${#v}` | its length in bytes |
//! | `${v^}` `${v^^}` `${v,}` `${v,,}` | first character or all in upper case, in lower case |
//! | `${v:2}` `${v:2:3}` | bytes from an offset, at most so many; negative counts from the end |
//! | `${v#*/}` `${v##*/}` `${v%.*}` `${v%%.*}` | without the shortest or longest match at the start, at the end |
//! | `${v/a/b}` `${v//a/b}` `${v/#a/b}` `${v/%a/b}` | the first `a`, every `a`, a leading or a trailing `a` replaced by `b` |
//! | `${v:-d}` `${v:=d}` `${v=d}` `${v:+d}` `${v:?d}` | `d` when the variable is empty or not set |
//!
//! Arguments may hold expressions: `${region:-${zone%-*}}`.
//!
//! # How it decides
//!
//! The rules are those of `fluxcd/pkg/envsubst`, the fork of drone/envsubst that Flux builds with,
//! where it differs from a shell too: `${v:+d}` and `${v:?d}` act as `${v:-d}`, the bare operators
//! `-` and `+` do not exist, an offset that is no number leaves the value as it is, `${v/#a/}`
//! with nothing to put in its place does nothing, and a NUL ends the template.
//!
//! # Not here
//!
//! Reading `kustomization.yaml` and building it comes next.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod build;
mod cache;
mod crds;
mod decode;
mod edit;
mod error;
mod fault;
mod field;
mod fieldspec;
pub mod flux;
mod generate;
mod gvk;
mod hash;
mod helm;
mod image;
mod json;
mod json_patch;
mod kustomization;
mod lists;
mod load;
mod locate;
mod merge;
mod node;
mod objects;
mod options;
mod order;
mod origin;
mod references;
mod remote;
mod resource;
mod schema;
mod select;
mod share;
mod substitution;
mod target;
mod transform;
mod vars;

pub use crate::build::{Build, build, build_with};
pub use crate::cache::Cache;
pub use crate::error::{Error, Position, Syntax};
pub use crate::fault::Fault;
pub use crate::options::{
    BoxError, Fetcher, HelmChart, HelmRenderer, Limits, LoadRestrictions, Options, Order,
};
pub use crate::substitution::{Missing, Template};
