//! What is sent again, what is not, and what the caller is told.

use futures::future::pending;
use gotk_client::{Discovery, Error, Identity, Verb};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};

use crate::server::{Server, half_an_object, hasty, object, refusal};

fn config_maps(client: Client) -> Api<ConfigMap> {
    Api::default_namespaced(client)
}

#[tokio::test]
async fn a_read_is_repeated_until_it_is_answered() {
    let answers = |index| async move { if index < 2 { refusal(503, None) } else { object() } };
    let server = Server::start(answers).await;
    let transport = server.transport(hasty());
    config_maps(transport.client()).get("a").await.unwrap();
    let shown = transport.counts().to_string();
    assert_eq!(shown, "     3 get configmaps, 2 retried, 2 failed\n");
}

#[tokio::test]
async fn an_apply_is_repeated_and_a_merge_patch_is_not() {
    let server = Server::start(|_| async { refusal(503, None) }).await;
    let transport = server.transport(hasty());
    let api = config_maps(transport.client());
    let patch = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap"});
    api.patch("a", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap_err();
    assert_eq!(server.requests(), 1);
    api.patch("a", &PatchParams::apply("me"), &Patch::Apply(&patch)).await.unwrap_err();
    assert_eq!(server.requests(), 1 + 4);
    assert_eq!((transport.counts().of(Verb::Patch), transport.counts().of(Verb::Apply)), (1, 4));
}

#[tokio::test]
async fn a_create_is_repeated_only_when_it_was_refused_unread() {
    let answers =
        |index| async move { if index == 0 { refusal(429, Some(0)) } else { refusal(503, None) } };
    let server = Server::start(answers).await;
    let api = config_maps(server.transport(hasty()).client());
    let error = api.create(&PostParams::default(), &ConfigMap::default()).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 503));
    assert_eq!(server.requests(), 2, "once after 429, not after 503");
}

#[tokio::test]
async fn a_server_that_asks_for_too_much_patience_is_not_waited_for() {
    let server = Server::start(|_| async { refusal(429, Some(3600)) }).await;
    let api = config_maps(server.transport(hasty()).client());
    let error = api.delete("a", &DeleteParams::default()).await.unwrap_err();
    assert!(matches!(error, kube::Error::Api(status) if status.code == 429));
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = Server::start(|_| pending()).await;
    let mut options = hasty();
    options.retries.limit = 0;
    let error = config_maps(server.transport(options).client()).get("a").await.unwrap_err();
    let error = Error::of(&error).expect("ours");
    assert!(matches!(error, Error::Timeout { .. }) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_answer_that_stops_halfway_is_given_up() {
    let server = Server::start(|_| async { half_an_object() }).await;
    let error = config_maps(server.transport(hasty()).client()).get("a").await.unwrap_err();
    assert!(format!("{error:?}").contains("Timeout"), "{error:?}");
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let config = kube::Config::new("http://127.0.0.1:1".parse().unwrap());
    let transport = gotk_client::Transport::new(&config, hasty()).unwrap();
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let error = api.create(&PostParams::default(), &ConfigMap::default()).await.unwrap_err();
    assert!(matches!(Error::of(&error), Some(Error::Connect { .. })), "{error:?}");
    assert_eq!(transport.counts().of(Verb::Create), 4, "what never left may be sent again");

    let error = Discovery::new(&transport).kinds().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot connect to http://127.0.0.1:1/");
}

#[tokio::test]
async fn an_identity_holds_for_a_client_or_for_one_request() {
    let server = Server::start(|_| async { object() }).await;
    let transport = server.transport(hasty());
    let deployer = Identity::service_account("shop", "deployer").unwrap();
    let tenant = transport.client_as(deployer);
    config_maps(tenant.clone()).get("a").await.unwrap();
    assert_eq!(server.last_header("impersonate-user"), ["system:serviceaccount:shop:deployer"]);
    assert_eq!(server.last_header("impersonate-group").len(), 3);

    let mut request =
        http::Request::get("/api/v1/namespaces/shop/configmaps/a").body(vec![]).unwrap();
    request.extensions_mut().insert(Identity::user_named("jane").unwrap());
    tenant.request_text(request).await.unwrap();
    assert_eq!(server.last_header("impersonate-user"), ["jane"]);
    assert_eq!(server.last_header("impersonate-group"), Vec::<String>::new());

    config_maps(transport.client()).get("a").await.unwrap();
    assert_eq!(server.last_header("impersonate-user"), Vec::<String>::new());
}
