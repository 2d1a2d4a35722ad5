//! A read-only tree of files, and the handle through which everything reads it.

mod directory;
mod filter;
mod hash;
mod memory;
mod overlay;
mod resolve;
mod source;
mod walk;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub(crate) use self::directory::{is_executable, os_str};
pub(crate) use self::memory::Content;
pub use self::memory::TreeBuilder;
pub use self::source::{Entry, File, Kind, Metadata, TreeSource};
pub use self::walk::{Walk, Walked};
use crate::{Digest, Error, TreePath};

/// A read-only tree of files, and a place in it where one stands.
///
/// A clone is one reference count more, and every method takes `&self`, so a tree is shared between
/// threads as it is. What is behind it, a folder, memory, a Git repository, is a [`TreeSource`].
///
/// ```
/// use gotk_artifact::TreeBuilder;
///
/// let tree = TreeBuilder::new()
///     .file("base/web.yaml", "kind: Deployment\n")?
///     .file("apps/prod/kustomization.yaml", "resources: [../../base]\n")?
///     .build();
///
/// let prod = tree.at("./apps/prod")?;
/// assert_eq!(prod.read("kustomization.yaml")?, "resources: [../../base]\n");
/// // A base beside the path that was asked for can be read, …
/// assert_eq!(prod.read("../../base/web.yaml")?, "kind: Deployment\n");
/// // … and nothing that is not in the tree.
/// assert_eq!(
///     prod.read("../../../etc/passwd").unwrap_err().to_string(),
///     r#"path "../../../etc/passwd" leaves the tree"#
/// );
/// # Ok::<(), gotk_artifact::Error>(())
/// ```
///
/// # Paths
///
/// Every method takes a path as a spec or a file spells it: relative to where the tree stands, or
/// from the root of the tree with a slash in front (as Flux reads `spec.path`). `.`, empty names and
/// slashes at the end mean nothing, `..` is the folder above, links inside the tree are followed.
/// Whatever would leave the tree on the way is [`Error::UnsafePath`], even if it would come back.
#[derive(Clone)]
pub struct Tree {
    source: Arc<dyn TreeSource>,
    at: TreePath,
    digest: Arc<OnceLock<Digest>>,
}

impl Tree {
    /// A tree over any source.
    pub fn new(source: impl TreeSource + 'static) -> Self {
        Self::stand(Arc::new(source), TreePath::root())
    }

    /// The tree of a folder on disk.
    ///
    /// Regular files, folders and links are seen; sockets, pipes and devices are not there.
    ///
    /// # Caveats
    ///
    /// A folder has no snapshot. Whoever else writes to it while the tree is read is seen halfway,
    /// and could put a link where a folder was: give it folders of your own.
    pub fn directory(path: impl AsRef<Path>) -> Result<Self, Error> {
        directory::Directory::open(path.as_ref()).map(Self::new)
    }

    fn stand(source: Arc<dyn TreeSource>, at: TreePath) -> Self {
        Self { source, at, digest: Arc::default() }
    }

    /// The same tree, standing at `path`, which is a folder of it.
    ///
    /// This is the way to follow a path from a spec: the result can read what is beside and above
    /// it in the tree, as a Kustomize overlay must, and nothing else.
    pub fn at(&self, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        let (at, metadata) = self.find(path.as_ref())?;
        match metadata.kind {
            Kind::Directory => Ok(Self::stand(Arc::clone(&self.source), at)),
            _ => Err(Error::WrongKind { path: at, wanted: "folder" }),
        }
    }

    /// Where the tree stands, from its root.
    pub fn position(&self) -> &TreePath {
        &self.at
    }

    /// What is at `path`, links followed.
    pub fn metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata, Error> {
        self.find(path.as_ref()).map(|(_, metadata)| metadata)
    }

