//! Against a real control plane, where `KUBEBUILDER_ASSETS` names one.

use std::pin::pin;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use gotk_client::{Discovery, Error, Identity, Options, Transport, Verb};
use gotk_testenv::{Assets, ControlPlane, User};
use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::api::{ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;
use tokio::time::timeout;

/// A failing test ends by then.
const MINUTE: Duration = Duration::from_secs(60);

async fn control_plane(what: &str) -> Option<ControlPlane> {
    let assets = Assets::or_skip(what).expect("the folder is whole")?;
    let options = gotk_testenv::Options::default().assets(assets).audit_log(true);
    Some(options.start().await.expect("it starts"))
}

fn config_map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"a": "b"}})).unwrap()
}

/// One control plane for everything: starting it costs more than all of this.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server() {
    let Some(control_plane) = control_plane("gotk-client on a real server").await else { return };
    watches_share_a_connection_and_a_dead_one_is_noticed(&control_plane).await;
    the_choice_of_connections_can_be_overridden(&control_plane).await;
    counts_are_those_of_the_server(&control_plane).await;
    a_tenant_may_what_a_tenant_may(&control_plane).await;
    a_foreign_certificate_is_not_trusted(&control_plane).await;
    a_kind_is_known_as_soon_as_it_is_served(&control_plane).await;
    let user = |name| User::new(name).group("system:masters");
    let of = |user| {
        Transport::new(&control_plane.config_as(&user).unwrap(), Options::default()).unwrap()
    };
    let (ours, theirs) = (of(user("discoverer")), of(user("definer")));
    crate::discovery::what_others_define_is_noticed(&ours, &theirs).await;
}

async fn watches_share_a_connection_and_a_dead_one_is_noticed(control_plane: &ControlPlane) {
    let link = control_plane.link().unwrap();
    let mut options = Options::default();
    options.ping_interval = Duration::from_secs(4); // a busy machine answers within that
    let transport = Transport::new(&link.config(), options).unwrap();
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let parameters = WatchParams::default();
    let mut watches = Vec::new();
    for _ in 0..20 {
        watches.push(Box::pin(api.watch(&parameters, "0").await.unwrap()));
    }
    api.create(&PostParams::default(), &config_map("seen-by-all")).await.unwrap();
    for watch in &mut watches {
        let seen = watch.try_next();
        timeout(MINUTE, seen).await.expect("in time").unwrap().expect("an event");
    }
    assert_eq!(link.connections(), 2, "one for twenty watches, one for the create");

    link.freeze();
    let mut first = watches.remove(0);
    let end = async {
        // kube takes a broken stream for an ended one.
        while let Some(Ok(_)) = first.next().await {}
    };
    timeout(MINUTE, end).await.expect("silence is not believed for long");
}

async fn the_choice_of_connections_can_be_overridden(control_plane: &ControlPlane) {
    for (short_over_http2, share_watches, connections) in
        [(true, true, 1..=1), (true, false, 6..=6), (false, false, 6..=25)]
    {
        let link = control_plane.link().unwrap();
        let mut options = Options::default();
        options.short_requests_over_http2 = short_over_http2;
        options.share_watch_connection = share_watches;
        let transport = Transport::new(&link.config(), options).unwrap();
        let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
        api.list(&ListParams::default()).await.unwrap(); // later requests find the connection open
        let (parameters, lists) = (WatchParams::default(), &ListParams::default());
        let mut watches = Vec::new();
        for _ in 0..5 {
            watches.push(Box::pin(api.watch(&parameters, "0").await.unwrap()));
        }
        let reads = (0..20).map(|_| api.list(lists));
        futures::future::join_all(reads).await.into_iter().for_each(|read| drop(read.unwrap()));
        let found = link.connections();
        assert!(connections.contains(&found), "{short_over_http2} {share_watches}: {found}");
    }
}

