//! Ten thousand objects: requests grow in line with them, their inventory outgrows one request to etcd,
//! which takes 1.5 MiB, and waiting for all of them asks for a list and a watch.

use std::time::Duration;

use gotk_apiserver::ApiServer;
use gotk_client::{Options, Transport, Verb};
use gotk_kstatus::{Error, Message, Readers, Report, Status};
use gotk_ssa::{
    Action, Applier, ConfigMapInventory, FieldManager, InventoryStore, Owner, ReadyOptions,
};
use jiff::Timestamp;
use kube::Config;
use serde_json::{Value, json};

const COUNT: usize = 10_000;

fn objects() -> Vec<Value> {
    let object = |number: usize| {
        let name = format!("{}-{number}", "a-long-name".repeat(14));
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}})
    };
    (0..COUNT).map(object).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_objects() {
    let server = ApiServer::start().await.unwrap();
    server.seed("apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n").unwrap();
    let transport =
        Transport::new(&Config::new(server.url().parse().unwrap()), Options::default()).unwrap();
    let manager = FieldManager::new("kustomize-controller").unwrap();
    let applier = Applier::new(&transport, manager.clone()).owned_by(Owner::flux("shop", "app"));
    let store = ConfigMapInventory::new(transport.client(), "shop", "inventory", manager);

    let plan = applier.plan(objects()).await.unwrap();
    let applied = plan.record(&store).await.unwrap().apply().await.unwrap();
    assert_eq!(applied.changes().count(Action::Create), COUNT);
    let counts = transport.counts();
    assert_eq!((counts.dry_runs(), counts.of(Verb::Apply)), (COUNT as u64, COUNT as u64));
    let others = counts.total() - 2 * COUNT as u64;
    assert!(others < 30, "{others} requests for discovery and the inventory");

    let stored = store.load().await.unwrap().inventory;
    assert_eq!(stored.len(), COUNT);
    let bytes = stored.to_json().to_string().len();
    assert!(bytes > 3 << 19, "{bytes} bytes fit into one request");

    // Nothing changed: one dry-run each, and nothing else.
    let before = transport.counts();
    let applied =
        applier.plan(objects()).await.unwrap().record(&store).await.unwrap().apply().await.unwrap();
    assert!(applied.prune(&store).await.unwrap().changes.is_empty());
    let asked = transport.counts().since(&before);
    assert_eq!((asked.dry_runs(), asked.of(Verb::Apply)), (COUNT as u64, 0));
    assert!(asked.total() - (COUNT as u64) < 30, "{}", asked.total());

    // Not one is ready. Nobody is asked any more once they are watched.
    let before = transport.counts();
    let asked = || transport.counts().since(&before);
    let options =
        ReadyOptions::new(Duration::from_secs(3600)).readers(Readers::flux().prefer(unready));
    tokio::select! {
        ended = applied.ready_with(options) => panic!("{ended:?}"),
        () = async {
            while asked().of(Verb::Watch) == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } => {}
    }
    let (lists, watches) = (asked().of(Verb::List), asked().of(Verb::Watch));
    assert!(lists <= COUNT as u64 / 500 + 1, "{lists} pages");
    assert_eq!((watches, asked().total()), (1, lists + 1));
}

/// Whatever it is, it is not there yet.
fn unready(_: &Value, _: Timestamp) -> Option<Result<Report<'_>, Error>> {
    Some(Ok(Report::new(Status::InProgress, Message::Current)))
}
