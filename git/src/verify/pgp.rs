//! Signatures made by `gpg --detach-sign`.

use std::io::Cursor;
use std::time::{Duration, SystemTime};

use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{Signature, SignatureType};
use pgp::types::{EcdsaPublicParams, KeyDetails, PublicParams, Tag};

use super::{CHANGED, untrusted};

/// A public key with its subkeys, and what it was given by.
#[derive(Clone)]
pub(super) struct Key {
    name: String,
    key: SignedPublicKey,
}

impl Key {
    /// Reads armored keys: several in one armor, or one armor after the other.
    pub(super) fn read(name: &str, text: &[u8]) -> Result<Vec<Self>, String> {
        let text = std::str::from_utf8(text).map_err(|_| "it is not text".to_owned())?;
        let mut keys = Vec::new();
        for armor in text.split_inclusive(END).filter(|armor| armor.contains(BEGIN)) {
            let (found, _) = SignedPublicKey::from_armor_many(Cursor::new(armor))
                .map_err(|error| format!("it is no OpenPGP key in armor: {error}"))?;
            for key in found {
                let key = key.map_err(|error| format!("it is no OpenPGP key: {error}"))?;
                keys.push(Self { name: name.to_owned(), key });
            }
        }
        if keys.is_empty() {
            return Err("it holds no public OpenPGP key in armor".to_owned());
        }
        Ok(keys)
    }

    /// Whether `signature` says that one of its keys made it, and is right.
    fn judge(&self, signature: &DetachedSignature, payload: &[u8], now: SystemTime) -> Verdict {
        let primary = &self.key.primary_key;
        if names(&signature.signature, primary) {
            if is_unknown(primary) {
                return Verdict::Unfit(UNKNOWN);
            }
            if signature.verify(primary, payload).is_err() {
                return Verdict::Changed;
            }
            return self.standing(now);
        }
        let named = |subkey: &&SignedPublicSubKey| names(&signature.signature, &subkey.key);
        let Some(subkey) = self.key.public_subkeys.iter().find(named) else {
            return Verdict::Stranger;
        };
        if is_unknown(&subkey.key) {
            return Verdict::Unfit(UNKNOWN);
        }
        if signature.verify(&subkey.key, payload).is_err() {
            return Verdict::Changed;
        }
        match self.binding(subkey) {
            None => Verdict::Unfit("was made by a subkey that may not sign"),
            Some(binding) if is_over(&subkey.key, binding, now) => Verdict::Unfit(EXPIRED),
            Some(_) => self.standing(now),
        }
    }

    /// Whether the key as a whole still counts: neither revoked nor past its time.
    fn standing(&self, now: SystemTime) -> Verdict {
        let (primary, details) = (&self.key.primary_key, &self.key.details);
        if details.revocation_signatures.iter().any(|s| s.verify_key(primary).is_ok()) {
            return Verdict::Unfit("was made by a key that is revoked");
        }
        let users = details.users.iter().flat_map(|user| {
            let own = move |s: &&Signature| {
                is_certification(s)
                    && s.verify_certification(primary, Tag::UserId, &user.id).is_ok()
            };
            user.signatures.iter().filter(own)
        });
        let direct = details.direct_signatures.iter().filter(|s| s.verify_key(primary).is_ok());
        match users.chain(direct).max_by_key(|signature| signature.created()) {
            None => Verdict::Unfit("was made by a key that does not sign itself"),
            Some(newest) if is_over(primary, newest, now) => Verdict::Unfit(EXPIRED),
            Some(_) => Verdict::Good,
        }
    }

