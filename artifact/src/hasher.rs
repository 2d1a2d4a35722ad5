//! Digests computed while bytes go by.

use std::fmt;
use std::io::{self, Read, Write};

use sha2::Digest as _;

use crate::{Algorithm, Digest, Error};

/// Computes the digests of a stream of bytes, in one or more algorithms at once.
///
/// ```
/// use gotk_artifact::{Algorithm, Hasher};
///
/// let mut hasher = Hasher::of_each([Algorithm::Sha256, Algorithm::Blake3])?;
/// hasher.update(b"hel");
/// hasher.update(b"lo\n");
/// let digests = hasher.finish();
/// assert!(digests[0].to_string().starts_with("sha256:5891b5b5"));
/// assert!(digests[1].to_string().starts_with("blake3:"));
///
/// assert_eq!(
///     Hasher::new(Algorithm::Sha1).unwrap_err().to_string(),
///     r#"algorithm "sha1" names Git commits and is not computed here"#
/// );
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
#[derive(Clone)]
pub struct Hasher(Vec<State>);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// A hasher of one algorithm. SHA-1 is refused.
    pub fn new(algorithm: Algorithm) -> Result<Self, Error> {
        Self::of_each([algorithm])
    }

    /// A hasher of several algorithms; [`finish`](Self::finish) keeps their order.
    pub fn of_each(algorithms: impl IntoIterator<Item = Algorithm>) -> Result<Self, Error> {
        algorithms.into_iter().map(State::new).collect::<Result<_, _>>().map(Self)
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for state in &mut self.0 {
            state.update(bytes);
        }
    }

    /// The digests of all bytes taken, one for each algorithm.
    pub fn finish(self) -> Vec<Digest> {
        self.0.into_iter().map(State::finish).collect()
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hasher").field(&self.0.len()).finish()
    }
}

impl State {
    fn new(algorithm: Algorithm) -> Result<Self, Error> {
        Ok(match algorithm {
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Sha384 => Self::Sha384(sha2::Sha384::new()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
            Algorithm::Blake3 => Self::Blake3(Box::default()),
            Algorithm::Sha1 => {
                let problem = "names Git commits and is not computed here";
                return Err(Error::Algorithm { name: algorithm.to_string(), problem });
            }
        })
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
            Self::Blake3(hasher) => {
                hasher.update(bytes);
            }
        }
    }

    fn finish(self) -> Digest {
        match self {
            Self::Sha256(hasher) => Digest::from_raw(Algorithm::Sha256, &hasher.finalize()),
            Self::Sha384(hasher) => Digest::from_raw(Algorithm::Sha384, &hasher.finalize()),
            Self::Sha512(hasher) => Digest::from_raw(Algorithm::Sha512, &hasher.finalize()),
            Self::Blake3(hasher) => {
                Digest::from_raw(Algorithm::Blake3, hasher.finalize().as_bytes())
            }
        }
    }
}

/// Passes bytes through and computes their digest and number on the way.
pub(crate) struct Hashing<T> {
    inner: T,
    hasher: State,
    count: u64,
}

impl<T> Hashing<T> {
    pub(crate) fn new(inner: T, algorithm: Algorithm) -> Result<Self, Error> {
        Ok(Self { inner, hasher: State::new(algorithm)?, count: 0 })
    }

    pub(crate) fn finish(self) -> (T, Digest, u64) {
        (self.inner, self.hasher.finish(), self.count)
    }

    pub(crate) fn inner(&self) -> &T {
        &self.inner
    }

    /// The digest of the bytes so far.
    pub(crate) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// The number of the bytes so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    fn note(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.count += bytes.len() as u64;
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.note(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digests of "abc", as FIPS 180-2 and the BLAKE3 test vectors print them.
    #[test]
    fn every_algorithm_gives_its_published_answer() {
        let known = [
            (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223"),
            (Algorithm::Sha384, "cb00753f45a35e8bb5a03d699ac65007"),
            (Algorithm::Sha512, "ddaf35a193617abacc417349ae204131"),
            (Algorithm::Blake3, "6437b3ac38465133ffb63b75273a8db5"),
        ];
        let mut hasher = Hasher::of_each(known.map(|(algorithm, _)| algorithm)).unwrap();
        hasher.update(b"a");
        hasher.update(b"bc");
        for (digest, (algorithm, hex)) in hasher.finish().iter().zip(known) {
            assert_eq!(digest.algorithm(), algorithm);
            assert!(digest.hex().starts_with(hex), "{digest}");
            assert_eq!(digest.to_string().parse::<Digest>().unwrap(), *digest);
        }
    }

    #[test]
    fn both_directions_count_and_hash() {
        let mut reader = Hashing::new(&b"abc"[..], Algorithm::Sha256).unwrap();
        let mut writer = Hashing::new(Vec::new(), Algorithm::Sha256).unwrap();
        io::copy(&mut reader, &mut writer).unwrap();
        let (_, read, _) = reader.finish();
        let (bytes, written, count) = writer.finish();
        assert_eq!((bytes.as_slice(), count), (&b"abc"[..], 3));
        assert_eq!(read, written);
        assert_eq!(read, Digest::sha256(b"abc"));
    }
}
