//! Reads and writes YAML exactly as Kubernetes, Helm and kustomize do.
//!
//! Those programs read YAML with two Go libraries that agree neither with each other nor with the
//! standard. `yes` is true to one of them, `0644` is 420 to both, a key that is set twice has the
//! last value, and the text that is written decides digests, name suffixes and what variable
//! substitution sees. This crate gives the same values, the same bytes and the same words of
//! error. It touches neither disk nor network and keeps nothing between calls.
//!
//! ```
//! use serde_json::json;
//!
//! let text = "mode: 0644\nenabled: yes\nversion: 1.10\nmode: 0600\n";
//! let value = gotk_yaml::from_str(text)?;
//! assert_eq!(value, json!({ "mode": 384, "enabled": true, "version": 1.1 }));
//!
//! assert_eq!(gotk_yaml::to_string(&value)?, "enabled: true\nmode: 384\nversion: 1.1\n");
//! assert!(gotk_yaml::from_str_strict(text).is_err()); // `mode` is set twice
//! # Ok::<(), gotk_yaml::Error>(())
//! ```
//!
//! # Which function
//!
//! | To | use | as |
//! | --- | --- | --- |
//! | read one document | [`from_str`], [`from_str_strict`], [`from_slice`] | `sigs.k8s.io/yaml` |
//! | read a stream | [`documents`], [`split`] | `kubectl`, every decoder of Kubernetes |
//! | write a value | [`to_string`], [`to_string_with`] | Helm's `toYaml`, kyaml, goyaml.v3 |
//! | keep comments and order | [`Document`] | kustomize |
//! | change a value and no other byte | [`Edit`] | (better than the originals) |
//! | tell `1` from `1.0`, and `1` from `"1"` as a key | [`typed_from_slice`], [`typed_from_word`] | goyaml |
//!
//! # How it decides
//!
//! A [`Dialect`] is chosen with [`Options`]: Kubernetes' (the default) or kustomize's. Plain words
//! become null, booleans, numbers or times by its table; anything in quotes is a string. Aliases
//! and `<<` are followed; then keys become strings, and floats without a fraction whole numbers,
//! as they do on the originals' way through JSON.
//!
//! Errors say which document, line and column, and [`Error::report`] shows the place;
//! [`Error::original`] has the words of the Go original for who compares.
//!
//! # Hostile input
//!
//! Text, depth, documents and what aliases may copy are bounded by [`Options`]; work grows with
//! the length of the text and nothing else. Nothing panics, and nothing depends on the features
//! of `serde_json` or on the order of its maps.
//!
//! # Not here
//!
//! Schemas are in `gotk-merge`, variable substitution and patches in `gotk-kustomize`, `serde`
//! types in `serde_json::from_value`.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod base64;
mod compose;
mod decode;
mod direct;
mod document;
mod edit;
mod emit;
mod error;
mod event;
mod fuzz;
mod gofmt;
mod input;
mod json;
mod marshal;
mod node;
mod options;
mod order;
mod parse;
mod problem;
mod read;
mod resolve;
mod scan;
mod steps;
mod stream;
mod text;
mod token;
mod typed;

pub use crate::document::Document;
pub use crate::edit::Edit;
pub use crate::error::{Error, Fault, Place};
pub use crate::event::Comments;
#[doc(hidden)]
pub use crate::fuzz::fuzz;
pub use crate::marshal::{Format, json_to_yaml, to_string, to_string_with, typed_to_string};
pub use crate::node::{Content, Node, Span};
pub use crate::options::{Dialect, Options};
#[doc(hidden)]
pub use crate::read::count_events;
pub use crate::read::{from_slice, from_str, from_str_strict, typed_from_slice};
pub use crate::stream::{Documents, Part, Split, documents, documents_from_slice, split};
pub use crate::token::Quoting;
pub use crate::typed::{Typed, typed_from_word};
