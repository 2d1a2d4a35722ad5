//! In whose name fields are applied.

use std::fmt;

use crate::Error;

/// The writer that owns the fields it applies, as managed fields and conflicts name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldManager(String);

impl FieldManager {
    /// Takes a name, such as `kustomize-controller`.
    ///
    /// # Errors
    ///
    /// [`Error::FieldManager`] when the server would refuse it: empty, longer than 128 bytes, or with
    /// characters that do not print.
    pub fn new(name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        let printable = |it: char| !it.is_control() && (it == ' ' || !it.is_whitespace());
        if name.is_empty() || name.len() > LONGEST || !name.chars().all(printable) {
            return Err(Error::FieldManager { name });
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FieldManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const LONGEST: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_server_refuses_is_refused_here() {
        assert!(FieldManager::new("kustomize-controller").is_ok());
        for name in ["", "a\nb", &"x".repeat(129)] {
            assert!(FieldManager::new(name).is_err(), "{name:?}");
        }
    }
}
