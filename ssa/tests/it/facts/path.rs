//! From a plan to a cluster that holds it.

use gotk_client::Verb;
use gotk_ssa::{Action, Error, InventoryStore, Note, ObjectId, Others, PlanOptions};
use serde_json::json;

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        a_plan_writes_nothing,
        what_is_planned_is_applied,
        what_is_as_it_should_be_is_kept,
        a_changed_field_is_told_with_both_values,
        a_field_that_left_the_manifest_goes,
        drift_is_repaired,
        lost_ownership_is_restored,
        everything_refused_is_told_at_once,
        an_object_must_be_once_in_a_set,
        a_kind_nobody_serves_is_named,
        secrets_are_masked,
        another_owner_is_named,
        a_field_is_explained_with_its_owner,
        an_explanation_reads_each_object_once,
        a_failed_apply_leaves_a_superset,
    ]
}

async fn a_plan_writes_nothing(site: Site) {
    let plan =
        site.applier("set").plan(vec![site.config_map("a", json!({"x": "1"}))]).await.unwrap();
    let actions: Vec<_> = plan.changes().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Create]);
    assert_eq!(
        plan.to_string(),
        format!(
            "+ ConfigMap/{}/a created\n1 created, 0 configured, 0 unchanged, 0 skipped\n",
            site.namespace
        )
    );
    assert!(site.config_map_data("a").await.is_none());
}

