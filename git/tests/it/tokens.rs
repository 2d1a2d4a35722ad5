//! Tokens that last for a while: who makes them, how often, and for whom.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gotk_git::{
    Credentials, Error, GitHubApp, Installation, PublicUrl, Reference, Token, TokenSource,
};
use gotk_testenv::git::{Answer, GitOptions, GitServer, Request};
use serde_json::{Value, json};

use crate::served::{Place, remote};

/// Made for these tests by `openssl genrsa 2048`, and used nowhere else.
const KEY: &str = include_str!("../fixtures/github-app.pem");
const NOW: u64 = 1_800_000_000;

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("x-access-token:{password}")))
}

/// A GitHub that knows one app, installed once.
struct GitHub {
    server: GitServer,
    made: Arc<AtomicUsize>,
}

impl GitHub {
    async fn start(owner_kind: &'static str) -> Self {
        let server = GitServer::start().await.unwrap();
        let made = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&made);
        server.answer_with(move |request| Some(answer(request, owner_kind, &count)));
        Self { server, made }
    }

    fn app(&self, installation: Installation, clock: &Arc<AtomicU64>) -> GitHubApp {
        let clock = Arc::clone(clock);
        let now =
            move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
        let app = GitHubApp::new("1234", installation, KEY).unwrap();
        app.base_url(&self.server.url("")).unwrap().with_clock(now)
    }
}

fn answer(request: &Request, owner_kind: &str, made: &AtomicUsize) -> Answer {
    let jwt = request.authorization.as_deref().and_then(|shown| shown.strip_prefix("Bearer "));
    let claims = jwt.and_then(|jwt| jwt.split('.').nth(1)).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap_or_default())
        .unwrap_or_default();
    if claims["iss"] != "1234"
        || claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap() != 120
    {
        return Answer::status(401);
    }
    let json = |value: Value| Answer::status(200).body(value.to_string());
    match (request.method.as_str(), request.path.trim_start_matches("/api/v3")) {
        ("GET", path) if path == format!("/{owner_kind}/fluxcd/installation") => {
            json(json!({ "id": 77 }))
        }
        ("POST", "/app/installations/77/access_tokens") => {
            let number = made.fetch_add(1, Ordering::Relaxed);
            let issued = claims["iat"].as_u64().unwrap() as i64 + 30;
            let expires = jiff::Timestamp::from_second(issued + 3600).unwrap();
            json(json!({ "token": format!("token-{number}"), "expires_at": expires.to_string() }))
        }
        _ => Answer::status(404),
    }
}

#[tokio::test]
async fn an_app_makes_a_token_an_hour_and_finds_where_it_is_installed() {
    for (kind, installation) in [
        ("none", Installation::Id("77".into())),
        ("orgs", Installation::Owner("fluxcd".into())),
        ("users", Installation::Owner("fluxcd".into())),
    ] {
        let github = GitHub::start(kind).await;
        let accepted = ["token-0", "token-1"];
        let git = accepted
            .iter()
            .fold(GitOptions::default(), |options, token| options.basic("x-access-token", token));
        let git = git.start().await.unwrap();
        let repository = git.create_repository("a.git");
        repository.commit("main", [("a", "1")]).unwrap();
        let clock = Arc::new(AtomicU64::new(NOW));
        let credentials = Credentials::from_source(github.app(installation, &clock));
        let place = Place::new();
        for (minutes, tokens) in [(0, 1), (1, 1), (47, 1), (49, 2), (90, 2)] {
            clock.store(NOW + minutes * 60, Ordering::Relaxed);
            // Remotes share the token with their credentials.
            let remote = remote(&repository.url(), credentials.clone());
            place.cache.fetch(&remote, &Reference::branch("main")).await.unwrap();
            assert_eq!(github.made.load(Ordering::Relaxed), tokens, "after {minutes} minutes");
        }
        let asked = github.server.requests();
        let look_ups = asked.iter().filter(|request| request.method == "GET").count();
        assert_eq!(
            look_ups,
            match kind {
                "none" => 0,
                "orgs" => 1,
                _ => 2,
            }
        );
        let shown: Vec<_> = git.requests().into_iter().filter_map(|r| r.authorization).collect();
        assert!(shown.contains(&basic("token-0")) && shown.contains(&basic("token-1")));
    }
}

