//! A repository of a server, and making commits in it.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gix::ObjectId;
use gix::objs::Kind;
use russh::keys::ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::change::{Change, Entry};
use super::server::Addresses;
use super::store::{Edits, Node, Store};
use crate::Error;

/// A repository that a [`GitServer`](super::GitServer) serves. Clones are the same repository; what
/// is committed is served at once. Ids are in hexadecimal.
#[derive(Clone, Debug)]
pub struct Repository {
    name: Arc<str>,
    addresses: Arc<Addresses>,
    store: Arc<RwLock<Store>>,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "Git has these four")]
pub enum ObjectKind {
    /// The contents of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl Repository {
    pub(crate) fn new(name: &str, addresses: Arc<Addresses>, kind: gix::hash::Kind) -> Self {
        let store = Arc::new(RwLock::new(Store::new(kind)));
        Self { name: name.into(), addresses, store }
    }

    /// The path it is served at, without the slash before it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is over HTTP, or over HTTPS where the server has TLS.
    pub fn url(&self) -> String {
        self.addresses.http(&self.name)
    }

    /// Where it is over SSH.
    pub fn ssh_url(&self) -> String {
        self.addresses.ssh(&self.name)
    }

    /// Commits files on top of a branch, which is begun where it does not exist; what else is there
    /// stays. Returns the id of the commit.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`], as for [`apply`](Self::apply).
    pub fn commit<P: Into<String>, C: Into<Vec<u8>>>(
        &self,
        branch: &str,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<String, Error> {
        let change = Change::on(branch);
        self.apply(
            files.into_iter().fold(change, |change, (path, bytes)| change.write(path, bytes)),
        )
    }

    /// Makes a commit, and moves its branch to it. Returns its id.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where a parent or a submodule is no id, or the key cannot sign.
    pub fn apply(&self, change: Change) -> Result<String, Error> {
        let mut store = self.write();
        let branch = format!("refs/heads/{}", change.branch);
        let parents = match &change.parents {
            Some(ids) => ids.iter().map(|id| self.id(id)).collect::<Result<_, _>>()?,
            None => Vec::from_iter(store.refs.get(&branch).copied()),
        };
        let base = parents.first().and_then(|parent| store.commit(parent)).map(|(tree, _)| tree);
        let mut edits = Edits::new();
        for (path, entry) in change.entries {
            edits.insert(path.into_bytes(), self.node(&mut store, entry)?);
        }
        let tree = match store.edit(base, edits).map_err(self.failed())? {
            Some(tree) => tree,
            None => store.write(Kind::Tree, b"").map_err(self.failed())?,
        };
        store.commits += 1;
        let seconds = change.seconds.unwrap_or(FIRST_COMMIT + 60 * store.commits);
        let mut head = format!("tree {tree}\n");
        for parent in &parents {
            let _ = writeln!(head, "parent {parent}");
        }
        for role in ["author", "committer"] {
            let _ = writeln!(head, "{role} {} {seconds} +0000", change.person);
        }
        let message = format!("{}\n", change.message.trim_end_matches('\n'));
        if let Some(key) = &change.ssh_key {
            let signature = self.sign(key, &format!("{head}\n{message}"))?;
            let header =
                if store.kind == gix::hash::Kind::Sha1 { "gpgsig" } else { "gpgsig-sha256" };
            let _ = writeln!(head, "{header} {}", signature.trim_end().replace('\n', "\n "));
        }
        let bytes = format!("{head}\n{message}");
        let id = store.write(Kind::Commit, bytes.as_bytes()).map_err(self.failed())?;
        store.refs.insert(branch, id);
        Ok(id.to_string())
    }

    /// Puts a lightweight tag on an object.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where `id` is none.
    pub fn tag(&self, name: &str, id: &str) -> Result<(), Error> {
        self.set_reference(&format!("refs/tags/{name}"), id)
    }

    /// Puts an annotated tag on a commit. Returns the id of the tag object.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where `commit` is not in the repository.
    pub fn annotated_tag(&self, name: &str, commit: &str, message: &str) -> Result<String, Error> {
        self.add_tag(name, commit, message, None)
    }

    /// Like [`annotated_tag`](Self::annotated_tag), signed with a private key in OpenSSH form.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where `commit` is not in the repository, or the key cannot sign.
    pub fn signed_tag(
        &self,
        name: &str,
        commit: &str,
        message: &str,
        ssh_key: &str,
    ) -> Result<String, Error> {
        self.add_tag(name, commit, message, Some(ssh_key))
    }

    /// Points a reference, given by its whole name, at an object.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where `id` is none.
    pub fn set_reference(&self, name: &str, id: &str) -> Result<(), Error> {
        let id = self.id(id)?;
        self.write().refs.insert(name.to_owned(), id);
        Ok(())
    }

    /// Removes a reference, given by its whole name.
    pub fn remove_reference(&self, name: &str) {
        self.write().refs.remove(name);
    }

    /// What a reference, given by its whole name, points at.
    pub fn reference(&self, name: &str) -> Option<String> {
        self.read().refs.get(name).map(ToString::to_string)
    }

    /// Says which branch `HEAD` stands for; at first it is `main`.
    pub fn set_head(&self, branch: &str) {
        self.write().head = format!("refs/heads/{branch}");
    }

    /// Adds an object as it is, whatever it is worth. Returns its id.
    ///
    /// # Errors
    ///
    /// [`Error::Repository`] where it cannot be hashed or compressed.
    pub fn write_object(&self, kind: ObjectKind, bytes: &[u8]) -> Result<String, Error> {
        let id = self.write().write(kind.into(), bytes).map_err(self.failed())?;
        Ok(id.to_string())
    }

    /// The contents of an object, without its header.
    pub fn read_object(&self, id: &str) -> Option<Vec<u8>> {
        let id = ObjectId::from_hex(id.as_bytes()).ok()?;
        self.read().read(&id).map(|(_, bytes)| bytes)
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn node(&self, store: &mut Store, entry: Entry) -> Result<Option<Node>, Error> {
        let blob = |store: &mut Store, bytes: &[u8]| store.write(Kind::Blob, bytes);
        Ok(match entry {
            Entry::Removed => None,
            Entry::File { bytes, executable } => {
                let mode = if executable { 0o100_755 } else { 0o100_644 };
                Some((mode, blob(store, &bytes).map_err(self.failed())?))
            }
            Entry::Link(target) => Some((0o120_000, blob(store, &target).map_err(self.failed())?)),
            Entry::Submodule(commit) => Some((0o160_000, self.id(&commit)?)),
        })
    }

    fn add_tag(
        &self,
        name: &str,
        commit: &str,
        message: &str,
        key: Option<&str>,
    ) -> Result<String, Error> {
        let target = self.id(commit)?;
        let mut store = self.write();
        let kind = store.object(&target).map(|object| object.kind);
        let kind = kind.ok_or_else(|| self.wrong(format!("it has no object {commit}")))?;
        let mut text = format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger Ann Author <ann@example.com> {} +0000\n\n{}\n",
            FIRST_COMMIT + 60 * store.commits,
            message.trim_end_matches('\n')
        );
        if let Some(key) = key {
            text += &self.sign(key, &text)?;
        }
        let id = store.write(Kind::Tag, text.as_bytes()).map_err(self.failed())?;
        store.refs.insert(format!("refs/tags/{name}"), id);
        Ok(id.to_string())
    }

    fn sign(&self, key: &str, payload: &str) -> Result<String, Error> {
        let signed = PrivateKey::from_openssh(key)
            .and_then(|key| key.sign("git", HashAlg::Sha512, payload.as_bytes()))
            .and_then(|signature| signature.to_pem(LineEnding::LF));
        signed.map_err(|error| self.wrong(format!("the key cannot sign: {error}")))
    }

    fn id(&self, hex: &str) -> Result<ObjectId, Error> {
        ObjectId::from_hex(hex.as_bytes())
            .map_err(|_| self.wrong(format!("{hex:?} is no whole id")))
    }

    fn failed(&self) -> impl Fn(std::io::Error) -> Error {
        |error| self.wrong(error.to_string())
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Repository { repository: self.name.to_string(), reason }
    }
}

impl From<ObjectKind> for Kind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Blob => Self::Blob,
            ObjectKind::Tree => Self::Tree,
            ObjectKind::Commit => Self::Commit,
            ObjectKind::Tag => Self::Tag,
        }
    }
}

const FIRST_COMMIT: i64 = 1_700_000_000;
