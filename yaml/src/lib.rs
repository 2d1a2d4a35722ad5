//! Reads and writes YAML exactly as Kubernetes, Helm and kustomize do.

#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs)]
mod base64;
mod compose;
mod decode;
mod document;
mod emit;
mod error;
mod event;
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
mod stream;
mod text;
mod token;
mod typed;

pub use crate::document::Document;
pub use crate::error::{Error, Fault, Place};
pub use crate::event::Comments;
pub use crate::marshal::{Format, json_to_yaml, to_string, to_string_with, typed_to_string};
pub use crate::node::{Content, Node, Span};
pub use crate::options::{Dialect, Options};
pub use crate::read::{from_slice, from_str, from_str_strict, typed_from_slice};
pub use crate::stream::{Documents, Part, Split, documents, documents_from_slice, split};
pub use crate::token::Quoting;
pub use crate::typed::Typed;
