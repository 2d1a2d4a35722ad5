//! What becomes of objects that are not wanted any more.

use std::time::Duration;

use gotk_client::Verb;
use gotk_ssa::{
    Action, Applied, DeletionPolicy, InventoryStore, MemoryInventory, Note, PruneOptions,
};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        what_left_the_set_is_deleted,
        nothing_foreign_is_deleted,
        a_set_hands_over_without_deleting,
        what_another_process_is_adding_is_left_to_it,
        what_asks_to_stay_stays,
        protected_kinds_stay,
        an_object_whose_kind_is_gone_is_gone,
        what_cannot_be_deleted_stays_in_the_inventory,
        a_set_is_deleted_as_the_policy_says,
        deletion_waits_for_termination,
        waiting_for_termination_costs_one_list_a_kind,
    ]
}

async fn apply(
    site: &Site,
    set: &str,
    inventory: &MemoryInventory,
    objects: Vec<Value>,
) -> Applied {
    let plan = site.applier(set).plan(objects).await.unwrap();
    plan.record(inventory).await.unwrap().apply().await.unwrap()
}

async fn ids(inventory: &MemoryInventory) -> Vec<String> {
    let stored = inventory.load().await.unwrap().inventory;
    stored.iter().map(|(id, _)| id.name.clone()).collect()
}

async fn what_left_the_set_is_deleted(site: Site) {
    let (a, b) = (site.config_map("a", json!({})), site.config_map("b", json!({})));
    let _ = apply(&site, "set", &site.inventory, vec![a.clone(), b]).await;
    let applied = apply(&site, "set", &site.inventory, vec![a]).await;
    assert_eq!(ids(&site.inventory).await, ["a", "b"], "until it is pruned");
    let pruned = applied.prune(&site.inventory).await.unwrap();
    assert_eq!((pruned.changes.len(), pruned.count(Action::Delete)), (1, 1));
    assert_eq!(ids(&site.inventory).await, ["a"]);
    assert!(site.get(&site.path("configmaps", "b")).await.is_none());
    assert!(site.get(&site.path("configmaps", "a")).await.is_some());
    assert!(applied.prune(&site.inventory).await.unwrap().changes.is_empty());
}

async fn nothing_foreign_is_deleted(site: Site) {
    let (a, b) = (site.config_map("a", json!({})), site.config_map("b", json!({})));
    let _ = apply(&site, "set", &site.inventory, vec![a.clone(), b]).await;
    site.delete(&site.path("configmaps", "b")).await;
    site.apply_as("somebody", &site.config_map("b", json!({"theirs": "1"}))).await;
    let applied = apply(&site, "set", &site.inventory, vec![a]).await;
    let pruned = applied.prune(&site.inventory).await.unwrap();
    assert_eq!(pruned.changes[0].action, Action::Skip);
    assert_eq!(pruned.changes[0].notes, [Note::Foreign]);
    assert!(site.get(&site.path("configmaps", "b")).await.is_some());
    assert_eq!(ids(&site.inventory).await, ["a"]);
}

async fn a_set_hands_over_without_deleting(site: Site) {
    let (a, b) = (site.config_map("a", json!({})), site.config_map("b", json!({})));
    let other = MemoryInventory::default();
    let _ = apply(&site, "first", &site.inventory, vec![a.clone(), b.clone()]).await;
    let _ = apply(&site, "second", &other, vec![b]).await;
    let pruned = apply(&site, "first", &site.inventory, vec![a]).await.prune(&site.inventory).await;
    assert_eq!(pruned.unwrap().changes[0].notes, [Note::Foreign]);
    assert!(site.get(&site.path("configmaps", "b")).await.is_some());
    assert_eq!(
        (ids(&site.inventory).await, ids(&other).await),
        (vec!["a".into()], vec!["b".into()])
    );
}

async fn what_another_process_is_adding_is_left_to_it(site: Site) {
    let (a, b) = (site.config_map("a", json!({})), site.config_map("b", json!({})));
    let slow = apply(&site, "set", &site.inventory, vec![a.clone()]).await;
    // A newer revision is applied by another replica before the slow one prunes.
    let _ = apply(&site, "set", &site.inventory, vec![a, b]).await;
    assert!(slow.prune(&site.inventory).await.unwrap().changes.is_empty());
    assert!(site.get(&site.path("configmaps", "b")).await.is_some());
    assert_eq!(ids(&site.inventory).await, ["a", "b"]);
}

async fn what_asks_to_stay_stays(site: Site) {
    let mut b = site.config_map("b", json!({}));
    b["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"});
    let _ = apply(&site, "set", &site.inventory, vec![b]).await;
    let applied = apply(&site, "set", &site.inventory, vec![site.config_map("a", json!({}))]).await;
    let pruned = applied.prune(&site.inventory).await.unwrap();
    assert_eq!(pruned.changes[0].notes, [Note::PruneDisabled]);
    assert!(site.get(&site.path("configmaps", "b")).await.is_some());
}

