//! Who vouches for a commit.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::SystemTime;

use gix::objs::{CommitRefIter, Kind, TagRef};

use crate::commit::Commit;
use crate::error::Error;
use crate::id::ObjectId;
use crate::pack::words;
use crate::reference::PEELED;

#[cfg(feature = "pgp")]
mod pgp;
mod ssh;

/// What has to be signed, as `spec.verify.mode` of a `GitRepository` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a kind of signature nobody knows of verifies nothing")]
pub enum VerifyMode {
    /// The commit.
    #[default]
    Head,
    /// The tag it was found through.
    Tag,
    /// Both.
    TagAndHead,
}

/// Public keys of people whose word counts.
///
/// An SSH key is a line of an `authorized_keys` file, an OpenPGP key is armored, and several may
/// stand in one text. OpenPGP needs the feature `pgp`.
#[derive(Clone, Default)]
pub struct TrustedKeys {
    ssh: Vec<ssh::Key>,
    #[cfg(feature = "pgp")]
    pgp: Vec<pgp::Key>,
    now: Option<SystemTime>,
}

/// Who signed what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// What was signed.
    pub what: Signed,
    /// The key: `SHA256:…`, the fingerprint of an SSH key, or the id of an OpenPGP key in upper-case
    /// hexadecimal, that of the primary key where a subkey signed.
    pub key: String,
    /// The name that key was given by, such as `ann.asc`.
    pub name: String,
}

/// Something that can be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signed {
    /// A commit.
    Commit(ObjectId),
    /// A tag, by its name.
    Tag(String),
}

/// A [`Commit`] somebody who is trusted has signed, see [`Commit::verify`]. There is no other way to
/// get one: what may only work on signed commits takes this.
#[derive(Clone, Debug)]
pub struct VerifiedCommit {
    commit: Commit,
    signers: Vec<Signer>,
}

impl Commit {
    /// Holds the signatures that `mode` asks for to `keys`.
    ///
    /// A tag has to be signed by the name it was found by, and has to lead to this very commit: a
    /// signed tag that somebody moved to another name, or to another commit, is an error. The
    /// contents of submodules are vouched for by their ids in the commit.
    ///
    /// # Errors
    ///
    /// [`Error::Verification`] says what is not signed, by whom else it is, or what was changed.
    pub fn verify(&self, keys: &TrustedKeys, mode: VerifyMode) -> Result<VerifiedCommit, Error> {
        let mut signers = Vec::new();
        if mode != VerifyMode::Head {
            signers.push(self.verify_tag(keys)?);
        }
        if mode != VerifyMode::Tag {
            signers.push(self.verify_commit(keys)?);
        }
        Ok(VerifiedCommit { commit: self.clone(), signers })
    }

    fn verify_commit(&self, keys: &TrustedKeys) -> Result<Signer, Error> {
        let what = Signed::Commit(self.id());
        let objects = self.snapshot.objects();
        let bytes = objects.read(self.id(), Kind::Commit)?;
        let found = CommitRefIter::signature(&bytes, objects.kind())
            .map_err(|error| objects.corrupt(self.id(), &words(&error)))?;
        match found {
            Some((signature, signed)) => self.vouched(keys, what, &signature, &signed.to_bstring()),
            None => Err(self.unverified(&what, NOT_SIGNED)),
        }
    }

    fn verify_tag(&self, keys: &TrustedKeys) -> Result<Signer, Error> {
        let name = self.target().name.as_deref().and_then(|name| name.strip_prefix("refs/tags/"));
        let Some(name) = name else {
            return Err(self.unverified(
                &Signed::Commit(self.id()),
                "was not asked for by a tag: ask for a tag, or verify the commit",
            ));
        };
        let name = name.strip_suffix(PEELED).unwrap_or(name);
        let what = Signed::Tag(name.to_owned());
        let Some(id) = self.target().tag else {
            return Err(self.unverified(&what, "is not signed: it is a mere name for a commit"));
        };
        let objects = self.snapshot.objects();
        let bytes = objects.read(id, Kind::Tag)?;
        let Some((payload, signature)) = split(&bytes) else {
            return Err(self.unverified(&what, NOT_SIGNED));
        };
        let signer = self.vouched(keys, what.clone(), signature, payload)?;
        let tag = TagRef::from_bytes(&bytes, objects.kind())
            .map_err(|error| objects.corrupt(id, &words(&error)))?;
        if tag.name != name {
            let reason = format!("is signed as tag {:?}: somebody may have moved it", tag.name);
            return Err(self.unverified(&what, &reason));
        }
        self.leads_here(ObjectId(tag.target()), &what)?;
        Ok(signer)
    }

    /// A tag may point at a tag.
    fn leads_here(&self, mut at: ObjectId, what: &Signed) -> Result<(), Error> {
        let objects = self.snapshot.objects();
        for _ in 0..MOST_TAGS {
            if at == self.id() {
                return Ok(());
            }
            let Ok(bytes) = objects.read(at, Kind::Tag) else { break };
            let tag = TagRef::from_bytes(&bytes, objects.kind())
                .map_err(|error| objects.corrupt(at, &words(&error)))?;
            at = ObjectId(tag.target());
        }
        Err(self.unverified(what, &format!("does not lead to commit {}", self.id())))
    }

    fn vouched(
        &self,
        keys: &TrustedKeys,
        what: Signed,
        signature: &[u8],
        payload: &[u8],
    ) -> Result<Signer, Error> {
        match keys.verify(signature, payload) {
            Ok((key, name)) => Ok(Signer { what, key, name }),
            Err(reason) => Err(self.unverified(&what, &reason)),
        }
    }

