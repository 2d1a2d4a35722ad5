//! Signatures made by `ssh-keygen -Y sign`.

use russh::keys::ssh_key::{AuthorizedKeys, HashAlg, PublicKey, SshSig};

use super::{CHANGED, untrusted};

/// A public key, and what it was given by.
#[derive(Clone)]
pub(super) struct Key {
    name: String,
    key: PublicKey,
}

impl Key {
    /// Reads an `authorized_keys` file; its options say nothing about signatures.
    pub(super) fn read(name: &str, text: &[u8]) -> Result<Vec<Self>, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
        let keys: Result<Vec<_>, _> = AuthorizedKeys::new(text)
            .map(|entry| Ok(Self { name: name.to_owned(), key: entry?.public_key().clone() }))
            .collect();
        match keys {
            Ok(keys) if keys.is_empty() => Err("it holds no SSH key".to_owned()),
            Ok(keys) => Ok(keys),
            Err(error) => {
                let error: russh::keys::ssh_key::Error = error;
                Err(format!("a line of it is no public SSH key: {error}"))
            }
        }
    }
}

/// The fingerprint of the key that signed, and its name.
pub(super) fn verify(
    keys: &[Key],
    signature: &[u8],
    payload: &[u8],
) -> Result<(String, String), String> {
    let signature = SshSig::from_pem(signature)
        .map_err(|error| format!("has an SSH signature that cannot be read: {error}"))?;
    let fingerprint = signature.public_key().fingerprint(HashAlg::Sha256).to_string();
    if signature.namespace() != NAMESPACE {
        return Err(format!(
            "is signed by {fingerprint} for {:?}, and not for {NAMESPACE:?}",
            signature.namespace()
        ));
    }
    let known = keys.iter().find(|known| known.key.key_data() == signature.public_key());
    let Some(known) = known else { return Err(untrusted(&fingerprint, keys.len())) };
    match known.key.verify(NAMESPACE, payload, &signature) {
        Ok(()) => Ok((fingerprint, known.name.clone())),
        Err(_) => Err(CHANGED.to_owned()),
    }
}

/// What Git signs for: a signature of something else is none of a commit.
const NAMESPACE: &str = "git";
