//! What `main` prints when it fails: the error and its causes on one line.

use std::error::Error;
use std::fmt;

/// Any error, as a person reads it.
pub(crate) struct Told(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Told {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
