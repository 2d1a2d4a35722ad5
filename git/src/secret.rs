//! Bytes that must never reach text.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A password, token or private key: it has no `Display`, its `Debug` hides it, and its memory is
/// wiped when the last copy is dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<Vec<u8>>>);

impl Secret {
    /// Takes over `bytes`.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Arc::new(Zeroizing::new(bytes.into())))
    }

    /// The bytes themselves. Whoever asks is responsible for where they go.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as text, when they are UTF-8.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Into<Vec<u8>>> From<T> for Secret {
    fn from(bytes: T) -> Self {
        Self::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret(…))");
    }

    #[test]
    fn bytes_that_are_not_text_are_kept() {
        let secret = Secret::new([0xff, 0xfe]);
        assert_eq!(secret.expose(), [0xff, 0xfe]);
        assert_eq!(secret.text(), None);
    }
}
