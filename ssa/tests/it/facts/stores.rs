//! Where inventories are kept.

use gotk_ssa::{
    ConfigMapInventory, FieldManager, Inventory, InventoryStore, ObjectId, StatusInventory,
    contract,
};
use kube::core::ApiResource;
use serde_json::json;

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        a_config_map_keeps_the_contract,
        many_config_maps_keep_the_contract,
        parts_that_are_not_named_go,
        a_status_keeps_the_contract,
    ]
}

fn manager() -> FieldManager {
    FieldManager::new("kustomize-controller").unwrap()
}

fn config_map(site: &Site) -> ConfigMapInventory {
    ConfigMapInventory::new(site.transport.client(), &site.namespace, "inventory", manager())
}

async fn a_config_map_keeps_the_contract(site: Site) {
    contract::inventory_store(&config_map(&site)).await;
}

async fn many_config_maps_keep_the_contract(site: Site) {
    contract::inventory_store(&config_map(&site).part_bytes(10_000)).await;
}

async fn parts_that_are_not_named_go(site: Site) {
    let store = config_map(&site).part_bytes(1_000);
    let inventory = |count: u32| -> Inventory {
        let id = |number| ObjectId::new("", "ConfigMap", "shop", &format!("object-{number}"));
        (0..count).map(|number| (id(number), "v1".to_owned())).collect()
    };
    let maps = async || {
        let path = format!("/api/v1/namespaces/{}/configmaps", site.namespace);
        let list = site.get(&path).await.unwrap();
        let items = list["items"].as_array().unwrap().iter();
        items.filter(|it| it["metadata"]["name"].as_str().unwrap().starts_with("inventory")).count()
    };
    let mark = store.load().await.unwrap().mark;
    let mark = store.save(&inventory(100), &mark).await.unwrap();
    assert!(maps().await > 4);
    store.save(&inventory(1), &mark).await.unwrap();
    assert_eq!(maps().await, 1);
}

async fn a_status_keeps_the_contract(site: Site) {
    let definition = site.definition(json!({"size": {"type": "integer"}}));
    let widget = site.widget(&site.namespace, "set", json!({"size": 1}));
    let plan = site.applier("set").plan(vec![definition, widget]).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let kind = ApiResource {
        group: site.group(),
        version: "v1".into(),
        api_version: format!("{}/v1", site.group()),
        kind: "Widget".into(),
        plural: "widgets".into(),
    };
    let (client, namespace) = (site.transport.client(), &site.namespace);
    let store = StatusInventory::new(client, kind, namespace, "set", manager());
    contract::inventory_store(&store).await;
    let path = format!("/apis/{}/v1/namespaces/{namespace}/widgets/set", site.group());
    assert_eq!(site.get(&path).await.unwrap()["status"]["inventory"], json!({"entries": []}));
}
