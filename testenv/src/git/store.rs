//! Objects and references of one repository, in memory.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use gix::ObjectId;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};

/// An object as packs hold it.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) deflated: Bytes,
}

/// Objects and references.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) kind: gix::hash::Kind,
    objects: HashMap<ObjectId, Object>,
    pub(crate) refs: BTreeMap<String, ObjectId>,
    /// What `HEAD` stands for, which need not exist.
    pub(crate) head: String,
    /// How many commits were made: each is a minute younger than the one before.
    pub(crate) commits: i64,
}

/// What a tree holds at a name: a mode and an object.
pub(crate) type Node = (u16, ObjectId);

/// A change at a path; `None` removes what is there.
pub(crate) type Edits = BTreeMap<Vec<u8>, Option<Node>>;

impl Store {
    pub(crate) fn new(kind: gix::hash::Kind) -> Self {
        let (objects, refs) = (HashMap::new(), BTreeMap::new());
        Self { kind, objects, refs, head: "refs/heads/main".to_owned(), commits: 0 }
    }

    pub(crate) fn write(&mut self, kind: Kind, bytes: &[u8]) -> io::Result<ObjectId> {
        let id = gix::objs::compute_hash(self.kind, kind, bytes)
            .map_err(|error| io::Error::other(error.to_string()))?;
        if let Entry::Vacant(free) = self.objects.entry(id) {
            let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
            deflate.write_all(bytes)?;
            let deflated = deflate.finish()?.into();
            free.insert(Object { kind, size: bytes.len() as u64, deflated });
        }
        Ok(id)
    }

    pub(crate) fn object(&self, id: &ObjectId) -> Option<&Object> {
        self.objects.get(id)
    }

    pub(crate) fn read(&self, id: &ObjectId) -> Option<(Kind, Vec<u8>)> {
        let object = self.objects.get(id)?;
        let mut bytes = Vec::with_capacity(usize::try_from(object.size).ok()?);
        ZlibDecoder::new(&*object.deflated).read_to_end(&mut bytes).ok()?;
        Some((object.kind, bytes))
    }

    /// The tree and the parents of a commit.
    pub(crate) fn commit(&self, id: &ObjectId) -> Option<(ObjectId, Vec<ObjectId>)> {
        let (Kind::Commit, bytes) = self.read(id)? else { return None };
        let tree = CommitRefIter::from_bytes(&bytes, self.kind).tree_id().ok()?;
        Some((tree, CommitRefIter::from_bytes(&bytes, self.kind).parent_ids().collect()))
    }

    /// What a tag object points at.
    pub(crate) fn tagged(&self, id: &ObjectId) -> Option<ObjectId> {
        let (Kind::Tag, bytes) = self.read(id)? else { return None };
        TagRefIter::from_bytes(&bytes, self.kind).target_id().ok()
    }

    /// What a tag object points at in the end.
    pub(crate) fn peeled(&self, id: &ObjectId) -> Option<ObjectId> {
        let mut at = self.tagged(id)?;
        while let Some(next) = self.tagged(&at) {
            at = next;
        }
        Some(at)
    }

    /// What a tree holds, by name. What cannot be read is left out: some trees are broken on purpose.
    pub(crate) fn tree(&self, id: &ObjectId) -> BTreeMap<Vec<u8>, Node> {
        let Some((Kind::Tree, bytes)) = self.read(id) else { return BTreeMap::new() };
        TreeRefIter::from_bytes(&bytes, self.kind)
            .flatten()
            .map(|entry| (entry.filename.to_vec(), (entry.mode.value(), entry.oid.to_owned())))
            .collect()
    }

    /// The tree that comes of `edits` to another; `None` where nothing is left.
    pub(crate) fn edit(
        &mut self,
        tree: Option<ObjectId>,
        edits: Edits,
    ) -> io::Result<Option<ObjectId>> {
        let mut nodes = tree.map(|tree| self.tree(&tree)).unwrap_or_default();
        let mut below = BTreeMap::<Vec<u8>, Edits>::new();
        for (path, edit) in edits {
            match path.iter().position(|byte| *byte == b'/') {
                Some(slash) => {
                    let edits = below.entry(path[..slash].to_vec()).or_default();
                    edits.insert(path[slash + 1..].to_vec(), edit);
                }
                None => drop(match edit {
                    Some(node) => nodes.insert(path, node),
                    None => nodes.remove(&path),
                }),
            }
        }
        for (name, edits) in below {
            let old = nodes.get(&name).filter(|(mode, _)| *mode == TREE).map(|(_, id)| *id);
            match self.edit(old, edits)? {
                Some(id) => nodes.insert(name, (TREE, id)),
                None => nodes.remove(&name),
            };
        }
        if nodes.is_empty() {
            return Ok(None);
        }
        self.write_tree(nodes).map(Some)
    }

    /// Git sorts a folder as if its name ended with a slash.
    pub(crate) fn write_tree(&mut self, nodes: BTreeMap<Vec<u8>, Node>) -> io::Result<ObjectId> {
        let mut sorted: Vec<_> = nodes.into_iter().collect();
        sorted.sort_by_cached_key(|(name, (mode, _))| match *mode {
            TREE => [name.as_slice(), b"/"].concat(),
            _ => name.clone(),
        });
        let mut bytes = Vec::new();
        for (name, (mode, id)) in sorted {
            bytes.extend_from_slice(format!("{mode:o} ").as_bytes());
            bytes.extend_from_slice(&name);
            bytes.push(0);
            bytes.extend_from_slice(id.as_slice());
        }
        self.write(Kind::Tree, &bytes)
    }
}

pub(crate) const TREE: u16 = 0o040_000;
