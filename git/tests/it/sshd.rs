//! Debian's `sshd`, with the `git` program behind it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gotk_git::{Credentials, Error, Reference, Remote, RemoteOptions, RepositoryUrl};

use crate::fetch::cache;
use crate::git::Lab;

/// A server of our own, on a port of its own; it ends when it is dropped.
struct Sshd {
    child: Child,
    port: u16,
    client: String,
    known_hosts: String,
    user: String,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None`, said aloud, where there is no `sshd`.
fn program() -> Option<PathBuf> {
    let found = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"]
        .map(PathBuf::from)
        .into_iter()
        .find(|p| p.exists());
    if found.is_none() {
        println!("skipped: this test needs sshd (Debian: openssh-server)");
    }
    found
}

fn key(directory: &Path, name: &str, kind: &str) -> (String, String) {
    let path = directory.join(name);
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(&path).status();
    assert!(made.unwrap().success());
    (fs::read_to_string(&path).unwrap(), fs::read_to_string(path.with_extension("pub")).unwrap())
}

fn start(program: &Path, directory: &Path, host_kind: &str) -> Sshd {
    let (_, host) = key(directory, &format!("host-{host_kind}"), host_kind);
    let (client, public) = key(directory, &format!("client-{host_kind}"), "ed25519");
    let authorized = directory.join(format!("authorized-{host_kind}"));
    fs::write(&authorized, public).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = directory.join(format!("sshd-{host_kind}"));
    let text = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
         StrictModes no\nPermitRootLogin prohibit-password\nAcceptEnv GIT_PROTOCOL\n",
        directory.join(format!("host-{host_kind}")).display(),
        authorized.display(),
    );
    fs::write(&config, text).unwrap();
    let _ = fs::create_dir_all("/run/sshd"); // where root's sshd separates its privileges
    let log = fs::File::create(directory.join("log")).unwrap();
    let child =
        Command::new(program).args(["-D", "-e", "-f"]).arg(&config).stderr(log).spawn().unwrap();
    let user = Command::new("id").arg("-un").stdout(Stdio::piped()).output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap().trim().to_owned();
    Sshd { child, port, client, known_hosts: format!("[localhost]:{port} {host}"), user }
}

#[tokio::test]
async fn commits_travel_from_sshd_and_git() {
    let (Some(program), Some(lab)) = (program(), Lab::new()) else { return };
    let repository = lab.repository("a.git");
    let first = repository.commit_file("a", "1");
    let second = repository.commit_file("a", "2");
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let sshd = start(&program, lab.root.path(), kind);
        let path = repository.bare.display();
        let url = format!("ssh://{}@localhost:{}{path}", sshd.user, sshd.port);
        let ask = |url: &str, known: &str| {
            let credentials = Credentials::ssh_key(sshd.client.clone(), known);
            let options = RemoteOptions::default().credentials(credentials);
            Remote::new(RepositoryUrl::parse(url).unwrap(), options).unwrap()
        };
        let remote = ask(&url, &sshd.known_hosts);
        // It listens when it listens.
        let mut target = remote.resolve(&Reference::branch("main")).await;
        for _ in 0..100 {
            if !matches!(target, Err(Error::Network { .. })) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            target = remote.resolve(&Reference::branch("main")).await;
        }
        assert_eq!(target.unwrap().commit.to_string(), second, "{kind}");
        for reference in [Reference::branch("main"), Reference::commit(&first)] {
            assert_eq!(cache(&lab).fetch(&remote, &reference).await.unwrap().files(), 1);
        }
        let gone = ask(&url.replace("a.git", "b.git"), &sshd.known_hosts);
        let error = gone.resolve(&Reference::branch("main")).await.unwrap_err();
        assert!(matches!(error, Error::RepositoryNotFound { .. }), "{error:?}");
    }
}
