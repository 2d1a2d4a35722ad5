//! Turns a tree of manifests into the objects it describes.
//!
//! [`build`] is `kustomize build` and gives the same bytes; [`flux`] is what Flux makes of a tree: a
//! generated kustomization, the spec on top, decryption, the build, variables replaced. Everything
//! is a function of a read-only [`Tree`](gotk_artifact::Tree) and options: no program is run, nothing
//! is fetched, no file is written, and builds in one process know nothing of each other.
//!
//! ```
//! use gotk_artifact::TreeBuilder;
//!
//! let tree = TreeBuilder::new()
//!     .file("base/kustomization.yaml", "resources: [web.yaml]\n")?
//!     .file("base/web.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}\n")?
//!     .file("prod/kustomization.yaml", "{resources: [../base], namespace: prod}\n")?
//!     .build();
//!
//! let build = gotk_kustomize::build(&tree.at("prod")?)?;
//! for object in build.objects() {
//!     assert_eq!(object?["metadata"]["namespace"], "prod");
//! }
//!
//! // What a person reads when it does not work.
//! let tree = TreeBuilder::new().file("kustomization.yaml", "resources:\n- wbe.yaml\n")?.build();
//! assert_eq!(
//!     gotk_kustomize::build(&tree).unwrap_err().to_string(),
//!     r#"kustomization.yaml:2: resources[0]: "wbe.yaml" is neither a file nor a folder"#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which one to take
//!
//! | You have | You want | Take |
//! | --- | --- | --- |
//! | a folder with a kustomization | its objects, or what kustomize prints | [`build`], [`build_with`] |
//! | a large result | to write it away, object by object | [`Build::into_documents`] |
//! | many overlays over one base | to parse the base once | [`Options::cache`] with one [`Cache`] |
//! | a new revision | to know whether anything relevant changed | [`Build::paths`] |
//! | a Flux Kustomization | the objects it applies | [`flux`] |
//! | a text with `${variables}` | them replaced | [`Template`] |
//! | Helm charts or URLs in it | somebody who renders, who fetches | [`HelmRenderer`], [`Fetcher`] |
//!
//! # How it decides
//!
//! As kustomize 5.8.1 does, order of operations and slips included: patches come before namespace and
//! prefix of the same folder, components work on what is there, names are mended once at the end
//! by all that an object was ever called, and a label that was put into metadata and selectors at
//! once changes in both. What kinds are cluster-scoped and which lists have keys says the schema of
//! Kubernetes 1.21 that kustomize carries; of kinds it does not know, lists are replaced.
//!
//! An overlay over thousands of objects holds less than ten times its input at its peak; a single
//! document that lists all of them is read at once, and takes more. Depth, objects and bytes are
//! bounded by [`Limits`], paths cannot leave the tree, and files outside of the folder of a
//! kustomization are refused unless [`LoadRestrictions`] say otherwise.
//!
//! # Variables
//!
//! [`Template`] is the last step of a Flux build, `postBuild` in a Kustomization.
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
//! The rules are those of `fluxcd/pkg/envsubst`, the fork of drone/envsubst that Flux builds with,
//! where it differs from a shell too: `${v:+d}` and `${v:?d}` act as `${v:-d}`, the bare operators
//! `-` and `+` do not exist, an offset that is no number leaves the value as it is, `${v/#a/}`
//! with nothing to put in its place does nothing, and a NUL ends the template.
//!
//! # Not here
//!
//! Applying what comes out is in `gotk-ssa`; Helm's own rendering is in `gotk-helm`.

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
mod ids;
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
mod pattern;
mod references;
mod remote;
mod resource;
mod schema;
mod select;
mod share;
#[cfg(test)]
mod steps;
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