    /// The newest signature that makes `subkey` one of this key that may sign, unless it is revoked.
    fn binding<'a>(&self, subkey: &'a SignedPublicSubKey) -> Option<&'a Signature> {
        let primary = &self.key.primary_key;
        let valid = |s: &&Signature| s.verify_subkey_binding(primary, &subkey.key).is_ok();
        let of = move |kind| subkey.signatures.iter().filter(move |s| s.typ() == Some(kind));
        if of(SignatureType::SubkeyRevocation).any(|signature| valid(&signature)) {
            return None;
        }
        let newest = of(SignatureType::SubkeyBinding).filter(valid).max_by_key(|s| s.created())?;
        let back = newest.embedded_signature()?;
        let agrees = back.verify_primary_key_binding(&subkey.key, primary).is_ok();
        (newest.key_flags().sign() && agrees).then_some(newest)
    }
}

enum Verdict {
    Good,
    Stranger,
    Changed,
    Unfit(&'static str),
}

/// The id of the primary key that signed, and its name.
pub(super) fn verify(
    keys: &[Key],
    signature: &[u8],
    payload: &[u8],
    now: SystemTime,
) -> Result<(String, String), String> {
    let (signature, _) = DetachedSignature::from_armor_single(Cursor::new(signature))
        .map_err(|error| format!("has an OpenPGP signature that cannot be read: {error}"))?;
    let made = &signature.signature;
    if !matches!(made.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err("has an OpenPGP signature that is none of a document".to_owned());
    }
    if !made.hash_alg().is_some_and(is_strong) {
        return Err(
            "is signed with a hash that can be forged: sign it with SHA-256 or better".into()
        );
    }
    if ends(made.created().map(Into::into), made.signature_expiration_time())
        .is_some_and(|end| end < now)
    {
        return Err("has a signature that has expired".to_owned());
    }
    let mut words = None;
    for known in keys {
        match known.judge(&signature, payload, now) {
            Verdict::Good => return Ok((id(&known.key.primary_key), known.name.clone())),
            Verdict::Stranger => {}
            Verdict::Changed => words = Some(CHANGED.to_owned()),
            Verdict::Unfit(reason) => words = Some(format!("has a signature that {reason}")),
        }
    }
    let signer = made.issuer_key_id().first().map(|id| hex(id.as_ref()));
    Err(words
        .unwrap_or_else(|| untrusted(&signer.unwrap_or_else(|| "of nobody".into()), keys.len())))
}

/// Whether `key` is the one `signature` says it is made by.
fn names(signature: &Signature, key: &impl KeyDetails) -> bool {
    signature.issuer_fingerprint().contains(&&key.fingerprint())
        || signature.issuer_key_id().contains(&&key.legacy_key_id())
}

/// Brainpool's curves, and what nobody knew of when this was written.
fn is_unknown(key: &impl KeyDetails) -> bool {
    matches!(
        key.public_params(),
        PublicParams::ECDSA(EcdsaPublicParams::Unsupported { .. }) | PublicParams::Unknown { .. }
    )
}

fn is_certification(signature: &Signature) -> bool {
    signature.is_certification() && signature.typ() != Some(SignatureType::CertRevocation)
}

/// Whether what `signature` says about the time of `key` is over.
fn is_over(key: &impl KeyDetails, signature: &Signature, now: SystemTime) -> bool {
    ends(Some(key.created_at().into()), signature.key_expiration_time())
        .is_some_and(|end| end < now)
}

/// No time at all, and a time of zero, are for ever.
fn ends(start: Option<SystemTime>, lasts: Option<pgp::types::Duration>) -> Option<SystemTime> {
    let lasts = Duration::from(lasts?);
    if lasts.is_zero() { None } else { start?.checked_add(lasts) }
}

fn is_strong(hash: HashAlgorithm) -> bool {
    !matches!(hash, HashAlgorithm::Md5 | HashAlgorithm::Sha1 | HashAlgorithm::Ripemd160)
}

fn id(key: &impl KeyDetails) -> String {
    hex(key.legacy_key_id().as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

const UNKNOWN: &str =
    "was made by a kind of key that is not supported: use RSA, Ed25519 or a curve of NIST";
const EXPIRED: &str = "was made by a key that has expired";
const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";
