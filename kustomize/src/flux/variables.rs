//! Variables, and the objects they come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::spec::Reference;
use crate::Error;
use crate::fault::Fault;

/// Variables by name. What is added later overrides what was there.
///
/// Line breaks in values are left out, as in Flux. The names are printed, the values are not.
#[derive(Clone, Default)]
pub struct Variables {
    texts: BTreeMap<String, String>,
    /// Those whose value is no text: an error if one is used.
    not_text: BTreeSet<String>,
}

impl Variables {
    /// Sets a variable.
    pub fn set(&mut self, name: impl Into<String>, value: &str) {
        let name = name.into();
        self.not_text.remove(&name);
        self.texts.insert(name, value.replace('\n', ""));
    }

    fn set_bytes(&mut self, name: &str, value: Vec<u8>) {
        match String::from_utf8(value) {
            Ok(text) => self.set(name, &text),
            Err(_) => {
                self.texts.remove(name);
                self.not_text.insert(name.to_owned());
            }
        }
    }

    /// Sets the variables that an object holds in its `data`.
    ///
    /// `object` is what the cluster has under the reference, or `None` if it has nothing.
    ///
    /// # Errors
    ///
    /// When it is not there and may not be missing, or holds something else than texts.
    pub fn load(&mut self, reference: &Reference, object: Option<&Value>) -> Result<(), Error> {
        let fault = |what: String| {
            let name = format!("{} {}", reference.kind, reference.name);
            let fault = Fault::new(what).at("spec.postBuild.substituteFrom").about(name);
            Error::Build(fault)
        };
        let Some(object) = object else {
            if reference.optional {
                return Ok(());
            }
            return Err(fault("it does not exist, and is not optional".to_owned()));
        };
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            let Some(text) = value.as_str() else {
                return Err(fault(format!("data.{key} is no text")));
            };
            if reference.kind == "Secret" {
                let bytes = STANDARD.decode(text);
                let bytes = bytes.map_err(|_| fault(format!("data.{key} is no base64")))?;
                self.set_bytes(key, bytes);
            } else {
                self.set(key, text);
            }
        }
        Ok(())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.not_text.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    pub(super) fn is_text(&self, name: &str) -> bool {
        !self.not_text.contains(name)
    }

    /// A name that cannot be one.
    pub(super) fn misnamed(&self) -> Option<&str> {
        let names = self.texts.keys().chain(&self.not_text);
        names.map(String::as_str).find(|name| !is_name(name))
    }
}

/// `^[_[:alpha:]][_[:alpha:][:digit:]]*$`
fn is_name(name: &str) -> bool {
    let is_first = |byte: u8| byte == b'_' || byte.is_ascii_alphabetic();
    name.bytes().next().is_some_and(is_first)
        && name.bytes().all(|byte| is_first(byte) || byte.is_ascii_digit())
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.texts.keys().chain(&self.not_text)).finish()
    }
}
