//! What every implementation of a trait in this crate must do, as tests to call from your own.

use crate::{Error, Inventory, InventoryStore, ObjectId};

/// Checks an [`InventoryStore`] that starts empty.
///
/// # Panics
///
/// At the first rule that does not hold.
pub async fn inventory_store(store: &dyn InventoryStore) {
    let empty = store.load().await.expect("a store that was never saved loads");
    assert_eq!(empty.inventory, Inventory::default(), "a store that was never saved is empty");

    let web = inventory(["web"]);
    let first = store.save(&web, &empty.mark).await.expect("saves");
    let loaded = store.load().await.expect("loads");
    assert_eq!(loaded.inventory, web, "loads what was saved last");

    let again = store.save(&web, &loaded.mark).await.expect("saves what it already holds");
    let both = inventory(["web", "api"]);
    let second = store.save(&both, &again).await.expect("saves over the mark of a save");
    for (outdated, name) in [(&empty.mark, "first"), (&first, "second")] {
        if *outdated == second {
            continue; // nothing was saved since, as far as this store tells
        }
        let saved = store.save(&web, outdated).await;
        let is_conflict = matches!(saved, Err(Error::InventoryConflict { .. }));
        assert!(
            is_conflict,
            "a save over the {name} state, which is gone, is a conflict: {saved:?}"
        );
    }
    let loaded = store.load().await.expect("loads");
    assert_eq!(loaded.inventory, both, "a save that was a conflict changes nothing");
    many(store).await;
}

/// Grows, shrinks and empties it.
async fn many(store: &dyn InventoryStore) {
    let names: Vec<String> = (0..2_000).map(|number| format!("object-{number:04}")).collect();
    for count in [2_000, 1_000, 1, 0] {
        let wanted = inventory(names.iter().take(count).map(String::as_str));
        let mark = store.load().await.expect("loads").mark;
        store.save(&wanted, &mark).await.expect("saves");
        assert_eq!(store.load().await.expect("loads").inventory, wanted, "keeps {count} objects");
    }
}

fn inventory<'n>(names: impl IntoIterator<Item = &'n str>) -> Inventory {
    let entry = |name| (ObjectId::new("apps", "Deployment", "shop", name), "v1".to_owned());
    names.into_iter().map(entry).collect()
}
