//! Everything that reads foreign bytes, in one call.

use crate::document::Document;
use crate::edit::Edit;
use crate::marshal::{to_string, typed_to_string};
use crate::{Format, Options, documents_from_slice, from_slice, json_to_yaml, typed_from_slice};

/// Gives bytes to every reader, and what they read to every writer. Panics at what is no error
/// but must not happen: a text of our own that cannot be read.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    for options in [Options::sigs(), Options::sigs().strict(), Options::kyaml()] {
        if let Ok(value) = from_slice(bytes, &options)
            && let Ok(text) = to_string(&value)
        {
            assert!(from_slice(text.as_bytes(), &Options::sigs()).is_ok(), "unreadable: {text:?}");
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
    if let Ok(Some(document)) = Document::parse_with(bytes, &Options::kyaml()) {
        let _ = document.to_value();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = json_to_yaml(text);
        let _ = Document::parse_all(text);
        if let Ok(mut edit) = Edit::new(text) {
            let _ = edit.set(0, "/a", &"b".into());
            let _ = edit.finish();
        }
    }
}