async fn what_is_planned_is_applied(site: Site) {
    let objects = vec![site.config_map("a", json!({"x": "1"})), site.deployment("web", "nginx")];
    let plan = site.applier("set").plan(objects).await.unwrap();
    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    assert_eq!(applied.changes().count(Action::Create), 2);
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1"})));
    let web = site.get(&site.path("deployments", "web")).await.unwrap();
    assert_eq!(web["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "set");
    let stored = site.inventory.load().await.unwrap().inventory;
    assert_eq!(
        stored.version(&ObjectId::new("apps", "Deployment", &site.namespace, "web")),
        Some("v1")
    );
    assert_eq!(stored.len(), 2);
}

async fn what_is_as_it_should_be_is_kept(site: Site) {
    let objects = || vec![site.config_map("a", json!({"x": "1"})), site.deployment("web", "nginx")];
    let applier = site.applier("set");
    let recorded = applier.plan(objects()).await.unwrap().record(&site.inventory).await.unwrap();
    let _applied = recorded.apply().await.unwrap();
    let before = site.get(&site.path("configmaps", "a")).await;
    // Neither this process, which knows, nor another, which has to look, writes anything.
    for applier in [applier, site.applier("set")] {
        let plan = applier.plan(objects()).await.unwrap();
        assert!(!plan.has_changes(), "{plan:#}");
        let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
        assert_eq!(applied.changes().count(Action::Keep), 2);
    }
    assert_eq!(site.get(&site.path("configmaps", "a")).await, before);
}

async fn a_changed_field_is_told_with_both_values(site: Site) {
    let applier = site.applier("set");
    let plan = applier.plan(vec![site.deployment("web", "nginx:1")]).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let plan = applier.plan(vec![site.deployment("web", "nginx:2")]).await.unwrap();
    let text = plan.to_string();
    let line =
        "    ~ .spec.template.spec.containers[name=\"app\"].image: \"nginx:1\" -> \"nginx:2\"\n";
    assert_eq!(
        text,
        format!(
            "~ Deployment/{}/web configured\n{line}0 created, 1 configured, 0 unchanged, 0 skipped\n",
            site.namespace
        )
    );
}

async fn a_field_that_left_the_manifest_goes(site: Site) {
    let applier = site.applier("set");
    for data in [json!({"x": "1", "y": "2"}), json!({"x": "1"})] {
        let plan = applier.plan(vec![site.config_map("a", data)]).await.unwrap();
        let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    }
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1"})));
}

async fn drift_is_repaired(site: Site) {
    let objects = || vec![site.config_map("a", json!({"x": "1"}))];
    let applier = site.applier("set");
    let plan = applier.plan(objects()).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let patch = json!({"data": {"x": "stolen", "z": "theirs"}});
    site.patch_as("somebody", &site.path("configmaps", "a"), &patch).await;

    let plan = applier.plan(objects()).await.unwrap();
    let fields: Vec<_> = plan.changes().flat_map(|change| &change.fields).collect();
    assert_eq!((fields.len(), fields[0].path.as_str()), (1, ".data.x"));
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1", "z": "theirs"})));
}

async fn lost_ownership_is_restored(site: Site) {
    let objects = || vec![site.config_map("a", json!({"x": "1"}))];
    let applier = site.applier("set");
    let plan = applier.plan(objects()).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let path = site.path("configmaps", "a");
    site.patch_as("somebody", &path, &json!({"metadata": {"managedFields": [{}]}})).await;

    let plan = applier.plan(objects()).await.unwrap();
    assert!(plan.changes().next().unwrap().notes.contains(&Note::Ownership), "{plan}");
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let live = site.get(&path).await.unwrap();
    let managers = live["metadata"]["managedFields"].as_array().unwrap();
    assert!(
        managers
            .iter()
            .any(|it| it["manager"] == "kustomize-controller" && it["operation"] == "Apply")
    );
    // What the server attributes to `before-first-apply` becomes ours; then it stays so.
    for _ in 0..2 {
        let plan = applier.plan(objects()).await.unwrap();
        let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    }
    assert!(!applier.plan(objects()).await.unwrap().has_changes());
}

async fn everything_refused_is_told_at_once(site: Site) {
    let mut bad = site.deployment("bad", "nginx");
    bad["spec"]["template"]["spec"]["containers"] = json!([]);
    let mut worse = site.deployment("worse", "nginx");
    worse["spec"]["template"]["spec"]["containers"] = json!([]);
    let objects = vec![site.config_map("a", json!({})), bad.clone(), worse];
    let error = site.applier("set").plan(objects).await.unwrap_err();
    let Error::Several { failures } = &error else { panic!("{error}") };
    assert_eq!(failures.len(), 2, "{error}");
    let error = site.applier("set").plan(vec![bad]).await.unwrap_err();
    assert_eq!(error.object().unwrap().name, "bad");
    assert_eq!(error.fields(), ["spec.template.spec.containers"]);
    assert!(!error.is_transient());
    assert_eq!(
        error.to_string(),
        format!("Deployment/{}/bad dry-run failed (Invalid)", site.namespace)
    );
    assert!(site.config_map_data("a").await.is_none());
}

async fn an_object_must_be_once_in_a_set(site: Site) {
    let objects = vec![site.config_map("a", json!({})), site.config_map("a", json!({}))];
    let error = site.applier("set").plan(objects).await.unwrap_err();
    assert_eq!(error.to_string(), format!("ConfigMap/{}/a: is twice in the set", site.namespace));
}

async fn a_kind_nobody_serves_is_named(site: Site) {
    let error = site.applier("set").plan(vec![site.widget(&site.namespace, "a", json!({}))]).await;
    let expected = format!("Widget/{}/a: no kind Widget.{}/v1", site.namespace, site.group());
    assert_eq!(error.unwrap_err().to_string(), expected);
}

async fn secrets_are_masked(site: Site) {
    let secret = |password: &str| {
        let mut secret = site.config_map("a", json!({"password": password}));
        secret["kind"] = json!("Secret");
        vec![secret]
    };
    let applier = site.applier("set");
    let plan = applier.plan(secret("aHVudGVyMQ==")).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let plan = applier.plan(secret("aHVudGVyMg==")).await.unwrap();
    let text = plan.to_string();
    assert!(text.contains(".data.password: \"*** (before)\" -> \"*** (after)\""), "{text}");
    assert!(!format!("{plan:?}{plan:#}").contains("aHVudGVy"));
}

async fn another_owner_is_named(site: Site) {
    let objects = || vec![site.config_map("a", json!({"x": "1"}))];
    let plan = site.applier("first").plan(objects()).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();

    let second = site.applier("second");
    let options =
        PlanOptions::for_manager(&gotk_ssa::FieldManager::new("kustomize-controller").unwrap());
    let error = second.plan_with(objects(), options.others(Others::Refuse)).await.unwrap_err();
    let first = format!("{}/first", site.namespace);
    assert_eq!(error.to_string(), format!("ConfigMap/{}/a belongs to {first}", site.namespace));

    let plan = second.plan(objects()).await.unwrap();
    assert!(plan.to_string().contains(&format!("(taken from {first})")), "{plan}");
}

async fn a_field_is_explained_with_its_owner(site: Site) {
    let applier = site.applier("set");
    site.apply_as("somebody", &site.config_map("a", json!({"x": "theirs"}))).await;
    let plan = applier.plan(vec![site.config_map("a", json!({"x": "1"}))]).await.unwrap();
    let id = ObjectId::new("", "ConfigMap", &site.namespace, "a");
    let text = plan.explain(&id).await.unwrap().to_string();
    assert!(text.contains(".data.x\n      is \"theirs\", as somebody (applied in v1"), "{text}");
    let unknown = ObjectId::new("", "ConfigMap", &site.namespace, "b");
    assert!(plan.explain(&unknown).await.is_err());
}

async fn an_explanation_reads_each_object_once(site: Site) {
    let applier = site.applier("set");
    let definition = site.definition(json!({"size": {"type": "integer"}}));
    let objects = |size: i32| {
        let widget = |name| site.widget(&site.namespace, name, json!({"size": size}));
        vec![widget("v"), widget("w"), site.config_map("a", json!({"size": size.to_string()}))]
    };
    let plan = applier.plan([vec![definition], objects(1)].concat()).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let plan = applier.plan(objects(2)).await.unwrap();
    let before = site.transport.counts();
    for change in plan.changes() {
        let text = plan.explain(&change.object).await.unwrap().to_string();
        assert!(text.contains("size"), "{text}");
    }
    let asked = site.transport.counts().since(&before);
    assert_eq!((asked.of(Verb::Get), asked.total()), (4, 4), "three objects and a definition");
}

async fn a_failed_apply_leaves_a_superset(site: Site) {
    // Its namespace goes between the plan and the apply.
    let other = format!("{}-other", site.namespace);
    site.apply_as("test", &site.namespace_object(&other)).await;
    let mut lost = site.deployment("lost", "nginx");
    lost["metadata"]["namespace"] = json!(other);
    let objects = vec![site.config_map("a", json!({"x": "1"})), lost];
    let recorded =
        site.applier("set").plan(objects).await.unwrap().record(&site.inventory).await.unwrap();
    site.delete(&format!("/api/v1/namespaces/{other}")).await;
    let error = recorded.apply().await.unwrap_err();
    let done = error.done().unwrap();
    assert_eq!(done.count(Action::Create), 1, "{error}");
    assert_eq!(error.object().unwrap().name, "lost");
    assert!(site.config_map_data("a").await.is_some());
    assert_eq!(site.inventory.load().await.unwrap().inventory.len(), 2, "a superset");
}
