//! Git over SSH: `git-upload-pack` and no other program.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::key::safe_rng;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session};
use russh::{Channel, ChannelId};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::http::asked_protocol;
use super::log::{Request, Transport};
use super::options::{GitOptions, Protocol};
use super::server::Shared;
use super::upload_pack::{Conversation, Counted, question};
use crate::Error;

/// Who the host is, and who is let in.
pub(crate) struct Keys {
    hosts: Vec<PrivateKey>,
    /// The host's public keys, as text.
    pub(crate) public: Vec<String>,
    allowed: Vec<PublicKey>,
    /// A client's private key, as text.
    pub(crate) client: String,
}

impl Keys {
    pub(crate) fn make(options: &GitOptions) -> Result<Self, Error> {
        let random = || PrivateKey::random(&mut safe_rng(), Algorithm::Ed25519);
        let mut hosts = Vec::new();
        for key in &options.host_keys {
            hosts.push(russh::keys::decode_secret_key(key, None).map_err(failed("read"))?);
        }
        if hosts.is_empty() {
            hosts.push(random().map_err(failed("make"))?);
        }
        let client = random().map_err(failed("make"))?;
        let mut allowed = vec![client.public_key().clone()];
        for key in &options.authorized_keys {
            allowed.push(PublicKey::from_openssh(key).map_err(failed("read"))?);
        }
        let mut public = Vec::new();
        for host in &hosts {
            public.push(host.public_key().to_openssh().map_err(failed("write"))?);
        }
        let client = client.to_openssh(LineEnding::LF).map_err(failed("write"))?.to_string();
        Ok(Self { hosts, public, allowed, client })
    }
}

fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    action: &'static str,
) -> impl FnOnce(E) -> Error {
    move |error| Error::Key { action, source: error.into() }
}

pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let config = Arc::new(Config {
        keys: shared.keys.hosts.clone(),
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        window_size: 16 << 20,
        ..Config::default()
    });
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let guest =
            Guest { shared: Arc::clone(&shared), protocol: Protocol::Zero, open: HashMap::new() };
        let config = Arc::clone(&config);
        connections.spawn(async move {
            if let Ok(session) = russh::server::run_stream(config, stream, guest).await {
                drop(session.await);
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// One connection.
struct Guest {
    shared: Arc<Shared>,
    protocol: Protocol,
    open: HashMap<ChannelId, Channel<Msg>>,
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: russh::server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let shown = key.public_key.key_data();
        let known = self.shared.keys.allowed.iter().any(|allowed| allowed.key_data() == shown);
        Ok(if user == "git" && known { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.open.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name == "GIT_PROTOCOL" {
            self.protocol = asked_protocol(value).min(self.shared.options.protocol);
        }
        session.channel_success(channel)
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(channel) = self.open.remove(&id) else { return session.channel_failure(id) };
        session.channel_success(id)?;
        let command = String::from_utf8_lossy(command).into_owned();
        tokio::spawn(run(channel, command, Arc::clone(&self.shared), self.protocol));
        Ok(())
    }
}

/// Serves one program to its end. A client that goes away is no failure of the server.
async fn run(channel: Channel<Msg>, command: String, shared: Arc<Shared>, protocol: Protocol) {
    let (program, path) = command.split_once(' ').unwrap_or((&command, ""));
    let path = unquoted(path);
    let repository = shared.repository(&path).filter(|_| program == "git-upload-pack");
    let Some(repository) = repository else {
        let words = format!("ERROR: Repository not found: {path:?}\n");
        let _ = channel.extended_data_bytes(1, words).await;
        let _ = channel.exit_status(1).await;
        let _ = channel.close().await;
        return;
    };
    let asked = |command: Option<String>, lines: Vec<String>| Request {
        transport: Transport::Ssh,
        method: program.to_owned(),
        path: path.clone(),
        query: String::new(),
        authorization: None,
        command,
        lines,
        sent_bytes: 0,
    };
    let (mut from, write) = channel.split();
    let mut from = from.make_reader();
    let conversation = Conversation { repository: &repository, options: &shared.options };
    let mut to = Counted { to: write.make_writer(), sent: shared.log.add(asked(None, Vec::new())) };
    let _ = async {
        to.write_all(&conversation.greeting(protocol)).await?;
        if protocol != Protocol::Two {
            let heard = |lines: &[String]| {
                shared.log.add(asked(Some("fetch".to_owned()), lines.to_vec()));
            };
            return conversation.answer_zero(&mut from, &mut to, heard).await;
        }
        while let Some(next) = question(&mut from).await? {
            to.sent = shared.log.add(asked(Some(next.command.clone()), next.lines.clone()));
            conversation.answer(&next, &mut to).await?;
            to.flush().await?;
        }
        Ok(())
    }
    .await;
    let _ = to.flush().await;
    let _ = write.exit_status(0).await;
    let _ = write.eof().await;
    let _ = write.close().await;
}

/// `'/a b'` as a shell reads it.
fn unquoted(path: &str) -> String {
    let path = path.trim();
    let inner = path.strip_prefix('\'').and_then(|path| path.strip_suffix('\''));
    inner.unwrap_or(path).replace(r"'\''", "'").replace(r"'\!'", "!")
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn paths_are_read_as_a_shell_reads_them() {
        assert_eq!(unquoted("'/a/b.git'"), "/a/b.git");
        assert_eq!(unquoted(r"'/a'\''b'\!'c'"), "/a'b!c");
        assert_eq!(unquoted("/a"), "/a");
    }
}
