//! Git over SSH, spoken in this process.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use russh::client::{self, Handle};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{ChannelMsg, ChannelReadHalf};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;
use tokio_util::io::StreamReader;

use crate::credentials::{Auth, Credentials};
use crate::error::Error;
use crate::known_hosts::KnownHosts;
use crate::options::RemoteOptions;
use crate::protocol::line::{FLUSH, Lines, Refusal};
use crate::proxy::Way;
use crate::url::{PublicUrl, RepositoryUrl};

/// How to reach one repository over SSH.
pub(crate) struct Ssh {
    url: PublicUrl,
    host: String,
    port: u16,
    user: String,
    key: Arc<PrivateKey>,
    known: Arc<KnownHosts>,
    command: Vec<u8>,
    silence: Duration,
    way: Way,
}

impl Ssh {
    pub(crate) fn new(
        url: &RepositoryUrl,
        credentials: &Credentials,
        options: &RemoteOptions,
    ) -> Result<Self, Error> {
        let invalid = |reason: String| Error::InvalidOptions { url: url.public().clone(), reason };
        let Auth::SshKey { user, key, passphrase } = &credentials.auth else {
            return Err(invalid("ssh needs a private key and known_hosts".to_owned()));
        };
        let way =
            Way::through(options.proxy.as_ref()).map_err(|reason| invalid(reason.to_owned()))?;
        let text = key.text().ok_or_else(|| invalid("the private key is not text".to_owned()))?;
        let passphrase = passphrase.as_ref().map(|secret| secret.text().unwrap_or_default());
        let key = russh::keys::decode_secret_key(text, passphrase).map_err(|error| {
            invalid(format!(
                "the private key cannot be read, or its passphrase is wrong or missing: {error}"
            ))
        })?;
        let known = KnownHosts::parse(credentials.known_hosts.as_deref().unwrap_or_default())
            .map_err(invalid)?;
        let host = url.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port().unwrap_or(22);
        if !known.knows(&host, port) {
            return Err(invalid(format!(
                "known_hosts has no key for {host}, port {port}: add the server's host key"
            )));
        }
        Ok(Self {
            url: url.public().clone(),
            user: user.clone().unwrap_or_else(|| "git".to_owned()),
            host,
            port,
            key: Arc::new(key),
            known: Arc::new(known),
            command: command(&url.decoded_path()),
            silence: options.limits.silence,
            way,
        })
    }

    /// Connects, and starts the program that serves the repository.
    pub(crate) async fn connect(&self) -> Result<(Channel, Lines), Error> {
        let stream = self.way.connect(&self.host, self.port).await;
        let stream = stream.map_err(|source| {
            let (url, action) = (self.url.clone(), "connect");
            Error::Network { url, action, source }
        })?;
        let doubt = Arc::<Mutex<Option<String>>>::default();
        let check = Check {
            host: self.host.clone(),
            port: self.port,
            known: Arc::clone(&self.known),
            doubt: Arc::clone(&doubt),
        };
        let handle = client::connect_stream(Arc::new(self.config()), stream, check).await;
        let mut handle = handle.map_err(|error| {
            match doubt.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(reason) => Error::HostKey { url: self.url.clone(), reason },
                None => self.network("agree on how to speak SSH", error),
            }
        })?;
        self.authenticate(&mut handle).await?;
        self.start(handle).await
    }

    async fn authenticate(&self, handle: &mut Handle<Check>) -> Result<(), Error> {
        let broken = |error| self.network("authenticate", error);
        let hash = match self.key.algorithm().is_rsa() {
            true => handle
                .best_supported_rsa_hash()
                .await
                .map_err(broken)?
                .unwrap_or(Some(HashAlg::Sha512)),
            false => None,
        };
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&self.key), hash);
        let answer = handle.authenticate_publickey(self.user.clone(), key).await.map_err(broken)?;
        if answer.success() {
            return Ok(());
        }
        let fingerprint = self.key.public_key().fingerprint(HashAlg::Sha256);
        let reason =
            format!("the server does not accept the key {fingerprint} for user {:?}", self.user);
        Err(Error::Authentication { url: self.url.clone(), reason })
    }

    async fn start(&self, handle: Handle<Check>) -> Result<(Channel, Lines), Error> {
        let broken = |error| self.network("start git-upload-pack", error);
        let channel = handle.channel_open_session().await.map_err(broken)?;
        // Without it the server speaks an older protocol, which is slower and not wrong.
        channel.set_env(false, "GIT_PROTOCOL", "version=2").await.map_err(broken)?;
        channel.exec(false, self.command.clone()).await.map_err(broken)?;
        let (read, write) = channel.split();
        let words = Arc::<Mutex<Vec<u8>>>::default();
        let (data, arriving) = mpsc::channel(IN_FLIGHT);
        let reading = tokio::spawn(carry(read, data, Arc::clone(&words)));
        let arriving = stream::unfold(arriving, async |mut arriving| {
            let bytes: Bytes = arriving.recv().await?;
            Some((io::Result::Ok(bytes), arriving))
        });
        let lines = Lines::new(Box::new(StreamReader::new(Box::pin(arriving))));
        let write = Box::new(write.make_writer());
        Ok((Channel { url: self.url.clone(), write, words, reading, _handle: handle }, lines))
    }

    fn config(&self) -> client::Config {
        let defaults = russh::Preferred::DEFAULT;
        let keys = self.known.preferred(&self.host, self.port, &defaults.key);
        let certificates = if self.known.has_authority(&self.host, self.port) {
            defaults.key.to_vec()
        } else {
            vec![]
        };
        client::Config {
            preferred: russh::Preferred {
                key: keys.into(),
                host_key_certificates: certificates.into(),
                ..defaults
            },
            window_size: 16 << 20,
            inactivity_timeout: Some(self.silence),
            ..client::Config::default()
        }
    }

    fn network(
        &self,
        action: &'static str,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        Error::Network { url: self.url.clone(), action, source: Box::new(error) }
    }
}

