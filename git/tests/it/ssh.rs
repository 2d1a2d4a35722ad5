//! Git over SSH: keys, hosts, and what is not trusted.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use gotk_git::{Credentials, Error, Proxy, Reference, Remote, RemoteOptions, RepositoryUrl};
use gotk_testenv::git::{GitOptions, GitServer, Protocol};
use russh::keys::{HashAlg, PrivateKey};

use crate::served::{Place, ssh_key};
use crate::tls::proxy;

/// A key made by `ssh-keygen`, as text and as a key.
struct Key {
    text: String,
    key: PrivateKey,
}

impl Key {
    fn public(&self) -> String {
        self.key.public_key().to_openssh().unwrap()
    }

    fn fingerprint(&self) -> String {
        self.key.public_key().fingerprint(HashAlg::Sha256).to_string()
    }
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

/// A folder for keys, where they can be made.
fn keys() -> Option<tempfile::TempDir> {
    if Command::new("ssh-keygen").arg("-?").stderr(Stdio::null()).status().is_err() {
        println!("skipped: this test needs ssh-keygen to make keys");
        return None;
    }
    Some(tempfile::tempdir().unwrap())
}

/// A server with one repository and one commit.
async fn serve(options: GitOptions) -> GitServer {
    let server = options.start().await.unwrap();
    server.create_repository("a.git").commit("main", [("a", "1")]).unwrap();
    server
}

fn line(server: &GitServer, host: &Key) -> String {
    format!("[localhost]:{} {}\n", server.ssh_port(), host.public())
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
    let Some(keys) = keys() else { return };
    let root = keys.path();
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
        let options = GitOptions::default().host_key(&*host.text).authorized_key(client.public());
        let server = serve(options).await;
        let credentials = Credentials::ssh_key(client.text.clone(), line(&server, &host));
        let credentials = if passphrase.is_empty() {
            credentials
        } else {
            credentials.with_passphrase(passphrase)
        };
        let found = ask(&server.ssh_url("a.git"), credentials).await;
        assert!(found.unwrap().starts_with("main@sha1:"));
    }
}