async fn counts_are_those_of_the_server(control_plane: &ControlPlane) {
    let user = User::new("counted").group("system:masters");
    let transport =
        Transport::new(&control_plane.config_as(&user).unwrap(), Options::default()).unwrap();
    let api: Api<ConfigMap> = Api::default_namespaced(transport.client());
    let patch = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "counted"}, "data": {"a": "c"},
    });
    let apply = Patch::Apply(&patch);
    api.patch("counted", &PatchParams::apply("me"), &apply).await.unwrap();
    api.patch("counted", &PatchParams { dry_run: true, ..PatchParams::apply("me") }, &apply)
        .await
        .unwrap();
    api.get("counted").await.unwrap();
    let seen = control_plane.requests().await.unwrap().by("counted");
    let ours = transport.counts();
    assert_eq!((ours.total(), ours.of(Verb::Apply), ours.dry_runs()), (3, 1, 1));
    assert_eq!(seen.total(), ours.total());
}

async fn a_tenant_may_what_a_tenant_may(control_plane: &ControlPlane) {
    let admin = control_plane.config_as(&User::admin()).unwrap();
    let transport = Transport::new(&admin, Options::default()).unwrap();
    let tenant = transport.client_as(Identity::service_account("default", "tenant").unwrap());
    let error = Api::<ConfigMap>::default_namespaced(tenant).get("seen-by-all").await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("an answer: {error:?}") };
    assert!(status.message.contains(r#"User "system:serviceaccount:default:tenant" cannot get"#));
}

async fn a_foreign_certificate_is_not_trusted(control_plane: &ControlPlane) {
    let mut config = control_plane.config_as(&User::admin()).unwrap();
    config.root_cert = None;
    let transport = Transport::new(&config, Options::default()).unwrap();
    let error = transport.client().apiserver_version().await.unwrap_err();
    let error = Error::of(&error).expect("ours");
    assert!(matches!(error, Error::Tls { .. }) && !error.is_transient(), "{error:?}");
    assert_eq!(transport.counts().total(), 1, "asking again would not help");
}

async fn a_kind_is_known_as_soon_as_it_is_served(control_plane: &ControlPlane) {
    let user = User::new("discoverer").group("system:masters");
    let transport =
        Transport::new(&control_plane.config_as(&user).unwrap(), Options::default()).unwrap();
    let discovery = Discovery::new(&transport);
    let resolved =
        futures::future::join_all((0..50).map(|_| discovery.resolve("apps", None, "Deployment")));
    for deployment in resolved.await {
        let deployment = deployment.unwrap();
        assert_eq!(deployment.resource.api_version, "apps/v1");
        assert!(deployment.is_namespaced() && deployment.can_watch());
        assert!(deployment.subresources.contains(&"scale".to_owned()));
    }
    assert_eq!(transport.counts().total(), 2, "fifty who ask at once ask together");

    let unknown = discovery.resolve("example.com", Some("v1"), "Thing").await.unwrap_err();
    assert!(unknown.to_string().ends_with("serves no kind Thing.example.com/v1"), "{unknown}");
    assert_eq!(transport.counts().total(), 2, "a list just read is not read again");

    let api: Api<CustomResourceDefinition> = Api::all(transport.client());
    api.create(&PostParams::default(), &definition()).await.unwrap();
    let mut events = pin!(api.watch(&WatchParams::default(), "0").await.unwrap());
    let established = async {
        while let Some(event) = events.try_next().await.unwrap() {
            if let WatchEvent::Added(definition) | WatchEvent::Modified(definition) = event
                && serde_json::to_string(&definition).unwrap().contains("Established")
            {
                break;
            }
        }
    };
    timeout(MINUTE, established).await.expect("the kind is established");
    let served = async {
        loop {
            discovery.expire();
            if let Ok(thing) = discovery.resolve("example.com", None, "Thing").await {
                break thing;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let thing = timeout(MINUTE, served).await.expect("it is discovered");
    assert_eq!(thing.resource.plural, "things");
}

fn definition() -> CustomResourceDefinition {
    serde_json::from_value(json!({
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "scope": "Namespaced",
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }],
        },
    }))
    .unwrap()
}
