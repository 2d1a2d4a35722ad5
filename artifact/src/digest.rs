//! A digest: the name of an algorithm and what it made of some bytes.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// The algorithms whose digests have a meaning in Flux's APIs.
///
/// ```
/// use gotk_artifact::Algorithm;
///
/// assert_eq!(Algorithm::default(), Algorithm::Sha256);
/// assert_eq!("blake3".parse::<Algorithm>()?.to_string(), "blake3");
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Names Git commits. It is read and printed, never computed, and proves nothing about an
    /// archive.
    Sha1,
    /// What Flux uses unless told otherwise.
    #[default]
    Sha256,
    /// The middle one of the SHA-2 family.
    Sha384,
    /// The long one of the SHA-2 family.
    Sha512,
    /// The fast one.
    Blake3,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512, Self::Blake3];

    /// The name as it stands before the colon of a digest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// The length of its digests in bytes.
    fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 | Self::Blake3 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| Error::Algorithm {
            name: name.to_owned(),
            problem: "is not one of sha1, sha256, sha384, sha512, blake3",
        })
    }
}

/// What an algorithm made of some bytes: `sha256:e3b0c442…`.
///
/// Two digests are equal when algorithm and bytes are. They have no order.
///
/// ```
/// use gotk_artifact::{Algorithm, Digest};
///
/// let text = "sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
/// let digest: Digest = text.parse()?;
/// assert_eq!(digest.algorithm(), Algorithm::Sha1);
/// assert_eq!(digest.hex(), "5394cb7f48332b2de7c17dd8b8384bbc84b7e738");
/// assert_eq!(digest.to_string(), text);
///
/// let error = "sha256:5394cb7f".parse::<Digest>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"digest "sha256:5394cb7f" is not valid: sha256 has 64 hexadecimal digits, not 8"#
/// );
/// assert!("SHA256:00".parse::<Digest>().is_err());
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    /// Those past the algorithm's length are zero.
    bytes: [u8; 64],
}

impl Digest {
    /// The digest of `bytes`, in Flux's default algorithm.
    ///
    /// ```
    /// use gotk_artifact::Digest;
    ///
    /// assert_eq!(&Digest::sha256(b"").to_string()[..15], "sha256:e3b0c442");
    /// ```
    pub fn sha256(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self::from_raw(Algorithm::Sha256, &sha2::Sha256::digest(bytes))
    }

    /// The algorithm that made it.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The part after the colon, in lower case.
    pub fn hex(&self) -> String {
        Hex(self.as_bytes()).to_string()
    }

    /// The bytes that the hexadecimal digits stand for.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.len()]
    }

    /// Takes what a hasher returned; the length is the algorithm's.
    pub(crate) fn from_raw(algorithm: Algorithm, raw: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes[..raw.len()].copy_from_slice(raw);
        Self { algorithm, bytes }
    }

    /// Reads the hexadecimal digits of a digest whose algorithm is known.
    pub(crate) fn from_hex(algorithm: Algorithm, hex: &str) -> Result<Self, String> {
        let wanted = algorithm.len() * 2;
        if hex.len() != wanted {
            let found = hex.chars().count();
            return Err(format!("{algorithm} has {wanted} hexadecimal digits, not {found}"));
        }
        let mut bytes = [0; 64];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digits = nibble(pair[0]).zip(nibble(pair[1]));
            let (high, low) = digits.ok_or("the digits are 0-9 and a-f")?;
            *byte = high << 4 | low;
        }
        Ok(Self { algorithm, bytes })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |problem: String| Error::InvalidDigest { text: text.to_owned(), problem };
        let (name, hex) = text
            .split_once(':')
            .ok_or_else(|| invalid("there is no colon after an algorithm".to_owned()))?;
        let algorithm = name.parse().map_err(|error: Error| invalid(error.to_string()))?;
        Self::from_hex(algorithm, hex).map_err(invalid)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, Hex(self.as_bytes()))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Bytes as lower-case hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_digest_says_why() {
        let problem = |text: &str| text.parse::<Digest>().unwrap_err().to_string();
        assert!(problem("e3b0").contains("no colon"), "{}", problem("e3b0"));
        assert!(problem("md5:00").contains(r#"algorithm "md5" is not one of"#));
        assert!(problem(":00").contains(r#"algorithm """#));
        let upper = format!("sha256:{}", "A".repeat(64));
        assert!(problem(&upper).contains("0-9 and a-f"), "{}", problem(&upper));
        let spaced = format!("sha256:{} ", "a".repeat(64));
        assert!(problem(&spaced).contains("not 65"));
        let wide = format!("sha256:{}", "é".repeat(32));
        assert!(problem(&wide).contains("0-9 and a-f"));
    }

    #[test]
    fn equal_bytes_of_different_algorithms_differ() {
        let hex = "a".repeat(64);
        let sha = format!("sha256:{hex}").parse::<Digest>().unwrap();
        let blake = format!("blake3:{hex}").parse::<Digest>().unwrap();
        assert_eq!(sha.as_bytes(), blake.as_bytes());
        assert_ne!(sha, blake);
    }

    #[test]
    fn serde_uses_the_text() {
        let digest = Digest::sha256(b"");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{digest}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        assert!(serde_json::from_str::<Digest>("\"sha256:\"").is_err());
    }
}
