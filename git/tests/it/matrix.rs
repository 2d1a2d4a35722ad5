//! Every way to ask, over every way to get there, as everybody who may: one table.

use std::fmt::Write as _;

use gotk_git::{Cache, CacheOptions, Commit, Credentials, Error, Reference, Remote, RepositoryUrl};
use gotk_testenv::git::{Change, GitOptions, GitServer, Protocol, Repository};

use crate::listing::options;
use crate::served::ssh_key;

/// What is asked for, and how many objects that is.
fn strategies(first: &str) -> Vec<(&'static str, Reference, u32)> {
    let mut pinned = Reference::commit(first);
    pinned.branch = Some("main".to_owned());
    vec![
        ("branch", Reference::branch("main"), 4),
        ("tag", Reference::tag("v1.0.0"), 5),
        ("semver", Reference::semver("1.x"), 5),
        ("name", Reference::name("refs/pull/7/head"), 4),
        ("commit", Reference::commit(first), 4),
        ("on branch", pinned, 4),
    ]
}

/// Two commits, an annotated tag on each, and a pull request.
fn fill(repository: &Repository) -> String {
    let file = |text: &str| Change::on("main").write("deploy/app.yaml", text);
    let first = repository.apply(file("one")).unwrap();
    repository.annotated_tag("v1.0.0", &first, "one").unwrap();
    repository.set_reference("refs/pull/7/head", &first).unwrap();
    let second = repository.apply(file("two")).unwrap();
    repository.annotated_tag("v2.0.0", &second, "two").unwrap();
    first
}

