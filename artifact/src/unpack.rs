//! An archive as a tree.

mod entry;
mod folder;
mod index;
mod inflate;

use std::io::Read;
use std::path::Path;

use bytes::Bytes;

pub(crate) use self::index::{Backing, index};
pub(crate) use self::inflate::Inflate;
use crate::{Digest, Error, Tree};

/// What an archive may be, and what becomes of its links.
///
/// Every limit holds for the archive as a whole, is there by default, and can be moved.
///
/// ```
/// use gotk_artifact::{Links, UnpackOptions};
///
/// let options = UnpackOptions::default().limit_bytes(1 << 30).links(Links::Keep);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use]
pub struct UnpackOptions {
    pub(crate) limit_bytes: u64,
    limit_entries: u64,
    limit_ratio: u64,
    limit_depth: usize,
    links: Links,
    durable: bool,
}

impl Default for UnpackOptions {
    /// 100 MiB as in Flux's SDK, 100,000 entries, 100 folders deep, a ratio of 200, links skipped,
    /// folders durable.
    fn default() -> Self {
        Self {
            limit_bytes: 100 << 20,
            limit_entries: 100_000,
            limit_ratio: 200,
            limit_depth: 100,
            links: Links::Skip,
            durable: true,
        }
    }
}

impl UnpackOptions {
    /// The most bytes that may come out, headers included.
    pub fn limit_bytes(mut self, bytes: u64) -> Self {
        self.limit_bytes = bytes;
        self
    }

    /// The most entries.
    pub fn limit_entries(mut self, entries: u64) -> Self {
        self.limit_entries = entries;
        self
    }

    /// How many bytes may come out for one that goes in. The first 10 MiB are free: small archives
    /// of much the same text reach any ratio.
    pub fn limit_ratio(mut self, ratio: u64) -> Self {
        self.limit_ratio = ratio;
        self
    }

    /// The most names in a path.
    pub fn limit_depth(mut self, names: usize) -> Self {
        self.limit_depth = names;
        self
    }

    /// What becomes of symbolic links.
    pub fn links(mut self, links: Links) -> Self {
        self.links = links;
        self
    }

    /// Whether an unpacked folder is on the disk before it gets its name, so that it is there as a
    /// whole or not at all after a power cut, too. After a kill it is so in any case.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }
}

/// What becomes of the symbolic links of an archive. One that leaves it is refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Links {
    /// They are left out, as Flux's controllers do.
    #[default]
    Skip,
    /// They are there, and lead where they say.
    Keep,
    /// The archive is refused.
    Refuse,
}

/// Reads a `tar.gz` whose digest is known into memory.
///
/// Nothing comes back before the digest of all bytes was compared. The files of the tree are slices
/// of one buffer that all readers share.
///
/// ```
/// # use gotk_artifact::{Digest, Error, PackOptions, TreeBuilder, UnpackOptions, pack, unpack};
/// # let tree = TreeBuilder::new().file("web.yaml", "kind: Deployment\n")?.build();
/// # let mut archive = Vec::new();
/// # let advertised = pack(&tree, &mut archive, &PackOptions::default())?.digest;
/// let tree = unpack(&archive[..], &advertised, &UnpackOptions::default())?;
/// assert_eq!(tree.read("web.yaml")?, "kind: Deployment\n");
///
/// let other = Digest::sha256(b"another archive");
/// let refused = unpack(&archive[..], &other, &UnpackOptions::default());
/// assert!(matches!(refused, Err(Error::DigestMismatch { .. })));
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// # What is refused
///
/// Names that are absolute, step out with `..` or hold a backslash; links that leave the archive;
/// devices, pipes, sparse files and entries of unknown type; a second entry for the same path; more
/// than [`UnpackOptions`] allow. The headers that `git archive` puts in front are skipped, hard links
/// to earlier files are files.
pub fn unpack(
    archive: impl Read,
    expected: &Digest,
    options: &UnpackOptions,
) -> Result<Tree, Error> {
    let mut inflate = Inflate::new(archive, expected, options)?;
    let mut bytes = Vec::new();
    inflate.read_all(|piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    inflate.verify()?;
    bytes.shrink_to_fit();
    index(Backing::Memory(Bytes::from(bytes)), options)
}

/// Unpacks a `tar.gz` whose digest is known into the folder `target`, all of it or nothing.
///
/// `target` is absent or an empty folder, and its parent is there. Files are written into a hidden
/// folder beside it, which gets the name of `target` at the very end: whoever looks at `target` sees
/// what was there before or the whole archive, even if this process is killed. What a killed process
/// has left beside it is removed when the same target is unpacked again.
///
/// Files can be read by their owner only (0600, or 0700 if somebody could execute them), folders by
/// their group, too (0750).
///
/// # Errors
///
/// As those of [`unpack`], and [`Error::Storage`] where the disk refuses. `target` is then untouched.
pub fn unpack_to_folder(
    archive: impl Read,
    expected: &Digest,
    target: impl AsRef<Path>,
    options: &UnpackOptions,
) -> Result<Tree, Error> {
    folder::unpack(archive, expected, target.as_ref(), options)
}
