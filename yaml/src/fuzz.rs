//! Everything that reads foreign bytes, in one call.

use crate::document::Document;
use crate::edit::Edit;
use crate::input::Input;
use crate::marshal::{to_string, to_string_with, typed_to_string};
use crate::read::{self, Start};
use crate::{Dialect, typed_from_slice, typed_from_word};
use crate::{Format, Options, direct, documents_from_slice, from_slice, json_to_yaml, split};

/// Gives bytes to every reader, and what they read to every writer. Panics at what is no error
/// but must not happen: a text of our own that cannot be read, or two readers that disagree.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    for options in [Options::sigs(), Options::sigs().strict(), Options::kyaml()] {
        if let Ok(value) = from_slice(bytes, &options)
            && let Ok(text) = to_string(&value)
        {
            assert!(from_slice(text.as_bytes(), &Options::sigs()).is_ok(), "unreadable: {text:?}");
            let _ = to_string_with(&value, Format::kyaml());
            let _ = to_string_with(&value, Format::goyaml3(4));
        }
        if let Some(value) = direct::value(&Input::new(bytes), &options) {
            let by_tree = read::Document::read(bytes, &options, Start::default(), |it| it.value());
            assert_eq!(by_tree.ok(), Some(value), "with a tree, and without one");
        }
        if let Ok(typed) = typed_from_slice(bytes, &options) {
            let _ = typed_to_string(&typed, Format::kyaml());
        }
    }
    for document in documents_from_slice(bytes, Options::default()) {
        if let Err(error) = document {
            let _ = (error.to_string(), error.report().to_string());
        }
    }
    for error in split(bytes).filter_map(Result::err) {
        let _ = error.report().to_string();
    }
    if let Ok(Some(document)) = Document::parse_with(bytes, &Options::kyaml()) {
        let _ = (document.to_value(), document.write(Format::sigs()));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = json_to_yaml(text);
        let _ = typed_from_word(text, Dialect::Sigs);
        let _ = Document::parse_all(text);
        if let Ok(mut edit) = Edit::new(text) {
            for pointer in ["/a", "/0", "", "/a/new", "/new"] {
                let _ = edit.set(0, pointer, &"b\nc\n".into());
            }
            let _ = edit.finish();
        }
    }
}
