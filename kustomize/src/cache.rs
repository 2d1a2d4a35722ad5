//! Documents that were parsed once, for every build that meets the same bytes again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gotk_artifact::Digest;

use crate::node::Node;

/// Parsed files, shared between builds by the digest of their bytes.
///
/// Three hundred overlays over one base parse it once. A clone is the same cache.
///
/// ```
/// use gotk_artifact::TreeBuilder;
/// use gotk_kustomize::{Cache, Options, build_with};
///
/// let tree = TreeBuilder::new()
///     .file("base/kustomization.yaml", "resources: [web.yaml]\n")?
///     .file("base/web.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}}\n")?
///     .file("one/kustomization.yaml", "{resources: [../base], namePrefix: one-}\n")?
///     .file("two/kustomization.yaml", "{resources: [../base], namePrefix: two-}\n")?
///     .build();
///
/// let cache = Cache::default();
/// let options = Options::default().cache(&cache);
/// build_with(&tree.at("one")?, &options)?;
/// build_with(&tree.at("two")?, &options)?;
/// assert_eq!((cache.parsed(), cache.shared()), (1, 1)); // `web.yaml`
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Cache(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    files: HashMap<Digest, Arc<[Node]>>,
    /// The bytes of the files.
    bytes: usize,
    max_bytes: usize,
    parsed: u64,
    shared: u64,
}

impl Default for Cache {
    /// A cache of the documents of up to 64 MiB of files.
    fn default() -> Self {
        Self::with_limit(64 << 20)
    }
}

impl Cache {
    /// A cache that is emptied before it holds the documents of more bytes than this.
    pub fn with_limit(max_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Kept { max_bytes, ..Kept::default() })))
    }

    /// How many files were parsed.
    pub fn parsed(&self) -> u64 {
        self.kept(|kept| kept.parsed)
    }

    /// How many files did not have to be parsed.
    pub fn shared(&self) -> u64 {
        self.kept(|kept| kept.shared)
    }

    /// The documents of a file; two builds that meet it at the same time may both parse it.
    pub(crate) fn documents<E>(
        &self,
        bytes: &[u8],
        parse: impl FnOnce() -> Result<Vec<Node>, E>,
    ) -> Result<Arc<[Node]>, E> {
        let digest = Digest::sha256(bytes);
        let found = self.kept(|kept| {
            let found = kept.files.get(&digest).cloned();
            kept.shared += u64::from(found.is_some());
            found
        });
        if let Some(found) = found {
            return Ok(found);
        }
        let documents: Arc<[Node]> = parse()?.into();
        self.kept(|kept| {
            kept.parsed += 1;
            if bytes.len() > kept.max_bytes {
                return;
            }
            if kept.bytes + bytes.len() > kept.max_bytes {
                kept.files.clear();
                kept.bytes = 0;
            }
            if kept.files.insert(digest, Arc::clone(&documents)).is_none() {
                kept.bytes += bytes.len();
            }
        });
        Ok(documents)
    }

    fn kept<T>(&self, of: impl FnOnce(&mut Kept) -> T) -> T {
        // What is kept is whole between two statements, so a panic elsewhere spoils nothing.
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kept(|kept| {
            f.debug_struct("Cache")
                .field("files", &kept.files.len())
                .field("bytes", &kept.bytes)
                .finish_non_exhaustive()
        })
    }
}