/// A program on the server, and a way to speak with it.
pub(crate) struct Channel {
    url: PublicUrl,
    write: Box<dyn AsyncWrite + Send + Unpin>,
    words: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
    /// The connection lasts as long as this.
    _handle: Handle<Check>,
}

impl Channel {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = async {
            self.write.write_all(bytes).await?;
            self.write.flush().await
        };
        let url = &self.url;
        written.await.map_err(|error| Error::Network {
            url: url.clone(),
            action: "ask the server",
            source: Box::new(error),
        })
    }

    /// What the program complained about before it ended.
    pub(crate) async fn last_words(&mut self) -> Option<String> {
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.reading).await;
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let words = Refusal::new(&words).message().replace("remote:", " ");
        Some(words.trim().to_owned()).filter(|words| !words.is_empty())
    }

    pub(crate) async fn close(&mut self) {
        // The answer is here already: whether the server hears this changes nothing.
        let _ = self.write(FLUSH).await;
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Carries what the program says to who asked it, and keeps what it complains about.
async fn carry(mut from: ChannelReadHalf, to: Sender<Bytes>, words: Arc<Mutex<Vec<u8>>>) {
    while let Some(message) = from.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                let sent = to.send(data).await;
                if sent.is_err() {
                    return;
                }
            }
            ChannelMsg::ExtendedData { data, .. } => {
                let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MOST_WORDS.saturating_sub(words.len());
                words.extend_from_slice(&data[..data.len().min(room)]);
            }
            ChannelMsg::Close => return,
            _ => {}
        }
    }
}

/// Holds the server to what is known of it.
pub(crate) struct Check {
    host: String,
    port: u16,
    known: Arc<KnownHosts>,
    doubt: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Check {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let verdict = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => {
                self.known.check_key(&self.host, self.port, key)
            }
            PublicKeyOrCertificate::Certificate(certificate) => {
                self.known.check_certificate(&self.host, self.port, certificate)
            }
        };
        let trusted = verdict.is_ok();
        *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) = verdict.err();
        Ok(trusted)
    }
}

/// The command Git servers know, its path quoted as their shells expect it.
fn command(path: &[u8]) -> Vec<u8> {
    // A path that begins with a home directory is written /~user in a URL.
    let path = if path.starts_with(b"/~") { &path[1..] } else { path };
    let mut command = b"git-upload-pack '".to_vec();
    for byte in path {
        match byte {
            b'\'' | b'!' => command.extend_from_slice(&[b'\'', b'\\', *byte, b'\'']),
            byte => command.push(*byte),
        }
    }
    command.push(b'\'');
    command
}

const IN_FLIGHT: usize = 32;
const MOST_WORDS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_path_cannot_leave_its_quotes() {
        let quoted = |path: &str| String::from_utf8(command(path.as_bytes())).unwrap();
        assert_eq!(quoted("/a/b.git"), "git-upload-pack '/a/b.git'");
        assert_eq!(quoted("/~me/b"), "git-upload-pack '~me/b'");
        assert_eq!(quoted("/a'; rm -rf /;'"), r"git-upload-pack '/a'\''; rm -rf /;'\'''");
        assert_eq!(quoted("/a!b"), r"git-upload-pack '/a'\!'b'");
    }
}
