//! The shortest way to a server: which connections it keeps, what it repeats, and what it is told.

use bytes::Bytes;
use futures::future::{join_all, pending};
use gotk_client::{Caller, Error, Identity, Options, Transport, Verb};
use http::{Request, Response};

use crate::server::{Server, answer, half_an_object, hasty, impatient, in_parts, object, refusal};

async fn call(caller: &Caller, method: &str, path: &str) -> Result<Response<Bytes>, Error> {
    let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
    caller.call(request).await
}

async fn read(caller: &Caller) -> Result<Response<Bytes>, Error> {
    call(caller, "GET", "/api/v1/namespaces/shop/configmaps/a").await
}

#[tokio::test]
async fn one_after_another_go_over_one_connection() {
    let server = Server::start(|_| async { object() }).await;
    let caller = server.transport(Options::default()).caller();
    for _ in 0..20 {
        assert_eq!(read(&caller).await.unwrap().status(), 200);
    }
    assert_eq!((server.requests(), server.connections()), (20, 1));
    assert_eq!(server.last_uri(), "/api/v1/namespaces/shop/configmaps/a");
    assert_eq!(format!("http://{}", server.last_header("host")[0]), server.url);
}

#[tokio::test]
async fn at_once_go_over_several_which_are_kept() {
    let server = Server::start(|_| async { object() }).await;
    let caller = server.transport(Options::default()).caller();
    for _ in 0..5 {
        join_all((0..8).map(|_| read(&caller))).await.into_iter().for_each(|it| drop(it.unwrap()));
    }
    assert!(server.connections() <= 8, "{}", server.connections());
}

#[tokio::test]
async fn a_connection_that_the_server_ends_is_not_used_again() {
    let server = Server::start(|_| async {
        let mut last = object();
        last.headers_mut().insert("connection", "close".parse().unwrap());
        last
    })
    .await;
    let transport = server.transport(Options::default());
    for _ in 0..3 {
        read(&transport.caller()).await.unwrap();
    }
    assert_eq!((server.connections(), transport.counts().of(Verb::Get)), (3, 3), "nothing failed");
}

#[tokio::test]
async fn a_path_of_the_server_stands_before_that_of_the_request() {
    let server = Server::start(|_| async { object() }).await;
    let caller = server.transport_below("/k8s/c-1/", Options::default()).caller();
    call(&caller, "GET", "/api/v1/pods?limit=5").await.unwrap();
    assert_eq!(server.last_uri(), "/k8s/c-1/api/v1/pods?limit=5");
}

/// A change to a configuration.
type Change<'a> = &'a dyn Fn(&mut kube::Config);

#[tokio::test]
async fn a_request_carries_what_the_configuration_says() {
    let server = Server::start(|_| async { object() }).await;
    let config = || kube::Config::new(server.url.parse().unwrap());
    let token = |config: &mut kube::Config| config.auth_info.token = Some("secret".into());
    let acts = |config: &mut kube::Config| config.auth_info.impersonate = Some("jane".into());
    let header = |config: &mut kube::Config| {
        config.headers.push(("x-of-us".parse().unwrap(), "yes".parse().unwrap()));
    };
    let cases: [(Change<'_>, &str, &str); 4] = [
        (&|_| {}, "content-length", "2"),
        (&token, "authorization", "Bearer secret"),
        (&acts, "impersonate-user", "jane"),
        (&header, "x-of-us", "yes"),
    ];
    let mut urls = Vec::new();
    for (change, name, value) in cases {
        let mut config = config();
        change(&mut config);
        let caller = Transport::new(&config, Options::default()).unwrap().caller();
        let request = Request::patch("/api/v1/namespaces/shop/configmaps/a");
        caller.call(request.body(Bytes::from_static(b"{}")).unwrap()).await.unwrap();
        assert_eq!(server.last_header(name), [value]);
        urls.push(server.last_uri());
    }
    assert_eq!(urls, ["/api/v1/namespaces/shop/configmaps/a"; 4]);
}

#[tokio::test]
async fn an_answer_is_whole_in_however_many_parts_it_came() {
    let server = Server::start(|parts| async move { in_parts(parts) }).await;
    let caller = server.transport(Options::default()).caller();
    for wanted in ["", "0,", "0,1,", "0,1,2,"] {
        assert_eq!(read(&caller).await.unwrap().into_body(), wanted);
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_is_an_answer() {
    let server = Server::start(|_| async { answer(404, "no such page") }).await;
    let transport = server.transport(Options::default());
    let refused = read(&transport.caller()).await.unwrap();
    assert_eq!((refused.status().as_u16(), &**refused.body()), (404, &b"no such page"[..]));
    assert_eq!(transport.counts().to_string(), "     1 get configmaps, 1 failed\n");
}

#[tokio::test]
async fn it_repeats_as_every_client_does() {
    let answers = |index| async move { if index < 2 { refusal(503, None) } else { object() } };
    let server = Server::start(answers).await;
    let transport = server.transport(hasty());
    assert_eq!(read(&transport.caller()).await.unwrap().status(), 200);
    assert_eq!(transport.counts().to_string(), "     3 get configmaps, 2 retried, 2 failed\n");

    let server = Server::start(|_| async { refusal(503, None) }).await;
    let caller = server.transport(hasty()).caller();
    let path = "/api/v1/namespaces/shop/configmaps";
    assert_eq!(call(&caller, "POST", path).await.unwrap().status(), 503);
    assert_eq!(server.requests(), 1, "it may have been carried out");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let answers = |index| async move { if index == 0 { half_an_object() } else { object() } };
    let server = Server::start(answers).await;
    let transport = server.transport(impatient());
    assert_eq!(read(&transport.caller()).await.unwrap().status(), 200);
    assert_eq!(transport.counts().to_string(), "     2 get configmaps, 1 retried, 1 failed\n");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let server = Server::start(|_| pending()).await;
    let mut options = impatient();
    options.retries.limit = 0;
    let error = read(&server.transport(options).caller()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    let transport = Transport::new(&config, hasty()).unwrap();
    let error = read(&transport.caller()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert_eq!(transport.counts().of(Verb::Get), 4, "it never left, so it is sent again");
}

#[tokio::test]
async fn it_acts_as_somebody_else() {
    let server = Server::start(|_| async { object() }).await;
    let jane = Identity::user_named("jane").unwrap().group("dev").unwrap();
    read(&server.transport(Options::default()).caller_as(jane)).await.unwrap();
    assert_eq!(server.last_header("impersonate-user"), ["jane"]);
    assert_eq!(server.last_header("impersonate-group"), ["dev"]);
}
