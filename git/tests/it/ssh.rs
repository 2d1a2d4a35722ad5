//! Git over SSH: keys, hosts, and what is not trusted.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use gotk_git::{Credentials, Error, Reference, Remote, RemoteOptions, RepositoryUrl};
use russh::keys::{HashAlg, PrivateKey};

use crate::fetch::{cache, counted};
use crate::git::Lab;
use crate::ssh_server::SshServer;

/// A key made by `ssh-keygen`, as text and as a key.
struct Key {
    text: String,
    key: PrivateKey,
}

fn key(directory: &Path, kind: &str, passphrase: &str, format: &str) -> Key {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let path = directory.join(format!("key-{}", MADE.fetch_add(1, Ordering::Relaxed)));
    let (name, bits) = kind.split_once('-').unwrap_or((kind, "0"));
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", name, "-N", passphrase, "-m", format, "-f"]).arg(&path);
    if bits != "0" {
        command.args(["-b", bits]);
    }
    assert!(command.status().unwrap().success());
    let text = std::fs::read_to_string(path).unwrap();
    let key =
        russh::keys::decode_secret_key(&text, Some(passphrase).filter(|p| !p.is_empty())).unwrap();
    Key { text, key }
}

fn lab() -> Option<Lab> {
    if Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).status().is_err() {
        println!("skipped: this test needs ssh-keygen to make keys");
        return None;
    }
    let lab = Lab::new()?;
    lab.repository("a.git").commit_file("a", "1");
    Some(lab)
}

fn line(server: &SshServer, host: &Key) -> String {
    format!("[localhost]:{} {}\n", server.port, host.key.public_key().to_openssh().unwrap())
}

async fn ask(url: &str, credentials: Credentials) -> Result<String, Error> {
    let remote = remote(url, credentials)?;
    remote.resolve(&Reference::branch("main")).await.map(|target| target.revision().to_string())
}

fn remote(url: &str, credentials: Credentials) -> Result<Remote, Error> {
    Remote::new(RepositoryUrl::parse(url)?, RemoteOptions::default().credentials(credentials))
}

#[tokio::test]
async fn every_kind_of_key_opens_every_kind_of_host() {
    let Some(lab) = lab() else { return };
    let root = lab.root.path();
    for (client, passphrase, format, host) in [
        ("ed25519", "", "RFC4716", "ecdsa-256"),
        ("ed25519", "open sesame", "RFC4716", "ed25519"),
        ("ecdsa-256", "", "PKCS8", "rsa-3072"),
        ("ecdsa-384", "open sesame", "PKCS8", "ecdsa-384"),
        ("ecdsa-521", "", "RFC4716", "ecdsa-521"),
        ("rsa-2048", "", "PEM", "ed25519"),
        ("rsa-3072", "open sesame", "RFC4716", "rsa-2048"),
    ] {
        let (client, host) =
            (key(root, client, passphrase, format), key(root, host, "", "RFC4716"));
        let allowed = client.key.public_key().clone();
        let server = SshServer::start(root.into(), vec![host.key.clone()], allowed, false).await;
        let credentials = Credentials::ssh_key(client.text.clone(), line(&server, &host));
        let credentials = if passphrase.is_empty() {
            credentials
        } else {
            credentials.with_passphrase(passphrase)
        };
        let found = ask(&server.url("a.git"), credentials).await;
        assert!(found.unwrap().starts_with("main@sha1:"));
    }
}