    fn unverified(&self, what: &Signed, reason: &str) -> Error {
        Error::Verification {
            url: self.url().clone(),
            what: what.to_string(),
            reason: reason.to_owned(),
        }
    }
}

impl TrustedKeys {
    /// Nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the data of the Secret that `spec.verify.secretRef` of a `GitRepository` names: SSH keys
    /// in what ends with `.sshpub`, OpenPGP keys in everything else.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] names the entry that cannot be read.
    pub fn from_secret(data: &BTreeMap<String, Vec<u8>>) -> Result<Self, Error> {
        data.iter().try_fold(Self::new(), |keys, (name, text)| match name.ends_with(".sshpub") {
            true => keys.with_ssh(name, text),
            false => keys.with_pgp(name, text),
        })
    }

    /// Trusts SSH keys too, one a line, as in an `authorized_keys` file.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] where a line is no key, or there is none.
    pub fn with_ssh(mut self, name: &str, text: impl AsRef<[u8]>) -> Result<Self, Error> {
        self.ssh.extend(ssh::Key::read(name, text.as_ref()).map_err(invalid(name))?);
        Ok(self)
    }

    /// Trusts OpenPGP keys too, in armor.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] where it cannot be read, and always without the feature `pgp`.
    pub fn with_pgp(self, name: &str, text: impl AsRef<[u8]>) -> Result<Self, Error> {
        #[cfg(feature = "pgp")]
        {
            let mut this = self;
            this.pgp.extend(pgp::Key::read(name, text.as_ref()).map_err(invalid(name))?);
            Ok(this)
        }
        #[cfg(not(feature = "pgp"))]
        {
            let _ = text;
            Err(invalid(name)(NO_PGP.to_owned()))
        }
    }

    /// Judges whether keys and signatures have expired at another time than now.
    #[must_use]
    pub fn at(mut self, time: SystemTime) -> Self {
        self.now = Some(time);
        self
    }

    /// The key that made `signature`, and its name; or why it does not count.
    fn verify(&self, signature: &[u8], payload: &[u8]) -> Result<(String, String), String> {
        if signature.starts_with(SSH) {
            return ssh::verify(&self.ssh, signature, payload);
        }
        if signature.starts_with(X509) {
            return Err("is signed with X.509, which is not supported: use SSH or OpenPGP".into());
        }
        #[cfg(feature = "pgp")]
        {
            let now = self.now.unwrap_or_else(SystemTime::now);
            pgp::verify(&self.pgp, signature, payload, now)
        }
        #[cfg(not(feature = "pgp"))]
        {
            let _ = self.now;
            Err(format!("is signed with OpenPGP, but {NO_PGP}"))
        }
    }
}

impl VerifiedCommit {
    /// Who signed it: the tag first, where its signature was asked for.
    pub fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The commit, for those who do not ask for signatures.
    pub fn into_commit(self) -> Commit {
        self.commit
    }
}

impl Deref for VerifiedCommit {
    type Target = Commit;

    fn deref(&self) -> &Commit {
        &self.commit
    }
}

impl FromStr for VerifyMode {
    type Err = String;

    /// `HEAD` (`head` before v1), `Tag` or `TagAndHEAD`; nothing is `HEAD`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "" | "HEAD" | "head" => Ok(Self::Head),
            "Tag" => Ok(Self::Tag),
            "TagAndHEAD" => Ok(Self::TagAndHead),
            _ => Err(format!("verification mode {text:?} is none of HEAD, Tag and TagAndHEAD")),
        }
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit(id) => write!(f, "commit {id}"),
            Self::Tag(name) => write!(f, "tag {name:?}"),
        }
    }
}

impl fmt::Debug for TrustedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedKeys").field("ssh", &self.ssh.len()).finish_non_exhaustive()
    }
}

/// What a tag says, and the signature at its end. Like Git, the last line that begins one counts.
fn split(tag: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    let mut found = None;
    for line in tag.split_inclusive(|byte| *byte == b'\n') {
        if [SSH, PGP, X509, b"-----BEGIN PGP MESSAGE-----"]
            .iter()
            .any(|start| line.starts_with(start))
        {
            found = Some(at);
        }
        at += line.len();
    }
    found.map(|at| tag.split_at(at))
}

fn invalid(name: &str) -> impl Fn(String) -> Error {
    move |reason| Error::InvalidKey { name: name.to_owned(), reason }
}

/// What is said where no key fits.
fn untrusted(signer: &str, trusted: usize) -> String {
    format!(
        "is signed by the key {signer}, which is none of the {trusted} trusted keys of its kind"
    )
}

const NOT_SIGNED: &str = "is not signed";
const CHANGED: &str = "is not what was signed: it was changed, or its signature was";
const SSH: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const PGP: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
const X509: &[u8] = b"-----BEGIN SIGNED MESSAGE-----";
const MOST_TAGS: usize = 16;
#[cfg(not(feature = "pgp"))]
const NO_PGP: &str = "this program was built without OpenPGP: enable the feature `pgp` of gotk-git";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_signature_of_a_tag_counts() {
        let tag = b"object x\n\nmessage\n-----BEGIN SSH SIGNATURE-----\nquoted\n-----BEGIN PGP SIGNATURE-----\nreal\n";
        let (payload, signature) = split(tag).unwrap();
        assert!(payload.ends_with(b"quoted\n") && signature.starts_with(PGP));
        assert!(split(b"object x\n\n -----BEGIN SSH SIGNATURE-----\n").is_none());
    }

    #[test]
    fn modes_are_read_as_flux_writes_them() {
        assert_eq!("head".parse(), Ok(VerifyMode::Head));
        assert_eq!("TagAndHEAD".parse(), Ok(VerifyMode::TagAndHead));
        assert!("tag".parse::<VerifyMode>().unwrap_err().contains("none of HEAD"));
    }
}