#[tokio::test]
async fn what_github_refuses_is_said_without_the_key() {
    let github = GitHub::start("orgs").await;
    let clock = Arc::new(AtomicU64::new(NOW));
    let git = GitServer::start().await.unwrap();
    let url = git.create_repository("a.git").url();
    let ask = async |app: GitHubApp| {
        let remote = remote(&url, Credentials::from_source(app));
        remote.resolve(&Reference::branch("main")).await.unwrap_err()
    };
    let nowhere = ask(github.app(Installation::Id("78".into()), &clock)).await;
    assert!(matches!(nowhere, Error::Authentication { .. }), "{nowhere:?}");
    assert!(nowhere.to_string().ends_with("GitHub App 1234 has no installation 78"), "{nowhere}");
    let stranger = ask(github.app(Installation::Owner("eve".into()), &clock)).await;
    assert!(stranger.to_string().ends_with("is not installed for \"eve\""), "{stranger}");
    let other = GitHubApp::new("99", Installation::Id("77".into()), KEY).unwrap();
    let other = ask(other.base_url(&github.server.url("")).unwrap()).await;
    assert!(other.to_string().contains("does not accept App 99: check its id"), "{other}");
    github.server.answer_with(|_| Some(Answer::status(502)));
    let down = ask(github.app(Installation::Id("77".into()), &clock)).await;
    assert!(matches!(down, Error::Unavailable { status: 502, .. }) && down.is_transient());
    assert!(git.requests().is_empty(), "without a token the repository is not asked");
}

#[test]
fn the_secret_of_an_app_is_read_as_flux_reads_it() {
    let secret = |entries: &[(&str, &str)]| -> BTreeMap<String, Vec<u8>> {
        entries.iter().map(|(key, value)| ((*key).into(), value.as_bytes().to_vec())).collect()
    };
    let (id, key) = (("githubAppID", "1"), ("githubAppPrivateKey", KEY));
    let (number, owner) = (("githubAppInstallationID", "2"), ("githubAppInstallationOwner", "me"));
    GitHubApp::from_secret(&secret(&[id, key, number])).unwrap();
    let app = GitHubApp::from_secret(&secret(&[id, key, owner])).unwrap();
    assert_eq!(format!("{app:?}"), "GitHubApp(1, Owner(\"me\"))");
    for (entries, named) in [
        (vec![key, number], "githubAppID"),
        (vec![id, number], "githubAppPrivateKey"),
        (vec![id, key], "githubAppInstallationID"),
        (vec![id, key, number, owner], "githubAppInstallationOwner"),
        (vec![id, ("githubAppPrivateKey", "s3cret"), number], "githubAppPrivateKey"),
        (vec![id, key, number, ("githubAppBaseURL", "ftp://x")], "githubAppBaseURL"),
    ] {
        let error = GitHubApp::from_secret(&secret(&entries)).unwrap_err();
        assert!(matches!(&error, Error::InvalidKey { name, .. } if name == named), "{error:?}");
        assert!(!error.to_string().contains("s3cret"));
    }
}

/// Makes `t-0`, `t-1` … which never expire by themselves.
#[derive(Debug, Default)]
struct Counting(Mutex<usize>);

#[async_trait]
impl TokenSource for Counting {
    async fn token(&self, _: &PublicUrl) -> Result<Token, Error> {
        let mut count = self.0.lock().unwrap();
        *count += 1;
        Ok(Token::bearer(format!("t-{}", *count - 1)))
    }
}

#[tokio::test]
async fn a_token_that_was_withdrawn_is_replaced_once() {
    let git = GitOptions::default().bearer("t-1").start().await.unwrap();
    git.create_repository("a.git").commit("main", [("a", "1")]).unwrap();
    let remote = remote(&git.url("a.git"), Credentials::from_source(Counting::default()));
    remote.resolve(&Reference::branch("main")).await.unwrap();
    let shown: Vec<_> = git.take_requests().into_iter().filter_map(|r| r.authorization).collect();
    assert_eq!(shown, ["Bearer t-0", "Bearer t-1", "Bearer t-1"]);
    git.answer_with(|_| Some(Answer::status(401)));
    let error = remote.resolve(&Reference::branch("main")).await.unwrap_err();
    assert!(matches!(error, Error::Authentication { .. }), "{error:?}");
    assert_eq!(git.take_requests().len(), 2);
}