#[tokio::test]
async fn commits_travel_over_ssh_by_either_protocol() {
    let Some(lab) = lab() else { return };
    let (client, host) = (
        key(lab.root.path(), "ed25519", "", "RFC4716"),
        key(lab.root.path(), "ecdsa-256", "", "RFC4716"),
    );
    for old in [false, true] {
        let allowed = client.key.public_key().clone();
        let server =
            SshServer::start(lab.root.path().into(), vec![host.key.clone()], allowed, old).await;
        let remote = remote(
            &server.url("a.git"),
            Credentials::ssh_key(client.text.clone(), line(&server, &host)),
        )
        .unwrap();
        for _ in 0..2 {
            let commit = cache(&lab).fetch(&remote, &Reference::branch("main")).await.unwrap();
            assert_eq!(commit.files(), 1);
        }
        let error = remote.resolve(&Reference::branch("nope")).await.unwrap_err();
        assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_commit_that_is_handed_out_only_with_its_branch_is_found_there() {
    let Some(lab) = lab() else { return };
    let client = key(lab.root.path(), "ed25519", "", "RFC4716");
    let repository = lab.repository("b.git");
    let first = repository.commit_file("a", "1");
    repository.commit_file("a", "2");
    let lost = "a0c14dc8580a23f79bc654faa79c4f62b46c2c22";
    let allowed = client.key.public_key().clone();
    // Git hands out any commit by its id to those who speak protocol 2.
    let server =
        SshServer::start(lab.root.path().into(), vec![client.key.clone()], allowed, true).await;
    let url = server.url("b.git");
    let remote =
        remote(&url, Credentials::ssh_key(client.text.clone(), line(&server, &client))).unwrap();
    let cache = cache(&lab);
    let commit = cache.fetch(&remote, &Reference::commit(&first)).await.unwrap();
    assert_eq!(commit.info().subject(), "write a");
    assert_eq!(counted(&lab), 6, "all of the history");
    for objects in [6, 9] {
        let error = cache.fetch(&remote, &Reference::commit(lost)).await.unwrap_err();
        assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("{}: commit {lost} not found", remote.url()));
        assert_eq!(counted(&lab), objects, "only what is new is fetched");
        repository.commit_file("a", "3");
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_known_one_is_never_spoken_to() {
    let Some(lab) = lab() else { return };
    let root = lab.root.path();
    let (client, host, other) = (
        key(root, "ed25519", "", "RFC4716"),
        key(root, "ecdsa-256", "", "RFC4716"),
        key(root, "rsa-2048", "", "RFC4716"),
    );
    let server = SshServer::start(
        root.into(),
        vec![host.key.clone()],
        client.key.public_key().clone(),
        false,
    )
    .await;
    let url = server.url("a.git");
    let shown = host.key.public_key().fingerprint(HashAlg::Sha256).to_string();
    let revoked = format!(
        "{}@revoked * {}\n",
        line(&server, &host),
        host.key.public_key().to_openssh().unwrap()
    );
    for (known, words) in [(line(&server, &other), "does not have for it"), (revoked, "revokes")] {
        let error = ask(&url, Credentials::ssh_key(client.text.clone(), known)).await.unwrap_err();
        assert!(matches!(error, Error::HostKey { .. }), "{error:?}");
        assert!(error.to_string().contains(words) && error.to_string().contains(&shown), "{error}");
        assert!(!error.is_transient());
    }
    let error =
        ask(&url, Credentials::ssh_key(client.text.clone(), "")).await.unwrap_err().to_string();
    assert!(error.contains("known_hosts has no key for localhost"), "{error}");
}

#[tokio::test]
async fn a_server_with_several_keys_shows_one_that_is_known() {
    let Some(lab) = lab() else { return };
    let root = lab.root.path();
    let client = key(root, "ed25519", "", "RFC4716");
    let hosts = [
        key(root, "ecdsa-256", "", "PKCS8"),
        key(root, "rsa-2048", "", "RFC4716"),
        key(root, "ed25519", "", "PKCS8"),
    ];
    let keys = hosts.iter().map(|host| host.key.clone()).collect();
    let server = SshServer::start(root.into(), keys, client.key.public_key().clone(), false).await;
    for host in &hosts {
        // Another host's key of another kind must not lead astray.
        let known = format!(
            "elsewhere {}\n{}",
            hosts[0].key.public_key().to_openssh().unwrap(),
            line(&server, host)
        );
        ask(&server.url("a.git"), Credentials::ssh_key(client.text.clone(), known)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_or_a_repository_is_said() {
    let Some(lab) = lab() else { return };
    let root = lab.root.path();
    let (client, stranger) =
        (key(root, "ed25519", "", "RFC4716"), key(root, "ecdsa-256", "s3cret", "RFC4716"));
    let server = SshServer::start(
        root.into(),
        vec![client.key.clone()],
        client.key.public_key().clone(),
        false,
    )
    .await;
    let (url, known) = (server.url("a.git"), line(&server, &client));
    let of = |key: &Key| Credentials::ssh_key(key.text.clone(), known.clone());

    let error = ask(&url, of(&stranger).with_passphrase("s3cret")).await.unwrap_err();
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    let fingerprint = stranger.key.public_key().fingerprint(HashAlg::Sha256).to_string();
    assert!(error.to_string().contains(&fingerprint), "{error}");
    for wrong in [of(&stranger), of(&stranger).with_passphrase("wrong")] {
        let error = ask(&url, wrong).await.unwrap_err();
        assert!(matches!(error, Error::InvalidOptions { .. }), "{error:?}");
        assert!(error.to_string().contains("passphrase"), "{error}");
    }
    let error = ask(&server.url("nope.git"), of(&client)).await.unwrap_err();
    assert!(matches!(error, Error::RepositoryNotFound { .. }), "{error:?}");
    let error = ask(&url, Credentials::anonymous()).await.unwrap_err().to_string();
    assert!(error.ends_with("ssh needs a private key and known_hosts"), "{error}");
}
