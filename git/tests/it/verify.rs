//! Who signed: what git, gpg and ssh-keygen made, and what somebody changed since.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use gotk_git::{Commit, Error, Reference, Signed, TrustedKeys, VerifyMode};
use gotk_testenv::git::{Change, GitServer, ObjectKind, Repository};

use crate::served::Place;

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/signed").join(name);
    fs::read(path).unwrap()
}

/// Serves a commit and a tag as they were made, the tag under `tag`.
fn serve(repository: &Repository, name: &str, tag: &str) {
    repository.write_object(ObjectKind::Tree, b"").unwrap();
    let commit = repository.write_object(ObjectKind::Commit, &fixture(&format!("{name}.commit")));
    repository.set_reference("refs/heads/main", &commit.unwrap()).unwrap();
    let object =
        repository.write_object(ObjectKind::Tag, &fixture(&format!("{name}.tag"))).unwrap();
    repository.set_reference(&format!("refs/tags/{tag}"), &object).unwrap();
}

async fn fetched(server: &GitServer, reference: Reference) -> Commit {
    Place::new().fetch(&server.url("a.git"), reference).await.unwrap()
}

fn ssh(name: &str) -> TrustedKeys {
    TrustedKeys::new().with_ssh(name, fixture(&format!("{name}.sshpub"))).unwrap()
}

fn refusal(result: Result<gotk_git::VerifiedCommit, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Verification { .. }), "{error:?}");
    assert!(!error.is_transient());
    error.to_string()
}

const SSH: [&str; 5] =
    ["ssh-ed25519", "ssh-ecdsa-256", "ssh-ecdsa-384", "ssh-ecdsa-521", "ssh-rsa"];

