//! A tree as an archive.

mod deflate;
mod header;
mod memo;

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::thread;

use self::deflate::Gzip;
use self::header::Headers;
pub use self::memo::PackMemo;
use crate::hasher::Hashing;
use crate::{Algorithm, Digest, Error, IgnoreRules, Kind, Tree, Walked};

/// How an archive is made.
///
/// ```
/// use gotk_artifact::{Algorithm, PackOptions};
///
/// let options = PackOptions::default().algorithm(Algorithm::Blake3).threads(1);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct PackOptions {
    ignore: IgnoreRules,
    algorithm: Algorithm,
    threads: usize,
}

impl Default for PackOptions {
    /// Everything goes in, the digest is a SHA-256, and as many threads compress as the process may
    /// use, but no more than four.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self { ignore: IgnoreRules::none(), algorithm: Algorithm::default(), threads: cores.min(4) }
    }
}

impl PackOptions {
    /// Keeps out what these rules exclude, as Flux does: a folder that is excluded has no entry,
    /// even where something in it is brought back and has one.
    pub fn ignore(mut self, rules: IgnoreRules) -> Self {
        self.ignore = rules;
        self
    }

    /// The algorithm of the archive's digest.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// How many threads compress; 1 means the caller's. The archive is the same for any number.
    ///
    /// Each thread needs about a megabyte.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packed {
    /// The digest of the archive's bytes, as it goes into a status.
    pub digest: Digest,
    /// The length of the archive in bytes.
    pub size: u64,
}

/// Writes what is below where `tree` stands as a `tar.gz`, in one pass, and returns its digest.
///
/// The archive is Flux's, header by header: entries in the order of [`Tree::walk`], the first one
/// `.`, no links, owners and times zero, mode 0750 for folders, 0700 for files that somebody may
/// execute and 0600 for others. Equal trees give equal bytes, wherever they lie, in whatever order
/// they are listed, and with any number of threads.
///
/// Memory does not grow with the tree: files are read, compressed and written in blocks.
///
/// ```
/// use gotk_artifact::{PackOptions, TreeBuilder, UnpackOptions, pack, unpack};
///
/// let tree = TreeBuilder::new().file("web.yaml", "kind: Deployment\n")?.build();
/// let mut archive = Vec::new();
/// let packed = pack(&tree, &mut archive, &PackOptions::default())?;
/// assert_eq!(packed.size, archive.len() as u64);
///
/// let again = unpack(&archive[..], &packed.digest, &UnpackOptions::default())?;
/// assert_eq!(again.digest()?, tree.digest()?);
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// # Errors
///
/// What was written before an error is no archive, and says so to whoever reads it: the end is
/// missing. [`Error::Changed`] means that a file was shorter or longer than it had said.
pub fn pack(tree: &Tree, out: impl Write, options: &PackOptions) -> Result<Packed, Error> {
    let out = Hashing::new(out, options.algorithm)?;
    let out = deflate::with_gzip(out, options.threads, |gzip| write_tar(tree, gzip, options))?;
    let (mut out, digest, size) = out.finish();
    out.flush().map_err(stream)?;
    Ok(Packed { digest, size })
}

fn write_tar(tree: &Tree, gzip: &mut Gzip<'_>, options: &PackOptions) -> Result<(), Error> {
    let prune = !options.ignore.can_bring_back();
    let mut headers = Headers::default();
    let mut walk = tree.walk();
    while let Some(walked) = walk.next() {
        let walked = walked?;
        // The rules say nothing of the root: it is never excluded.
        if !walked.path.is_root() && options.ignore.excludes(&walked.path, walked.kind) {
            if prune {
                walk.skip_folder();
            }
            continue;
        }
        match walked.kind {
            Kind::Directory => {
                gzip.write(headers.folder(&walked.path))?;
            }
            Kind::File => write_file(tree, &walked, gzip, &mut headers)?,
            // Flux leaves links out, and its consumers would refuse them.
            Kind::Link => {}
        }
    }
    gzip.write(&[0; 2 * header::BLOCK])
}

fn write_file(
    tree: &Tree,
    walked: &Walked,
    gzip: &mut Gzip<'_>,
    headers: &mut Headers,
) -> Result<(), Error> {
    let mut file = tree.open_walked(walked)?;
    let size = file.size();
    gzip.write(headers.file(&walked.path, size, file.executable()))?;
    let changed = |actual| Error::Changed { path: walked.path.clone(), expected: size, actual };
    let failed = |source| Error::storage("read", walked.path.to_string())(source);
    let mut left = size;
    while left > 0 {
        let room = gzip.room()?;
        let wanted = room.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match file.read(&mut room[..wanted]) {
            Ok(0) => return Err(changed(size - left)),
            Ok(read) => {
                gzip.filled(read);
                left -= read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    match file.read(&mut [0]) {
        Ok(0) => gzip.write(header::padding(size)),
        Ok(_) => Err(changed(size + 1)),
        Err(error) => Err(failed(error)),
    }
}

fn stream(source: io::Error) -> Error {
    Error::Stream { action: "write", source }
}
