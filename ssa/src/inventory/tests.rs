use futures::FutureExt;
use proptest::prelude::*;

use super::*;
use crate::contract;

fn id(name: &str) -> ObjectId {
    ObjectId::new("apps", "Deployment", "shop", name)
}

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let entry = ("[a-f]{1,2}", "v[1-3]").prop_map(|(name, version)| (id(&name), version));
    proptest::collection::vec(entry, 0..12).prop_map(Inventory::from_iter)
}

fn config() -> ProptestConfig {
    let cases = std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(256);
    let rng_seed = proptest::test_runner::RngSeed::Fixed(10);
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_union_lists_what_either_lists(old in any_inventory(), new in any_inventory()) {
        let union = old.union(&new);
        prop_assert!(old.difference(&union).is_empty() && new.difference(&union).is_empty());
        prop_assert!(union.difference(&old).difference(&new).is_empty());
        prop_assert_eq!(union.union(&new), union);
    }

    #[test]
    fn what_is_pruned_is_not_in_the_new_set(old in any_inventory(), new in any_inventory()) {
        let stale = old.union(&new).difference(&new);
        prop_assert!(stale.iter().all(|(id, _)| !new.contains(id) && old.contains(id)));
        prop_assert_eq!(old.union(&new), stale.union(&new));
    }

    #[test]
    fn what_is_written_is_read(inventory in any_inventory()) {
        prop_assert_eq!(Inventory::from_json(&inventory.to_json()).unwrap(), inventory);
    }
}

#[test]
fn fluxs_inventory_is_read() {
    let status = json!({"entries": [{"id": "_shop__Namespace", "v": "v1"}, {"id": "shop_web_apps_Deployment", "v": "v1"}]});
    let inventory = Inventory::from_json(&status).unwrap();
    assert!(inventory.contains(&id("web")) && inventory.len() == 2);
    assert!(Inventory::from_json(&Value::Null).unwrap().is_empty());
}

#[test]
fn an_entry_that_cannot_be_read_is_an_error() {
    for bad in [json!({"entries": [{"id": "web"}]}), json!({"entries": [{"v": "v1"}]}), json!([])] {
        assert!(Inventory::from_json(&bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract::inventory_store(&MemoryInventory::default()).await;
}

#[tokio::test]
async fn an_update_that_was_overtaken_is_made_again_on_what_is_there() {
    let store = MemoryInventory::default();
    let overtaken = std::sync::atomic::AtomicBool::new(false);
    let inventory = update(&store, |stored| {
        if !overtaken.swap(true, std::sync::atomic::Ordering::Relaxed) {
            // Somebody else saves between our load and our save.
            let other = Inventory::from_iter([(id("other"), "v1".to_owned())]);
            store.save(&other, &Mark::default()).now_or_never().unwrap().unwrap();
        }
        stored.union(&Inventory::from_iter([(id("ours"), "v1".to_owned())]))
    });
    let inventory = inventory.await.unwrap();
    assert!(inventory.contains(&id("other")) && inventory.contains(&id("ours")));
    assert_eq!(store.load().await.unwrap().inventory, inventory);
}