#[tokio::test]
async fn ssh_signatures_of_every_kind_of_key_are_verified() {
    for name in SSH {
        let server = GitServer::start().await.unwrap();
        serve(&server.create_repository("a.git"), name, name);
        let commit = fetched(&server, Reference::tag(name)).await;
        let mut data = BTreeMap::new();
        for name in SSH {
            data.insert(format!("{name}.sshpub"), fixture(&format!("{name}.sshpub")));
        }
        let keys = TrustedKeys::from_secret(&data).unwrap();
        let verified = commit.verify(&keys, VerifyMode::TagAndHead).unwrap();
        let [tag, head] = verified.signers() else { panic!("two signatures") };
        assert_eq!(
            (&tag.what, &head.what),
            (&Signed::Tag(name.into()), &Signed::Commit(commit.id()))
        );
        assert_eq!((&*tag.name, &tag.key), (&*format!("{name}.sshpub"), &head.key));
        assert!(head.key.starts_with("SHA256:"), "{}", head.key);
        assert_eq!(verified.revision(), commit.revision());

        let other = SSH.into_iter().find(|other| *other != name).unwrap();
        let words = refusal(commit.verify(&ssh(other), VerifyMode::Head));
        assert!(
            words.contains(&head.key) && words.contains("none of the 1 trusted keys"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_signed_tag_that_was_moved_is_refused() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    let key = server.client_key();
    let public = {
        let key = russh::keys::decode_secret_key(key, None).unwrap();
        key.public_key().to_openssh().unwrap()
    };
    let keys = TrustedKeys::new().with_ssh("us", public).unwrap();
    let good = repository.apply(Change::on("main").write("a", "1").sign_with_ssh(key)).unwrap();
    let bad = repository.commit("main", [("a", "evil")]).unwrap();
    let tag = repository.signed_tag("v1.0.0", &good, "one", key).unwrap();
    repository.annotated_tag("v1.1.0", &good, "not signed").unwrap();
    repository.tag("v1.2.0", &good).unwrap();
    repository.set_reference("refs/tags/v2.0.0", &tag).unwrap();
    // Whoever can write to the repository cannot make a signed tag lead elsewhere: its id changes
    // with what it says, and then so does what was signed.
    let text = String::from_utf8(repository.read_object(&tag).unwrap()).unwrap();
    let forged = text.replace(&good, &bad).replace("v1.0.0", "v3.0.0");
    let forged = repository.write_object(ObjectKind::Tag, forged.as_bytes()).unwrap();
    repository.set_reference("refs/tags/v3.0.0", &forged).unwrap();

    for (tag, words) in [
        ("v1.0.0", None),
        ("v1.1.0", Some("tag \"v1.1.0\" is not signed")),
        ("v1.2.0", Some("tag \"v1.2.0\" is not signed: it is a mere name")),
        ("v2.0.0", Some("is signed as tag \"v1.0.0\": somebody may have moved it")),
        ("v3.0.0", Some("is not what was signed")),
    ] {
        let commit = fetched(&server, Reference::tag(tag)).await;
        match (commit.verify(&keys, VerifyMode::Tag), words) {
            (Ok(verified), None) => assert_eq!(verified.signers().len(), 1),
            (result, Some(words)) => {
                let refused = refusal(result);
                assert!(refused.contains(words), "{refused}");
            }
            (result, None) => panic!("{result:?}"),
        }
    }
    let commit = fetched(&server, Reference::branch("main")).await;
    let words = refusal(commit.verify(&keys, VerifyMode::Head));
    assert!(words.ends_with(&format!("commit {bad} is not signed")), "{words}");
    let words = refusal(commit.verify(&keys, VerifyMode::TagAndHead));
    assert!(words.contains("was not asked for by a tag"), "{words}");
}

#[tokio::test]
async fn what_was_changed_after_it_was_signed_is_refused() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    serve(&repository, "ssh-ed25519", "v1");
    for (from, to) in
        [("signed by", "forged by"), ("Ann Author", "Eve Author"), ("1700000000", "1700000001")]
    {
        let text = String::from_utf8(fixture("ssh-ed25519.commit")).unwrap().replace(from, to);
        let id = repository.write_object(ObjectKind::Commit, text.as_bytes()).unwrap();
        repository.set_reference("refs/heads/forged", &id).unwrap();
        let commit = fetched(&server, Reference::branch("forged")).await;
        let words = refusal(commit.verify(&ssh("ssh-ed25519"), VerifyMode::Head));
        assert!(words.contains("is not what was signed"), "{words}");
    }
}

#[test]
fn keys_that_cannot_be_read_are_named() {
    for (name, text, words) in [
        ("a.sshpub", "nonsense", "a line of it is no public SSH key"),
        ("a.sshpub", "# none\n", "it holds no SSH key"),
        ("a.asc", "nonsense", "OpenPGP"),
    ] {
        let data = BTreeMap::from([(name.to_owned(), text.as_bytes().to_vec())]);
        let error = TrustedKeys::from_secret(&data).unwrap_err();
        assert!(matches!(&error, Error::InvalidKey { name: found, .. } if found == name));
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// 2024-01-01, when none of the keys had expired, and half a year later.
fn in_2024(days: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200 + days * 86_400)
}

#[cfg(feature = "pgp")]
#[tokio::test]
async fn openpgp_signatures_of_every_kind_of_key_are_verified() {
    for (name, refused) in [
        ("rsa2048", None),
        ("rsa4096", None),
        ("ed25519", None),
        ("p256", None),
        ("p384", None),
        ("p521", None),
        ("subkey", None),
        ("brainpool", Some("was made by a kind of key that is not supported")),
        ("expired", None),
        ("revoked", Some("was made by a key that is revoked")),
    ] {
        let server = GitServer::start().await.unwrap();
        serve(&server.create_repository("a.git"), name, name);
        let commit = fetched(&server, Reference::tag(name)).await;
        let data = ["rsa2048.asc", "subkey.asc", &format!("{name}.asc")]
            .map(|name| (name.to_owned(), fixture(name)));
        let keys = TrustedKeys::from_secret(&BTreeMap::from(data)).unwrap().at(in_2024(0));
        match (commit.verify(&keys, VerifyMode::TagAndHead), refused) {
            (Ok(verified), None) => {
                assert_eq!(verified.signers().len(), 2);
                let signer = &verified.signers()[1];
                assert_eq!((signer.name.as_str(), signer.key.len()), (&*format!("{name}.asc"), 16));
            }
            (result, Some(words)) => {
                let refused = refusal(result);
                assert!(refused.contains(words), "{name}: {refused}");
            }
            (result, None) => panic!("{name}: {result:?}"),
        }
    }
}

#[cfg(feature = "pgp")]
#[tokio::test]
async fn an_openpgp_key_that_is_past_its_time_or_another_one_does_not_count() {
    let server = GitServer::start().await.unwrap();
    serve(&server.create_repository("a.git"), "expired", "v1");
    let commit = fetched(&server, Reference::branch("main")).await;
    let key = |name: &str| {
        TrustedKeys::new().with_pgp(name, fixture(&format!("{name}.asc"))).unwrap().at(in_2024(182))
    };
    let words = refusal(commit.verify(&key("expired"), VerifyMode::Head));
    assert!(words.contains("was made by a key that has expired"), "{words}");
    let words = refusal(commit.verify(&key("ed25519"), VerifyMode::Head));
    assert!(words.contains("none of the 1 trusted keys"), "{words}");
}

/// `flux` is what fluxcd/pkg/git says: `go run . verify FOLDER` in `benches/peers/git` wrote it.
#[cfg(feature = "pgp")]
#[tokio::test]
async fn the_same_keys_are_named_as_by_flux() {
    let golden = String::from_utf8(fixture("flux")).unwrap();
    for line in golden.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let (name, mode) = match words[1] {
            "tag" => (words[0], VerifyMode::Tag),
            _ => (words[0], VerifyMode::Head),
        };
        let server = GitServer::start().await.unwrap();
        serve(&server.create_repository("a.git"), name, name);
        let commit = fetched(&server, Reference::tag(name)).await;
        let keys = match (name.starts_with("ssh-"), name) {
            (true, _) => ssh(name),
            (false, "unsigned") => ssh("ssh-rsa"),
            (false, _) => {
                TrustedKeys::new().with_pgp(name, fixture(&format!("{name}.asc"))).unwrap()
            }
        };
        let ours = commit.verify(&keys, mode).map(|verified| verified.signers()[0].key.clone());
        // Brainpool's curves are told apart, and not verified.
        let theirs = words.get(2).copied().filter(|_| name != "brainpool");
        assert_eq!(ours.ok().as_deref(), theirs, "{line}");
    }
}

#[cfg(not(feature = "pgp"))]
#[tokio::test]
async fn without_openpgp_a_signature_of_it_is_not_taken_for_none() {
    let server = GitServer::start().await.unwrap();
    serve(&server.create_repository("a.git"), "ed25519", "v1");
    let commit = fetched(&server, Reference::branch("main")).await;
    let keys = ssh("ssh-ed25519").at(in_2024(0));
    let words = refusal(commit.verify(&keys, VerifyMode::Head));
    assert!(words.contains("enable the feature `pgp`"), "{words}");
}
