//! An SSH server that runs `git upload-pack`, and nothing else.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::{PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handle, Handler, Msg, Session};
use russh::{Channel, ChannelId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::ChildStdin;

use crate::git::isolated;

pub(crate) struct SshServer {
    pub(crate) port: u16,
    serving: tokio::task::JoinHandle<()>,
}

impl SshServer {
    /// Shows `host_keys`, lets in `allowed` only, and hears of protocol 2 unless it is `old`.
    pub(crate) async fn start(
        root: PathBuf,
        host_keys: Vec<PrivateKey>,
        allowed: PublicKey,
        old: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Config {
            keys: host_keys,
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            ..Config::default()
        };
        let config = Arc::new(config);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let guest = Guest {
                    root: root.clone(),
                    allowed: allowed.clone(),
                    old,
                    protocol: None,
                    stdin: HashMap::new(),
                };
                let config = Arc::clone(&config);
                tokio::spawn(async move {
                    if let Ok(session) = russh::server::run_stream(config, stream, guest).await {
                        drop(session.await);
                    }
                });
            }
        });
        Self { port, serving }
    }

    pub(crate) fn url(&self, repository: &str) -> String {
        format!("ssh://git@localhost:{}/{repository}", self.port)
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Guest {
    root: PathBuf,
    allowed: PublicKey,
    old: bool,
    protocol: Option<String>,
    stdin: HashMap<ChannelId, ChildStdin>,
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: russh::server::VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        let welcome = user == "git" && key.public_key.key_data() == self.allowed.key_data();
        Ok(if welcome { Auth::Accept } else { Auth::reject() })
    }

    async fn env_request(
        &mut self,
        _: ChannelId,
        name: &str,
        value: &str,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if name == "GIT_PROTOCOL" && !self.old {
            self.protocol = Some(value.to_owned());
        }
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let command = std::str::from_utf8(command).unwrap();
        let path = command.strip_prefix("git-upload-pack '/").unwrap().strip_suffix('\'').unwrap();
        let mut git = std::process::Command::new("git");
        isolated(&mut git)
            .args(["-c", "safe.directory=*", "upload-pack", "--strict"])
            .arg(self.root.join(path));
        git.env("GIT_PROTOCOL", self.protocol.clone().unwrap_or_default());
        git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = tokio::process::Command::from(git).kill_on_drop(true).spawn().unwrap();
        self.stdin.insert(channel, child.stdin.take().unwrap());
        let handle = session.handle();
        tokio::spawn(async move { answer(&mut child, handle, channel).await });
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if let Some(stdin) = self.stdin.get_mut(&channel) {
            let _ = stdin.write_all(data).await;
        }
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }
}

async fn answer(child: &mut tokio::process::Child, handle: Handle, channel: ChannelId) {
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let mut buffer = vec![0; 1 << 15];
    while let Ok(count @ 1..) = stdout.read(&mut buffer).await {
        if handle.data(channel, buffer[..count].to_vec()).await.is_err() {
            return;
        }
    }
    let mut words = Vec::new();
    let _ = stderr.read_to_end(&mut words).await;
    let _ = handle.extended_data(channel, 1, words).await;
    let status = child.wait().await.unwrap().code().unwrap_or(1);
    let _ = handle.exit_status_request(channel, status.unsigned_abs()).await;
    let _ = handle.close(channel).await;
}