async fn protected_kinds_stay(site: Site) {
    let other = format!("{}-kept", site.namespace);
    let _ = apply(&site, "set", &site.inventory, vec![site.namespace_object(&other)]).await;
    let applied = apply(&site, "set", &site.inventory, vec![site.config_map("a", json!({}))]).await;
    let options = PruneOptions::default().protect_holders();
    let pruned = applied.prune_with(&site.inventory, &options).await.unwrap();
    assert_eq!(pruned.changes[0].notes, [Note::Protected]);
    assert!(site.get(&format!("/api/v1/namespaces/{other}")).await.is_some());
}

async fn an_object_whose_kind_is_gone_is_gone(site: Site) {
    let definition = site.definition(json!({"size": {"type": "integer"}}));
    let widget = site.widget(&site.namespace, "w", json!({"size": 1}));
    let _ = apply(&site, "set", &site.inventory, vec![definition, widget]).await;
    let name = format!("widgets.{}", site.group());
    site.delete(&format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")).await;
    let path = format!("/apis/{}/v1/namespaces/{}/widgets", site.group(), site.namespace);
    while site.get(&path).await.is_some() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let applied = apply(&site, "set", &site.inventory, vec![site.config_map("a", json!({}))]).await;
    // Until the server has forgotten the group, its kinds may be only away, and stay listed.
    let mut deleted = 0;
    while deleted < 2 {
        match applied.prune(&site.inventory).await {
            Ok(pruned) => deleted += pruned.count(Action::Delete),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                deleted += error.done().unwrap().count(Action::Delete);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    assert_eq!(ids(&site.inventory).await, ["a"]);
}

async fn what_cannot_be_deleted_stays_in_the_inventory(site: Site) {
    // The server refuses to delete the default namespace.
    let manager = gotk_ssa::FieldManager::new("kustomize-controller").unwrap();
    let applier = gotk_ssa::Applier::new(&site.transport, manager);
    let mut default = site.namespace_object("default");
    default["metadata"]["labels"] = json!({"example.dev/ours": "yes"});
    let plan = applier.plan(vec![default, site.config_map("b", json!({}))]).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let plan = applier.plan(vec![site.config_map("a", json!({}))]).await.unwrap();
    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let error = applied.prune(&site.inventory).await.unwrap_err();
    assert!(
        error.to_string().starts_with("delete failed: Namespace/default delete failed"),
        "{error}"
    );
    assert_eq!(error.done().unwrap().count(Action::Delete), 1);
    assert_eq!(ids(&site.inventory).await, ["a", "default"]);
}

async fn a_set_is_deleted_as_the_policy_says(site: Site) {
    let objects = || vec![site.config_map("a", json!({})), site.deployment("web", "nginx")];
    let there = async || site.get(&site.path("configmaps", "a")).await.is_some();
    let applier = site.applier("set");
    for policy in [DeletionPolicy::Orphan, DeletionPolicy::MirrorPrune { prune: false }] {
        let _ = apply(&site, "set", &site.inventory, objects()).await;
        let left = applier.delete(&site.inventory, policy).await.unwrap();
        assert_eq!((left.count(Action::Skip), there().await), (2, true));
        assert!(ids(&site.inventory).await.is_empty());
    }
    for policy in [DeletionPolicy::Delete, DeletionPolicy::MirrorPrune { prune: true }] {
        let _ = apply(&site, "set", &site.inventory, objects()).await;
        let deleted = applier.delete(&site.inventory, policy).await.unwrap();
        let kinds: Vec<_> = deleted.iter().map(|change| change.object.kind.as_str()).collect();
        assert_eq!(kinds, ["Deployment", "ConfigMap"], "in the order opposite to applying");
        assert!(!there().await && ids(&site.inventory).await.is_empty());
    }
}

async fn deletion_waits_for_termination(site: Site) {
    let mut a = site.config_map("a", json!({}));
    a["metadata"]["finalizers"] = json!(["example.dev/hold"]);
    let _ = apply(&site, "set", &site.inventory, vec![a]).await;
    let applier = site.applier("set");
    let delete = applier.delete(&site.inventory, DeletionPolicy::WaitForTermination);
    let release = async {
        while site.get(&site.path("configmaps", "a")).await.unwrap()["metadata"]
            .get("deletionTimestamp")
            .is_none()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        site.patch_as(
            "person",
            &site.path("configmaps", "a"),
            &json!({"metadata": {"finalizers": null}}),
        )
        .await;
    };
    let (deleted, ()) = tokio::join!(delete, release);
    assert_eq!(deleted.unwrap().count(Action::Delete), 1);
    assert!(site.get(&site.path("configmaps", "a")).await.is_none());
}

async fn waiting_for_termination_costs_one_list_a_kind(site: Site) {
    let objects = (0..20).map(|number| site.config_map(&format!("a{number}"), json!({}))).collect();
    let _ = apply(&site, "set", &site.inventory, objects).await;
    let before = site.transport.counts();
    let policy = DeletionPolicy::WaitForTermination;
    let deleted = site.applier("set").delete(&site.inventory, policy).await.unwrap();
    assert_eq!(deleted.count(Action::Delete), 20);
    let after = site.transport.counts();
    let asked = |verb| after.of(verb) - before.of(verb);
    assert_eq!((asked(Verb::Delete), asked(Verb::List)), (20, 1));
}