type Way = (&'static str, GitOptions, fn(&GitServer) -> (String, Credentials));

fn ways() -> Vec<Way> {
    fn open(server: &GitServer) -> (String, Credentials) {
        (server.url("a.git"), Credentials::anonymous())
    }
    fn trusting(server: &GitServer, credentials: Credentials) -> (String, Credentials) {
        (server.url("a.git"), credentials.with_ca(server.ca().unwrap()))
    }
    vec![
        ("http", GitOptions::default(), open),
        ("http, protocol 1", GitOptions::default().protocol(Protocol::One), open),
        ("http, protocol 0", GitOptions::default().protocol(Protocol::Zero), open),
        ("http, only tips", GitOptions::default().only_tips(), open),
        ("http, not shallow", GitOptions::default().shallow(false), open),
        ("http, basic", GitOptions::default().basic("bob", "s3cret"), |server| {
            (server.url("a.git"), Credentials::basic("bob", "s3cret"))
        }),
        ("https", GitOptions::default().tls(), |s| trusting(s, Credentials::anonymous())),
        ("https, basic", GitOptions::default().tls().basic("bob", "s3cret"), |server| {
            trusting(server, Credentials::basic("bob", "s3cret"))
        }),
        ("https, bearer", GitOptions::default().tls().bearer("t0ken"), |server| {
            trusting(server, Credentials::bearer("t0ken"))
        }),
        ("https, certificate", GitOptions::default().client_certificates(), |server| {
            let (certificate, key) = server.client_certificate().unwrap();
            trusting(server, Credentials::anonymous().with_client_certificate(certificate, key))
        }),
        ("ssh", GitOptions::default(), |server| (server.ssh_url("a.git"), ssh_key(server))),
        ("ssh, protocol 0", GitOptions::default().protocol(Protocol::Zero), |server| {
            (server.ssh_url("a.git"), ssh_key(server))
        }),
    ]
}

async fn fetched(remote: &Remote, reference: &Reference) -> Result<(Commit, u32), Error> {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::open(root.path(), CacheOptions::default())?;
    let commit = cache.fetch(remote, reference).await?;
    let text = String::from_utf8(commit.tree().read("deploy/app.yaml").unwrap().to_vec()).unwrap();
    assert!(["one", "two"].contains(&&*text));
    Ok((commit, crate::served::objects_in(root.path())))
}

#[tokio::test]
async fn every_strategy_over_every_transport_with_every_kind_of_credentials() {
    let mut table = String::new();
    for (way, server_options, reach) in ways() {
        let server = server_options.start().await.unwrap();
        let first = fill(&server.create_repository("a.git"));
        let (url, credentials) = reach(&server);
        let options = options().credentials(credentials);
        let remote = Remote::new(RepositoryUrl::parse(&url).unwrap(), options).unwrap();
        let _ = write!(table, "{way:<20}");
        for (strategy, reference, objects) in strategies(&first) {
            server.take_requests();
            let (commit, found) = fetched(&remote, &reference).await.unwrap_or_else(|error| {
                panic!("{way}, {strategy}: {error}");
            });
            let is_first = commit.id().to_string() == first;
            assert_eq!(is_first, strategy != "branch", "{way}, {strategy}");
            if !way.ends_with("not shallow") {
                assert_eq!(found, objects, "{way}, {strategy}: one commit and no more");
            }
            let asked = server.take_requests().iter().filter(|r| r.command.is_some()).count();
            let _ = write!(table, " | {strategy} {found} objects, {asked} questions");
        }
        table.push('\n');
    }
    println!("{table}");
}

/// What a person reads when it goes wrong: what it is, where, and what to do; and no secret.
#[tokio::test]
async fn errors_say_what_it_is_and_what_to_do() {
    let closed = GitOptions::default().basic("bob", "s3cret").tls().start().await.unwrap();
    closed.create_repository("a.git");
    let open = GitServer::start().await.unwrap();
    let repository = open.create_repository("a.git");
    open.create_repository("empty.git");
    fill(&repository);
    let strange = GitServer::start().await.unwrap();
    strange.answer_with(|_| Some(gotk_testenv::git::Answer::status(200).body("<html>")));
    let ours = Credentials::basic("bob", "hunter2").with_ca(closed.ca().unwrap());
    let other_host = GitServer::start().await.unwrap().known_hosts();
    let port = other_host.split([':', ' ']).nth(1).unwrap().to_owned();
    let other_host = other_host.replace(&port, &open.ssh_port().to_string());
    let main = || Reference::branch("main");
    let mut shown = String::new();
    for (kind, url, credentials, reference) in [
        ("Authentication", closed.url("a.git"), ours, main()),
        ("Network", closed.url("a.git"), Credentials::basic("bob", "s3cret"), main()),
        ("Network", "http://bob:s3cret@localhost:1/a".to_owned(), Credentials::anonymous(), main()),
        ("RepositoryNotFound", open.url("b.git"), Credentials::bearer("s3cret"), main()),
        ("ReferenceNotFound", open.url("a.git"), Credentials::anonymous(), Reference::tag("v9")),
        ("EmptyRepository", open.url("empty.git"), Credentials::anonymous(), main()),
        ("InvalidReference", open.url("a.git"), Credentials::anonymous(), Reference::semver("~x~")),
        ("Protocol", strange.url("a.git"), Credentials::anonymous(), main()),
        (
            "Authentication",
            open.ssh_url("a.git"),
            Credentials::ssh_key(closed.client_key(), open.known_hosts()),
            main(),
        ),
        (
            "HostKey",
            open.ssh_url("a.git"),
            Credentials::ssh_key(open.client_key(), other_host),
            main(),
        ),
        (
            "InvalidOptions",
            open.ssh_url("a.git"),
            Credentials::ssh_key("s3cret", open.known_hosts()),
            main(),
        ),
    ] {
        let remote =
            Remote::new(RepositoryUrl::parse(&url).unwrap(), options().credentials(credentials));
        let error = match remote {
            Ok(remote) => remote.resolve(&reference).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(format!("{error:?}").starts_with(kind), "{kind}: {error:?}");
        let _ = writeln!(shown, "{kind:<20} {error}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            let _ = writeln!(shown, "{:<20}   because {cause}", "");
            source = cause.source();
        }
        for secret in ["s3cret", "hunter2"] {
            assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        }
    }
    assert!(!shown.contains("s3cret"));
    println!("{shown}");
}
