//! A path inside a tree.

use std::borrow::Borrow;
use std::fmt;

use crate::Error;
use crate::error::printable;

/// A path inside a tree: relative, clean, of any bytes but `/` and NUL in its names.
///
/// Git and Linux allow names that are not UTF-8, and one such name in a repository must not keep
/// the rest of it from being deployed. So names are bytes here, [`as_str`](Self::as_str) answers
/// `None` for such a one, and messages print it as well as it can be. Names are compared byte by
/// byte: upper and lower case differ.
///
/// ```
/// use gotk_artifact::TreePath;
///
/// let path = TreePath::new("./apps//web/")?;
/// assert_eq!(path.as_str(), Some("apps/web"));
/// assert_eq!(path.join("kustomization.yaml")?.to_string(), "apps/web/kustomization.yaml");
/// assert_eq!(path.parent(), Some(TreePath::new("apps")?));
/// assert_eq!(TreePath::new("")?, TreePath::root());
///
/// assert!(TreePath::new("/etc/passwd").is_err());
/// assert!(TreePath::new("apps/../../etc").is_err());
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// The longest path, in bytes: what Linux takes in one call.
    pub const MAX_LENGTH: usize = 4096;
    /// The longest name between two slashes, in bytes: what every common file system stores.
    pub const MAX_NAME_LENGTH: usize = 255;

    /// The path of the tree itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// Reads a path, dropping empty names, `.` and a slash at the end.
    ///
    /// An absolute path and `..` are refused: what they mean depends on where one stands, which
    /// [`Tree::at`](crate::Tree::at) knows and a path alone does not.
    pub fn new(path: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::root().join(path)
    }

    /// This path followed by another one.
    pub fn join(&self, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        let path = path.as_ref();
        let invalid = |problem| Error::InvalidPath { path: printable(path), problem };
        if path.first() == Some(&b'/') {
            return Err(invalid("it is absolute"));
        }
        let mut joined = self.clone();
        for name in names(path) {
            check_name(name).map_err(invalid)?;
            joined.push(name);
        }
        if joined.0.len() > Self::MAX_LENGTH {
            return Err(invalid("it is longer than 4096 bytes"));
        }
        Ok(joined)
    }

    /// The path as text, or `None` where a name is not UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The path as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the tree itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its names, from the root downwards.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        names(&self.0)
    }

    /// The last name: empty for the root.
    pub fn name(&self) -> &[u8] {
        self.names().last().unwrap_or_default()
    }

    /// What this path lies in, or `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let mut parent = self.clone();
        parent.pop().then_some(parent)
    }

    /// The rest of this path below `directory`, or `None` where it is not below.
    pub fn below(&self, directory: &Self) -> Option<Self> {
        if directory.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(directory.as_bytes())?;
        match rest.split_first() {
            None => Some(Self::root()),
            Some((b'/', rest)) => Some(Self(rest.to_vec())),
            Some(_) => None,
        }
    }

    /// Adds a name that was checked, or that a source has listed.
    pub(crate) fn push(&mut self, name: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }

    /// Takes the last name away; `false` at the root.
    pub(crate) fn pop(&mut self) -> bool {
        let end = self.0.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let popped = !self.0.is_empty();
        self.0.truncate(end);
        popped
    }
}

/// The names of a path, without the empty ones and `.`.
pub(crate) fn names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

/// What keeps a name between two slashes from being one.
pub(crate) fn check_name(name: &[u8]) -> Result<(), &'static str> {
    match name {
        b".." => Err("it steps out with .."),
        name if name.contains(&0) => Err("it holds a NUL byte"),
        name if name.len() > TreePath::MAX_NAME_LENGTH => Err("a name is longer than 255 bytes"),
        _ => Ok(()),
    }
}

impl AsRef<[u8]> for TreePath {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for TreePath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(&self.0).fmt(f)
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cleaned_or_refused() {
        for (given, clean) in
            [("", ""), (".", ""), ("./", ""), ("a", "a"), ("a//b/./c/", "a/b/c"), ("A/a", "A/a")]
        {
            assert_eq!(TreePath::new(given).unwrap().as_str(), Some(clean), "{given:?}");
        }
        for (given, why) in [
            ("/", "absolute"),
            ("/a", "absolute"),
            ("..", ".."),
            ("a/../b", ".."),
            ("a\0b", "NUL"),
            (&"x".repeat(256), "255"),
            (&"x/".repeat(4000), "4096"),
        ] {
            let message = TreePath::new(given).unwrap_err().to_string();
            assert!(message.contains(why), "{given:?}: {message}");
        }
    }

    #[test]
    fn names_that_only_look_like_steps_are_names() {
        for name in ["a../b", "..a", "...", "a/..b", "a\\..\\b"] {
            assert_eq!(TreePath::new(name).unwrap().as_str(), Some(name));
        }
    }

    #[test]
    fn bytes_that_are_not_text_survive() {
        let path = TreePath::new(b"caf\xe9.yaml").unwrap();
        assert_eq!(path.as_str(), None);
        assert_eq!(path.as_bytes(), b"caf\xe9.yaml");
        assert_eq!(path.to_string(), "caf\u{fffd}.yaml");
    }

    #[test]
    fn below_needs_a_whole_name() {
        let path = |text: &str| TreePath::new(text).unwrap();
        assert_eq!(path("apps/web").below(&path("apps")), Some(path("web")));
        assert_eq!(path("apps").below(&path("apps")), Some(TreePath::root()));
        assert_eq!(path("apps-old/web").below(&path("apps")), None);
        assert_eq!(path("apps").below(&TreePath::root()), Some(path("apps")));
    }
}
