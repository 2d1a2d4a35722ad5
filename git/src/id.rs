//! The name of an object: the hash of what it holds.

use std::fmt;
use std::str::FromStr;

use gotk_artifact::Digest;

/// The id of a Git object, SHA-1 or SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub(crate) gix::ObjectId);

/// Which hash names the objects of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    /// The usual one: 40 hexadecimal digits.
    Sha1,
    /// Repositories made with `git init --object-format=sha256`: 64 hexadecimal digits.
    Sha256,
}

impl ObjectId {
    /// Reads a whole id in hexadecimal; an abbreviation is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        gix::ObjectId::from_hex(text.as_bytes()).ok().map(Self)
    }

    /// The id with the name of its hash, as revisions write it.
    pub fn digest(&self) -> Digest {
        let algorithm = match self.0.kind() {
            gix::hash::Kind::Sha256 => Algorithm::Sha256,
            _ => Algorithm::Sha1,
        };
        format!("{algorithm}:{self}").parse().expect("an id is as long as digests of its hash are")
    }
}

impl Algorithm {
    pub(crate) fn kind(self) -> gix::hash::Kind {
        match self {
            Self::Sha1 => gix::hash::Kind::Sha1,
            Self::Sha256 => gix::hash::Kind::Sha256,
        }
    }
}

impl FromStr for Algorithm {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            _ => Err(()),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        })
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_ids_are_read() {
        let sha1 = ObjectId::parse("a0c14dc8580a23f79bc654faa79c4f62b46c2c22").unwrap();
        assert_eq!(sha1.digest().to_string(), "sha1:a0c14dc8580a23f79bc654faa79c4f62b46c2c22");
        let sha256 = ObjectId::parse(&"ab".repeat(32)).unwrap();
        assert_eq!(sha256.digest().to_string(), format!("sha256:{}", "ab".repeat(32)));
        for text in ["", "a0c14dc", "a0c14dc8580a23f79bc654faa79c4f62b46c2c2z", &"a".repeat(41)] {
            assert_eq!(ObjectId::parse(text), None, "{text}");
        }
    }
}
