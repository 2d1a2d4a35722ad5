//! Which keys a server may show: the text of a `known_hosts` file.

use russh::keys::ssh_key::certificate::{CertType, Certificate};
use russh::keys::{Algorithm, HashAlg, PublicKey};

/// Every line of a `known_hosts` file.
#[derive(Clone, Debug, Default)]
pub(crate) struct KnownHosts {
    lines: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    marker: Marker,
    hosts: Hosts,
    key: PublicKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    /// A key of the host itself.
    Key,
    /// A key that signs the certificates of hosts.
    Authority,
    /// A key that is to be trusted no more, whoever shows it.
    Revoked,
}

#[derive(Clone, Debug)]
enum Hosts {
    Patterns(Vec<Pattern>),
    /// The name is there only as a keyed hash of it.
    Hashed {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

#[derive(Clone, Debug)]
struct Pattern {
    negated: bool,
    host: String,
    port: u16,
}

impl KnownHosts {
    /// Reads a file. A line that cannot be read makes all of it useless: it may be the one that
    /// revokes a key.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "known_hosts is not text".to_owned())?;
        let mut lines = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let known = parse(line)
                .ok_or_else(|| format!("line {} of known_hosts cannot be read", number + 1))?;
            lines.push(known);
        }
        Ok(Self { lines })
    }

    /// Whether anything is known about a host.
    pub(crate) fn knows(&self, host: &str, port: u16) -> bool {
        self.of(host, port).any(|known| known.marker != Marker::Revoked)
    }

    /// The kinds of key a host is known by, most wanted first, then all others: a server picks the
    /// first it has, and must not pick one that is not known while another one is.
    pub(crate) fn preferred(&self, host: &str, port: u16, all: &[Algorithm]) -> Vec<Algorithm> {
        let known: Vec<_> = self
            .of(host, port)
            .filter(|known| known.marker == Marker::Key)
            .map(|known| plain(known.key.algorithm()))
            .collect();
        let (mut first, rest): (Vec<_>, Vec<_>) =
            all.iter().cloned().partition(|algorithm| known.contains(&plain(algorithm.clone())));
        first.extend(rest);
        first
    }

    /// Whether some authority may vouch for a host.
    pub(crate) fn has_authority(&self, host: &str, port: u16) -> bool {
        self.of(host, port).any(|known| known.marker == Marker::Authority)
    }

    /// Whether a host may show this key; else why not.
    pub(crate) fn check_key(&self, host: &str, port: u16, key: &PublicKey) -> Result<(), String> {
        let shown = || format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256));
        let same = |known: &Known| known.key.key_data() == key.key_data();
        if self.lines.iter().any(|known| known.marker == Marker::Revoked && same(known)) {
            return Err(format!("the server shows {}, which known_hosts revokes", shown()));
        }
        let mut keys = self.of(host, port).filter(|known| known.marker == Marker::Key).peekable();
        if keys.peek().is_none() {
            let name = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
            return Err(format!("known_hosts has no key for {name}; the server shows {}", shown()));
        }
        if keys.any(same) {
            return Ok(());
        }
        Err(format!(
            "the server shows {}, which known_hosts does not have for it: somebody may be listening, or its key was changed",
            shown()
        ))
    }

    /// Whether a host may show this certificate now; else why not.
    pub(crate) fn check_certificate(
        &self,
        host: &str,
        port: u16,
        certificate: &Certificate,
    ) -> Result<(), String> {
        let revoked = self.lines.iter().filter(|known| known.marker == Marker::Revoked);
        for known in revoked {
            if known.key.key_data() == certificate.signature_key()
                || known.key.key_data() == certificate.public_key()
            {
                return Err(
                    "the server shows a certificate of a key that known_hosts revokes".to_owned()
                );
            }
        }
        let authorities: Vec<_> = self
            .of(host, port)
            .filter(|known| known.marker == Marker::Authority)
            .map(|known| known.key.fingerprint(HashAlg::Sha256))
            .collect();
        if certificate.cert_type() != CertType::Host {
            return Err("the server shows a certificate that is not for hosts".to_owned());
        }
        let principals = certificate.valid_principals();
        if !principals.is_empty() && !principals.iter().any(|principal| principal == host) {
            return Err(format!(
                "the server shows a certificate that is for {}",
                principals.join(", ")
            ));
        }
        let valid = certificate.validate(authorities.iter());
        valid.map_err(|error| {
            format!("the server shows a certificate that known_hosts does not vouch for: {error}")
        })
    }

    fn of<'a>(&'a self, host: &'a str, port: u16) -> impl Iterator<Item = &'a Known> {
        self.lines.iter().filter(move |known| known.hosts.hold(host, port))
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        if let Some(hashed) = text.strip_prefix("|1|") {
            let (salt, hash) = hashed.split_once('|')?;
            return Some(Self::Hashed { salt: base64(salt)?, hash: base64(hash)? });
        }
        text.split(',')
            .filter(|pattern| !pattern.is_empty())
            .map(Pattern::parse)
            .collect::<Option<_>>()
            .map(Self::Patterns)
    }

    /// A negated pattern that matches overrules all others of its line.
    fn hold(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Patterns(patterns) => {
                let mut matching =
                    patterns.iter().filter(|pattern| pattern.matches(host, port)).peekable();
                matching.peek().is_some() && matching.all(|pattern| !pattern.negated)
            }
            Self::Hashed { salt, hash } => {
                let name = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
                hmac_sha1(salt, name.as_bytes()).is_some_and(|actual| actual == *hash)
            }
        }
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                (host, if port.is_empty() { 22 } else { port.strip_prefix(':')?.parse().ok()? })
            }
            None => (text, 22),
        };
        (!host.is_empty()).then(|| Self { negated, host: host.to_ascii_lowercase(), port })
    }

    fn matches(&self, host: &str, port: u16) -> bool {
        self.port == port && wildcard(self.host.as_bytes(), host.as_bytes())
    }
}

/// `[@marker] hosts type key [comment]`.
fn parse(line: &str) -> Option<Known> {
    let mut words = line.split_ascii_whitespace();
    let mut first = words.next()?;
    let marker = match first {
        "@cert-authority" => Marker::Authority,
        "@revoked" => Marker::Revoked,
        word if word.starts_with('@') => return None,
        _ => Marker::Key,
    };
    if marker != Marker::Key {
        first = words.next()?;
    }
    let key = format!("{} {}", words.next()?, words.next()?);
    Some(Known { marker, hosts: Hosts::parse(first)?, key: PublicKey::from_openssh(&key).ok()? })
}

/// `*` stands for any text and `?` for one character. It takes one pass for each `*`, no more.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((after, tried)) => {
                    star = Some((after, tried + 1));
                    (at, from) = (after, tried + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// RSA keys are one kind, whatever they are used with.
fn plain(algorithm: Algorithm) -> Algorithm {
    match algorithm {
        Algorithm::Rsa { .. } => Algorithm::Rsa { hash: None },
        other => other,
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use russh::keys::ssh_encoding::base64::{Base64, Encoding as _};
    Base64::decode_vec(text).ok()
}

fn hmac_sha1(key: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let sha1 = |parts: &[&[u8]]| {
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.try_finalize().ok().map(|hash| hash.as_slice().to_vec())
    };
    let key = if key.len() > 64 { sha1(&[key])? } else { key.to_vec() };
    let pad = |with: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect()
    };
    let inner = sha1(&[&pad(0x36), message])?;
    sha1(&[&pad(0x5c), &inner])
}

#[cfg(test)]
mod tests;
