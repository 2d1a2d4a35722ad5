//! Who asks, and what is shown to whom.

use gotk_git::{Credentials, Error, Reference, Remote, RemoteOptions, RepositoryUrl};
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HeaderValue, LOCATION};

use crate::git::Lab;
use crate::listing::options;
use crate::server::{Behaviour, Server, guarded, status};

const BOB: &str = "Basic Ym9iOnMzY3JldA=="; // bob:s3cret

async fn ask(url: &str, options: RemoteOptions) -> Result<(), Error> {
    let remote = Remote::new(RepositoryUrl::parse(url)?, options)?;
    remote.resolve(&Reference::branch("main")).await.map(drop)
}

fn showing(credentials: Credentials) -> RemoteOptions {
    options().credentials(credentials)
}

/// A repository with one commit.
fn repository() -> Option<Lab> {
    let lab = Lab::new()?;
    lab.repository("a.git").commit_file("a", "1");
    Some(lab)
}

#[tokio::test]
async fn credentials_are_shown_at_once_and_wrong_ones_are_an_error() {
    let Some(lab) = repository() else { return };
    let server = Server::start(lab.root.path().into(), guarded(BOB)).await;
    let url = server.url("a.git");
    ask(&url, showing(Credentials::basic("bob", "s3cret"))).await.unwrap();
    assert!(server.take().iter().all(|seen| seen.authorization.as_deref() == Some(BOB)));
    ask(&url.replace("://", "://bob:s3cret@"), options()).await.unwrap();

    let wrong = ask(&url, showing(Credentials::basic("bob", "hunter2"))).await.unwrap_err();
    assert!(matches!(wrong, Error::Authentication { .. }), "{wrong:?}");
    assert!(!format!("{wrong} {wrong:?}").contains("hunter2"));
    let none = ask(&url, options()).await.unwrap_err().to_string();
    assert_eq!(
        none,
        format!(
            "{url}: authentication failed: the server asks for credentials, and none are given"
        )
    );

    let server = Server::start(lab.root.path().into(), guarded("Bearer t0ken")).await;
    ask(&server.url("a.git"), showing(Credentials::bearer("t0ken"))).await.unwrap();
}

#[tokio::test]
async fn answers_are_told_apart_by_what_can_be_done_about_them() {
    let Some(lab) = repository() else { return };
    for (code, transient) in [
        (401, false),
        (403, false),
        (404, false),
        (410, false),
        (429, true),
        (503, true),
        (418, false),
    ] {
        let rule =
            Behaviour { rule: Some(Box::new(move |_| Some(status(code)))), ..Behaviour::default() };
        let server = Server::start(lab.root.path().into(), rule).await;
        let error = ask(&server.url("a.git"), options()).await.unwrap_err();
        let fits = match code {
            401 => matches!(error, Error::Authentication { .. }),
            403 => matches!(error, Error::Authorization { .. }),
            404 | 410 => matches!(error, Error::RepositoryNotFound { .. }),
            418 => matches!(error, Error::Protocol { .. }),
            code => matches!(error, Error::Unavailable { status, .. } if status == code),
        };
        assert!(fits, "{code}: {error:?}");
        assert_eq!(error.is_transient(), transient, "{code}");
    }
    let gone = ask("http://localhost:1/a.git", options()).await.unwrap_err();
    assert!(matches!(gone, Error::Network { .. }) && gone.is_transient(), "{gone:?}");
    let page = Behaviour { rule: Some(Box::new(|_| Some(status(200)))), ..Behaviour::default() };
    let server = Server::start(lab.root.path().into(), page).await;
    let error = ask(&server.url("a.git"), options()).await.unwrap_err().to_string();
    assert!(error.contains("does not speak Git's smart HTTP"), "{error}");
}

#[tokio::test]
async fn plain_http_and_credentials_over_it_have_to_be_allowed() {
    let careful = RemoteOptions::default();
    let error = ask("http://localhost:1/a", careful.clone()).await.unwrap_err().to_string();
    assert!(error.contains("plain http is not allowed"), "{error}");
    let half = careful.dangerous(|d| d.allow_http()).credentials(Credentials::bearer("t"));
    let error = ask("http://localhost:1/a", half).await.unwrap_err().to_string();
    assert!(error.contains("credentials are not sent over plain http"), "{error}");
}

/// Sends everybody who asks for the greeting to `to`.
fn redirecting(to: String) -> Behaviour {
    let rule = move |request: &Request<Incoming>| {
        let mut response = status(301);
        let query = request.uri().query().unwrap_or_default();
        let to = HeaderValue::from_str(&format!("{to}/info/refs?{query}")).unwrap();
        response.headers_mut().insert(LOCATION, to);
        Some(response)
    };
    Behaviour { rule: Some(Box::new(rule)), ..Behaviour::default() }
}

#[tokio::test]
async fn a_redirect_is_followed_but_takes_no_credentials_along() {
    let Some(lab) = repository() else { return };
    let server = Server::start(lab.root.path().into(), Behaviour::default()).await;
    let moved = Server::start(lab.root.path().into(), redirecting(server.url("a.git"))).await;
    let options = showing(Credentials::basic("bob", "s3cret"));
    let remote =
        Remote::new(RepositoryUrl::parse(&moved.url("old.git")).unwrap(), options.clone()).unwrap();
    for _ in 0..2 {
        remote.resolve(&Reference::branch("main")).await.unwrap();
    }
    let seen = server.take();
    assert_eq!(seen.len(), 3, "a greeting, and two listings");
    assert!(seen.iter().all(|seen| seen.authorization.is_none()), "another port is another server");
    assert_eq!(moved.take().len(), 1, "where it moved is remembered");

    let circle = Server::start(lab.root.path().into(), redirecting("/again".into())).await;
    let error = ask(&circle.url("a.git"), options).await.unwrap_err().to_string();
    assert!(error.ends_with("the server redirects in circles"), "{error}");
}

#[tokio::test]
async fn a_server_that_forgets_what_it_said_is_asked_again() {
    let Some(lab) = repository() else { return };
    let old = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = std::sync::Arc::clone(&old);
    let rule = move |request: &Request<Incoming>| {
        let is_question = request.method() == "POST";
        (is_question && flag.swap(false, std::sync::atomic::Ordering::Relaxed)).then(|| status(404))
    };
    let server = Server::start(
        lab.root.path().into(),
        Behaviour { rule: Some(Box::new(rule)), ..Behaviour::default() },
    )
    .await;
    let remote =
        Remote::new(RepositoryUrl::parse(&server.url("a.git")).unwrap(), options()).unwrap();
    remote.resolve(&Reference::branch("main")).await.unwrap();
    server.take();
    old.store(true, std::sync::atomic::Ordering::Relaxed);
    remote.resolve(&Reference::branch("main")).await.unwrap();
    assert_eq!(
        server.lines(),
        ["POST /a.git/git-upload-pack", "GET /a.git/info/refs", "POST /a.git/git-upload-pack"]
    );
}