#[tokio::test]
async fn commits_travel_over_ssh_by_every_protocol() {
    for protocol in [Protocol::Two, Protocol::One, Protocol::Zero] {
        let server = serve(GitOptions::default().protocol(protocol)).await;
        let remote = remote(&server.ssh_url("a.git"), ssh_key(&server)).unwrap();
        let place = Place::new();
        for _ in 0..2 {
            let commit = place.cache.fetch(&remote, &Reference::branch("main")).await.unwrap();
            assert_eq!(commit.files(), 1);
        }
        let error = remote.resolve(&Reference::branch("nope")).await.unwrap_err();
        assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_commit_that_is_handed_out_only_with_its_branch_is_found_there() {
    let lost = "a0c14dc8580a23f79bc654faa79c4f62b46c2c22";
    for protocol in [Protocol::Zero, Protocol::Two] {
        let options = GitOptions::default().protocol(protocol).only_tips();
        let server = options.start().await.unwrap();
        let repository = server.create_repository("b.git");
        let first = repository.commit("main", [("a", "1")]).unwrap();
        repository.commit("main", [("a", "2")]).unwrap();
        let remote = remote(&server.ssh_url("b.git"), ssh_key(&server)).unwrap();
        let place = Place::new();
        let commit = place.cache.fetch(&remote, &Reference::commit(&first)).await.unwrap();
        assert_eq!(commit.id().to_string(), first);
        assert_eq!(place.objects(), 6, "all of the history");
        for objects in [6, 9] {
            let error = place.cache.fetch(&remote, &Reference::commit(lost)).await.unwrap_err();
            assert!(matches!(error, Error::ReferenceNotFound { .. }), "{error:?}");
            assert_eq!(error.to_string(), format!("{}: commit {lost} not found", remote.url()));
            assert_eq!(place.objects(), objects, "only what is new is fetched");
            repository.commit("main", [("a", "3")]).unwrap();
        }
    }
}

#[tokio::test]
async fn a_host_that_is_not_the_known_one_is_never_spoken_to() {
    let Some(keys) = keys() else { return };
    let root = keys.path();
    let (host, other) =
        (key(root, "ecdsa-256", "", "RFC4716"), key(root, "rsa-2048", "", "RFC4716"));
    let server = serve(GitOptions::default().host_key(&*host.text)).await;
    let (url, us) = (server.ssh_url("a.git"), server.client_key());
    let revoked = format!("{}@revoked * {}\n", line(&server, &host), host.public());
    for (known, words) in [(line(&server, &other), "does not have for it"), (revoked, "revokes")] {
        let error = ask(&url, Credentials::ssh_key(us, known)).await.unwrap_err();
        assert!(matches!(error, Error::HostKey { .. }), "{error:?}");
        let shown = error.to_string();
        assert!(shown.contains(words) && shown.contains(&host.fingerprint()), "{shown}");
        assert!(!error.is_transient());
    }
    let error = ask(&url, Credentials::ssh_key(us, "")).await.unwrap_err().to_string();
    assert!(error.contains("known_hosts has no key for localhost"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_with_several_keys_shows_one_that_is_known() {
    let Some(keys) = keys() else { return };
    let root = keys.path();
    let hosts = [
        key(root, "ecdsa-256", "", "PKCS8"),
        key(root, "rsa-2048", "", "RFC4716"),
        key(root, "ed25519", "", "PKCS8"),
    ];
    let options =
        hosts.iter().fold(GitOptions::default(), |options, host| options.host_key(&*host.text));
    let server = serve(options).await;
    for host in &hosts {
        // Another host's key of another kind must not lead astray.
        let known = format!("elsewhere {}\n{}", hosts[0].public(), line(&server, host));
        let credentials = Credentials::ssh_key(server.client_key(), known);
        ask(&server.ssh_url("a.git"), credentials).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_or_a_repository_is_said() {
    let Some(keys) = keys() else { return };
    let stranger = key(keys.path(), "ecdsa-256", "s3cret", "RFC4716");
    let server = serve(GitOptions::default()).await;
    let url = server.ssh_url("a.git");
    let of = |key: &Key| Credentials::ssh_key(key.text.clone(), server.known_hosts());

    let error = ask(&url, of(&stranger).with_passphrase("s3cret")).await.unwrap_err();
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    assert!(error.to_string().contains(&stranger.fingerprint()), "{error}");
    for wrong in [of(&stranger), of(&stranger).with_passphrase("wrong")] {
        let error = ask(&url, wrong).await.unwrap_err();
        assert!(matches!(error, Error::InvalidOptions { .. }), "{error:?}");
        assert!(error.to_string().contains("passphrase"), "{error}");
    }
    let error = ask(&server.ssh_url("nope.git"), ssh_key(&server)).await.unwrap_err();
    assert!(matches!(error, Error::RepositoryNotFound { .. }), "{error:?}");
    let error = ask(&url, Credentials::anonymous()).await.unwrap_err().to_string();
    assert!(error.ends_with("ssh needs a private key and known_hosts"), "{error}");
}

#[tokio::test]
async fn ssh_goes_through_proxies_of_both_kinds() {
    let server = serve(GitOptions::default()).await;
    let url = RepositoryUrl::parse(&server.ssh_url("a.git")).unwrap();
    let through = async |proxy: Proxy| {
        let options = RemoteOptions::default().credentials(ssh_key(&server)).proxy(proxy);
        Remote::new(url.clone(), options)?.resolve(&Reference::branch("main")).await
    };
    let login = |address: String| Proxy::new(address).with_login("bob", "s3cret");
    let (port, asked) = proxy(false).await;
    through(Proxy::new(format!("http://localhost:{port}"))).await.unwrap();
    through(login(format!("http://localhost:{port}"))).await.unwrap();
    let target = format!("localhost:{}", server.ssh_port());
    let logins = [format!("{target} none"), format!("{target} Ym9iOnMzY3JldA==")];
    assert_eq!(*asked.lock().unwrap(), logins);
    let (port, asked) = proxy(true).await;
    through(Proxy::new(format!("socks5://localhost:{port}"))).await.unwrap();
    through(login(format!("socks5://localhost:{port}"))).await.unwrap();
    assert_eq!(*asked.lock().unwrap(), ["socks none", "socks bob:s3cret"]);

    let error = through(Proxy::new("https://localhost:1")).await.unwrap_err().to_string();
    assert!(
        error.ends_with("a proxy for ssh is given as http:// or socks5:// and an address"),
        "{error}"
    );
    let gone = through(login("http://localhost:1".into())).await.unwrap_err();
    assert!(
        matches!(gone, Error::Network { .. }) && !format!("{gone:?}").contains("s3cret"),
        "{gone:?}"
    );
}
