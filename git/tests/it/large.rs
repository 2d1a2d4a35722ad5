//! Much of everything, and names nobody would choose.

use gotk_git::{Credentials, Error, Limits, Reference, Remote, RepositoryUrl};
use gotk_testenv::git::{Change, GitServer, ObjectKind};

use crate::listing::options;
use crate::served::{Place, remote};

/// 100,000 files and a history of 1 GiB take minutes; at night there are some.
fn is_nightly() -> bool {
    std::env::var_os("GOTK_LARGE").is_some()
}

fn main() -> Reference {
    Reference::branch("main")
}

#[tokio::test]
async fn many_files_are_one_pack_and_one_tree() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    let files = if is_nightly() { 100_000 } else { 5_000 };
    let change = (0..files).fold(Change::on("main"), |change, number| {
        change.write(format!("{}/{}/{number}.yaml", number / 1_000, number / 100), [number as u8])
    });
    repository.apply(change).unwrap();
    let place = Place::new();
    let commit = place.fetch(&repository.url(), main()).await.unwrap();
    assert_eq!(commit.files(), files);
    assert_eq!(commit.tree().read("4/49/4999.yaml").unwrap().to_vec(), [4_999_u32 as u8]);
    let mut few = Limits::default();
    few.tree_entries = 4_999;
    let url = RepositoryUrl::parse(&repository.url()).unwrap();
    let bounded = Remote::new(url, options().limits(few)).unwrap();
    let error = Place::new().cache.fetch(&bounded, &main()).await.unwrap_err();
    assert!(error.to_string().contains("more than 4999 paths in a commit"), "{error}");
}

#[tokio::test]
async fn of_a_long_history_only_the_end_travels() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    let mut state = 1_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut middle = String::new();
    let (commits, length) = if is_nightly() { (256, 1 << 19) } else { (64, 1 << 14) };
    for number in 0..commits {
        let bytes: Vec<u8> = (0..length).flat_map(|_| noise().to_le_bytes()).collect();
        let id = repository.commit("main", [("big", bytes)]).unwrap();
        if number == 32 {
            middle = id;
        }
    }
    let place = Place::new();
    let remote = remote(&repository.url(), Credentials::anonymous());
    for reference in [main(), Reference::commit(&middle)] {
        server.take_requests();
        place.cache.fetch(&remote, &reference).await.unwrap();
        let sent: u64 = server.take_requests().iter().map(|request| request.sent_bytes).sum();
        assert!(sent < 12 * length, "{sent} bytes of {}", 8 * commits * length);
    }
}

#[tokio::test]
async fn odd_names_are_names() {
    let names = [
        "-rf",
        " leading",
        "trailing ",
        "a\nb",
        "a\tb",
        "#1",
        "q?x=1&y",
        "100%",
        "%2e%2e",
        "~",
        "$HOME",
        "ünïcode/ö",
        "u\u{308}",
        "\u{1f980}",
        "'quoted'",
        "\"quoted\"",
        "..a",
        "a..",
        "...",
        ".gitignore",
        ".gitattributes",
        "git",
        ".github/x",
        "CON",
        "aux.txt",
    ];
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("team name/a b's.git");
    let change =
        names.iter().fold(Change::on("fëat/-x"), |change, name| change.write(*name, *name));
    let id = repository.apply(change).unwrap();
    repository.annotated_tag("rélease@1", &id, "odd").unwrap();
    let place = Place::new();
    let key = crate::served::ssh_key(&server);
    for (url, credentials) in
        [(repository.url(), Credentials::anonymous()), (repository.ssh_url(), key)]
    {
        let remote = remote(&url, credentials);
        for reference in [Reference::branch("fëat/-x"), Reference::tag("rélease@1")] {
            let commit = place.cache.fetch(&remote, &reference).await.unwrap();
            assert_eq!(commit.files(), names.len());
            for name in names {
                assert_eq!(commit.tree().read(name).unwrap().to_vec(), name.as_bytes(), "{name:?}");
            }
        }
    }
    let commit = place.fetch(&repository.url(), Reference::branch("fëat/-x")).await.unwrap();
    commit.write_to(place.at("out")).unwrap();
    for name in names {
        assert_eq!(std::fs::read(place.at("out").join(name)).unwrap(), name.as_bytes(), "{name:?}");
    }
}

/// A tree is whatever its bytes say: Git's own programs would not make these.
#[tokio::test]
async fn names_that_could_do_harm_are_refused() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    let blob = repository.write_object(ObjectKind::Blob, b"evil").unwrap();
    let raw: Vec<u8> =
        (0..40).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap()).collect();
    for (name, mode, reason) in [
        (&b".git"[..], "100644", ".git name"),
        (b".GIT", "100644", ".git name"),
        (b".Git", "40000", ".git name"),
        (b".git ", "100644", ".git name"),
        (b".git.", "100644", ".git name"),
        (b".g\xe2\x80\x8cit", "100644", ".git name"),
        (b"\xef\xbb\xbf.git", "100644", ".git name"),
        (b".gi\xe2\x80\xaet", "100644", ".git name"),
        (b"git~1", "100644", ".git name"),
        (b"GIT~1", "160000", ".git name"),
        (b".git::$INDEX_ALLOCATION", "100644", ".git name"),
        (b"..", "100644", "'..'"),
        (b".", "100644", "'.'"),
        (b"", "100644", ""),
        (b"a/b", "100644", "separators"),
        (b"../x", "100644", "separators"),
        (b"/etc/passwd", "100644", "separators"),
        (b".gitmodules", "120000", "symlink"),
        (b".GITMODULES", "120000", "symlink"),
        (b"gitmod~1", "120000", "symlink"),
    ] {
        let tree = [mode.as_bytes(), b" ", name, b"\0", &raw].concat();
        let tree = repository.write_object(ObjectKind::Tree, &tree).unwrap();
        let text =
            format!("tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nevil\n");
        let commit = repository.write_object(ObjectKind::Commit, text.as_bytes()).unwrap();
        repository.set_reference("refs/heads/main", &commit).unwrap();
        let error = Place::new().fetch(&repository.url(), main()).await.unwrap_err();
        let refused = matches!(error, Error::UnsafePath { .. } | Error::Corrupt { .. });
        assert!(
            refused && error.to_string().contains(reason),
            "{:?}: {error}",
            name.escape_ascii().to_string()
        );
    }
}

/// Two names that some file systems hold for one: the second is an error, never written over the first.
#[tokio::test]
async fn a_name_that_is_there_twice_is_refused() {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("a.git");
    let blob = repository.write_object(ObjectKind::Blob, b"x").unwrap();
    let raw: Vec<u8> =
        (0..40).step_by(2).map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap()).collect();
    let entry = [&b"120000 a\0"[..], &raw].concat();
    let tree = repository.write_object(ObjectKind::Tree, &[entry.clone(), entry].concat()).unwrap();
    let text = format!("tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nevil\n");
    let commit = repository.write_object(ObjectKind::Commit, text.as_bytes()).unwrap();
    repository.set_reference("refs/heads/main", &commit).unwrap();
    let error = Place::new().fetch(&repository.url(), main()).await.unwrap_err();
    assert!(error.to_string().contains("it is there twice"), "{error}");
}