    /// Whether anything is at `path`; what cannot be asked is an error.
    pub fn exists(&self, path: impl AsRef<[u8]>) -> Result<bool, Error> {
        match self.find(path.as_ref()) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The path from the root of the tree that `path` leads to, links followed.
    ///
    /// Two paths that lead to the same file resolve to the same path.
    pub fn resolve(&self, path: impl AsRef<[u8]>) -> Result<TreePath, Error> {
        self.find(path.as_ref()).map(|(path, _)| path)
    }

    /// The contents of the file at `path`. From memory they are shared, not copied.
    pub fn read(&self, path: impl AsRef<[u8]>) -> Result<Bytes, Error> {
        let (path, metadata) = self.find(path.as_ref())?;
        self.open_resolved(path, metadata.kind)?.into_bytes()
    }

    /// The file at `path`, to be read piece by piece.
    pub fn open(&self, path: impl AsRef<[u8]>) -> Result<File, Error> {
        let (path, metadata) = self.find(path.as_ref())?;
        self.open_resolved(path, metadata.kind)
    }

    fn open_resolved(&self, path: TreePath, kind: Kind) -> Result<File, Error> {
        match kind {
            Kind::File => self.source.open(&path),
            _ => Err(Error::WrongKind { path, wanted: "file" }),
        }
    }

    /// What is in the folder at `path`, sorted by name, links not followed.
    pub fn list(&self, path: impl AsRef<[u8]>) -> Result<Vec<Entry>, Error> {
        let (path, metadata) = self.find(path.as_ref())?;
        match metadata.kind {
            Kind::Directory => source::sorted(self.source.list(&path)?),
            _ => Err(Error::WrongKind { path, wanted: "folder" }),
        }
    }

    /// Where the link at `path` points, as it is written there.
    pub fn link(&self, path: impl AsRef<[u8]>) -> Result<Vec<u8>, Error> {
        let (path, metadata) = self.find_unfollowed(path.as_ref())?;
        match metadata.kind {
            Kind::Link => self.source.link(&path),
            _ => Err(Error::WrongKind { path, wanted: "link" }),
        }
    }

    /// Everything below where the tree stands, folder before contents, names in order.
    ///
    /// This is the order of Go's `filepath.Walk`, in which Flux packs. Links are not followed.
    pub fn walk(&self) -> Walk {
        Walk::new(Arc::clone(&self.source), self.at.clone())
    }

    /// The digest of everything below where the tree stands.
    ///
    /// It covers names, contents, links and whether a file may be executed: what can change what
    /// the tree means. Where the tree lies, when it was written, by whom, its other mode bits and
    /// how it was packed are not in it. The algorithm is BLAKE3, and a handle and its clones compute
    /// it once.
    ///
    /// ```
    /// use gotk_artifact::TreeBuilder;
    ///
    /// let one = TreeBuilder::new().file("a/x", "1")?.file("b", "2")?.build();
    /// let other = TreeBuilder::new().file("b", "3")?.file("deep/down/x", "1")?.build();
    /// assert_eq!(one.at("a")?.digest()?, other.at("deep/down")?.digest()?);
    /// assert_ne!(one.digest()?, other.digest()?);
    /// # Ok::<(), gotk_artifact::Error>(())
    /// ```
    pub fn digest(&self) -> Result<Digest, Error> {
        if let Some(digest) = self.digest.get() {
            return Ok(*digest);
        }
        let digest = hash::digest(self)?;
        Ok(*self.digest.get_or_init(|| digest))
    }

    /// What names everything below where the tree stands, at the least cost there is.
    pub(crate) fn identity(&self) -> Result<Identity, Error> {
        if self.digest.get().is_none()
            && let Some(identity) = self.source.identity(&self.at)
        {
            return Ok(Identity::Source(identity));
        }
        self.digest().map(Identity::Digest)
    }

    /// A tree that shows `upper` at the folder `path` of this one.
    ///
    /// Folders that both have are merged; of two files, or a file and a folder, `upper`'s is shown.
    /// The folder need not be there before. Links are resolved in what comes out.
    ///
    /// ```
    /// use gotk_artifact::TreeBuilder;
    ///
    /// let app = TreeBuilder::new().file("web.yaml", "a")?.file("shared/old", "b")?.build();
    /// let library = TreeBuilder::new().file("new", "c")?.build();
    /// let both = app.overlay("shared", &library)?;
    /// let names: Vec<_> = both.walk().map(|at| at.map(|at| at.path.to_string())).collect::<Result<_, _>>()?;
    /// assert_eq!(names, ["", "shared", "shared/new", "shared/old", "web.yaml"]);
    /// # Ok::<(), gotk_artifact::Error>(())
    /// ```
    pub fn overlay(&self, path: impl AsRef<[u8]>, upper: &Self) -> Result<Self, Error> {
        let mount = self.at.join(path)?;
        let source = overlay::Overlay::new(self, upper, mount);
        Ok(Self::stand(Arc::new(source), self.at.clone()))
    }

    /// A tree that shows only what `keep` says yes to, and the folders on the way there.
    ///
    /// `keep` is asked once for everything in the tree, with the path from the tree's root.
    ///
    /// ```
    /// use gotk_artifact::TreeBuilder;
    ///
    /// let tree = TreeBuilder::new().file("a/x.yaml", "1")?.file("b/y.md", "2")?.build();
    /// let yaml = tree.filter(|path, _| path.as_bytes().ends_with(b".yaml"))?;
    /// assert!(yaml.exists("a/x.yaml")?);
    /// assert!(!yaml.exists("b")?);
    /// # Ok::<(), gotk_artifact::Error>(())
    /// ```
    pub fn filter(&self, keep: impl FnMut(&TreePath, Kind) -> bool) -> Result<Self, Error> {
        let source = filter::Filter::new(Arc::clone(&self.source), keep)?;
        Ok(Self::stand(Arc::new(source), self.at.clone()))
    }

    /// Whether anyone else holds this tree, in whatever place of it.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.source) > 1
    }

    /// Reads a file that a walk has found, by its path from where the tree stands.
    pub(crate) fn open_walked(&self, walked: &Walked) -> Result<File, Error> {
        self.source.open(&walked.full)
    }
}

/// What names the contents of a tree. The two ways of naming them are never equal.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// The tree's digest.
    Digest(Digest),
    /// What its source says.
    Source(Digest),
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("source", &self.source).field("at", &self.at).finish()
    }
}
