//! The bytes inside a gzip stream, with an eye on the limits and the digest.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::UnpackOptions;
use crate::hasher::Hashing;
use crate::{Digest, Error};

/// What comes out before the ratio counts.
const FREE: u64 = 10 << 20;
const BUFFER: usize = 64 << 10;

/// Reads the inside of a gzip stream, and computes the digest of the outside.
///
/// As a [`Read`] it fails at the limits, too; [`explain`](Self::explain) says what an error was.
pub(crate) struct Inflate<'a, R: Read> {
    gzip: MultiGzDecoder<BufReader<Hashing<Bounded<R>>>>,
    options: &'a UnpackOptions,
    expected: &'a Digest,
    out: u64,
    violation: Option<Error>,
}

impl<'a, R: Read> Inflate<'a, R> {
    pub(crate) fn new(
        archive: R,
        expected: &'a Digest,
        options: &'a UnpackOptions,
    ) -> Result<Self, Error> {
        let bounded = Bounded { inner: archive, left: options.limit_bytes, exceeded: false };
        let hashing = Hashing::new(bounded, expected.algorithm())?;
        let gzip = MultiGzDecoder::new(BufReader::with_capacity(BUFFER, hashing));
        Ok(Self { gzip, options, expected, out: 0, violation: None })
    }

    /// Gives everything that is left to `take`, piece by piece.
    pub(crate) fn read_all(
        &mut self,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut buffer = vec![0; BUFFER];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => take(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.explain(error, "gzip stream")),
            }
        }
    }

    /// Compares the digest of a stream that was read to its end.
    pub(crate) fn verify(self) -> Result<(), Error> {
        let expected = *self.expected;
        let (_, actual, _) = self.gzip.into_inner().into_inner().finish();
        if actual == expected {
            return Ok(());
        }
        Err(Error::mismatch(expected, actual))
    }

    /// What an error really was.
    ///
    /// Bytes that are no archive may simply be other bytes than those that were asked for, and then
    /// that is what the caller has to know. So the rest is read, as far as the limit allows.
    pub(crate) fn explain(&mut self, error: io::Error, format: &'static str) -> Error {
        if let Some(violation) = self.violation.take() {
            return violation;
        }
        let inside = self.gzip.get_mut().get_mut();
        if inside.inner().exceeded {
            return too_large(self.options);
        }
        if !is_about_contents(&error) {
            return Error::Stream { action: "read", source: error };
        }
        if let Err(source) = io::copy(inside, &mut io::sink()) {
            return match inside.inner().exceeded {
                true => too_large(self.options),
                false => Error::Stream { action: "read", source },
            };
        }
        let (actual, expected) = (inside.digest(), *self.expected);
        if actual == expected {
            Error::Corrupt { format, source: error }
        } else {
            Error::mismatch(expected, actual)
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.out > self.options.limit_bytes {
            return Err(too_large(self.options));
        }
        let packed = self.gzip.get_ref().get_ref().count();
        let limit = self.options.limit_ratio;
        if self.out > FREE && self.out / limit.max(1) > packed {
            let subject = "archive when unpacked".to_owned();
            return Err(Error::TooLarge { subject, limit, unit: "times its packed size" });
        }
        Ok(())
    }
}

impl<R: Read> Read for Inflate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.gzip.read(buffer)?;
        self.out += read as u64;
        match self.check() {
            Ok(()) => Ok(read),
            Err(violation) => {
                self.violation = Some(violation);
                Err(io::Error::other("over the limit"))
            }
        }
    }
}

fn too_large(options: &UnpackOptions) -> Error {
    let subject = "archive".to_owned();
    Error::TooLarge { subject, limit: options.limit_bytes, unit: "bytes" }
}

/// Whether an error is about what was read, and not about the reading.
fn is_about_contents(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    // The tar reader says `Other` for all that it does not understand.
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof | Other)
}

/// Passes on so many bytes and then fails: a stream of empty gzip members never ends otherwise.
struct Bounded<R> {
    inner: R,
    left: u64,
    exceeded: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => {
                self.exceeded = true;
                Err(io::Error::other("over the limit"))
            }
        }
    }
}
