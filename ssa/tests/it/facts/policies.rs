//! What objects, and those who apply them, say about how.

use gotk_ssa::{Action, FieldManager, IgnoreRule, Note, PlanOptions};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        an_excluded_object_is_left_alone,
        a_live_object_can_exclude_itself,
        if_not_present_creates_and_then_leaves,
        what_kubectl_left_behind_goes,
        merge_leaves_what_kubectl_wrote,
        an_immutable_field_is_an_error_that_names_it,
        an_immutable_field_is_recreated_when_forced,
        what_is_invalid_is_never_recreated,
        ignored_fields_are_left_to_others,
        an_ignored_field_is_created_and_then_kept,
    ]
}

fn options() -> PlanOptions {
    PlanOptions::for_manager(&FieldManager::new("kustomize-controller").unwrap())
}

fn annotate(mut object: Value, key: &str, value: &str) -> Value {
    object["metadata"]["annotations"] =
        json!({format!("kustomize.toolkit.fluxcd.io/{key}"): value});
    object
}

/// Applies a set and tells what happened to its one object.
async fn apply(site: &Site, object: Value, options: PlanOptions) -> (Action, Vec<Note>) {
    let plan = site.applier("set").plan_with(vec![object], options).await.unwrap();
    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let change = applied.changes().iter().next().unwrap();
    (change.action, change.notes.clone())
}

async fn an_excluded_object_is_left_alone(site: Site) {
    for (key, value) in [("reconcile", "disabled"), ("ssa", "Ignore")] {
        let object = annotate(site.config_map("a", json!({"x": "1"})), key, value);
        assert_eq!(apply(&site, object, options()).await, (Action::Skip, vec![Note::Excluded]));
        assert!(site.config_map_data("a").await.is_none());
    }
}

async fn a_live_object_can_exclude_itself(site: Site) {
    apply(&site, site.config_map("a", json!({"x": "1"})), options()).await;
    let annotation =
        json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}});
    site.patch_as("person", &site.path("configmaps", "a"), &annotation).await;
    let changed = site.config_map("a", json!({"x": "2"}));
    assert_eq!(apply(&site, changed, options()).await, (Action::Skip, vec![Note::Excluded]));
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1"})));
}

async fn if_not_present_creates_and_then_leaves(site: Site) {
    let object =
        |value: &str| annotate(site.config_map("a", json!({"x": value})), "ssa", "IfNotPresent");
    assert_eq!(apply(&site, object("1"), options()).await.0, Action::Create);
    assert_eq!(
        apply(&site, object("2"), options()).await,
        (Action::Skip, vec![Note::IfNotPresent])
    );
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1"})));
}

/// An object as `kubectl apply` writes it: by POST, with its annotation.
async fn by_kubectl(site: &Site) {
    let mut object = site.config_map("a", json!({"x": "1", "old": "1"}));
    object["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"});
    let path = format!(
        "/api/v1/namespaces/{}/configmaps?fieldManager=kubectl-client-side-apply",
        site.namespace
    );
    site.send("POST", &path, "application/json", &object).await;
}

async fn what_kubectl_left_behind_goes(site: Site) {
    by_kubectl(&site).await;
    let object = || site.config_map("a", json!({"x": "1"}));
    let (action, notes) = apply(&site, object(), options()).await;
    assert_eq!(action, Action::Configure);
    assert!(notes.contains(&Note::TakenOver));
    let live = site.get(&site.path("configmaps", "a")).await.unwrap();
    assert_eq!(live["data"], json!({"x": "1"}), "what we do not apply is gone");
    assert!(live["metadata"].get("annotations").is_none(), "{live}");
    let managers = live["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(managers.len(), 1);
    assert_eq!(managers[0]["manager"], "kustomize-controller");
    assert_eq!(apply(&site, object(), options()).await, (Action::Keep, vec![]));
}

async fn merge_leaves_what_kubectl_wrote(site: Site) {
    by_kubectl(&site).await;
    let object = annotate(site.config_map("a", json!({"x": "2"})), "ssa", "Merge");
    let (action, notes) = apply(&site, object, options()).await;
    assert_eq!((action, notes.contains(&Note::TakenOver)), (Action::Configure, false));
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "2", "old": "1"})));
}

/// A `ConfigMap` that says its content cannot change.
fn fixed(site: &Site, value: &str) -> Value {
    let mut object = site.config_map("a", json!({"x": value}));
    object["immutable"] = json!(true);
    object
}

async fn an_immutable_field_is_an_error_that_names_it(site: Site) {
    apply(&site, fixed(&site, "1"), options()).await;
    let error = site.applier("set").plan(vec![fixed(&site, "2")]).await.unwrap_err();
    assert_eq!(error.fields(), ["data"]);
    assert_eq!(
        error.to_string(),
        format!("ConfigMap/{}/a dry-run failed (Invalid)", site.namespace)
    );
}

async fn an_immutable_field_is_recreated_when_forced(site: Site) {
    apply(&site, fixed(&site, "1"), options()).await;
    let uid =
        async || site.get(&site.path("configmaps", "a")).await.unwrap()["metadata"]["uid"].clone();
    let first = uid().await;
    let forced = apply(&site, fixed(&site, "2"), options().recreate_immutable(true)).await;
    assert_eq!(forced, (Action::Create, vec![Note::Recreate]));
    let second = uid().await;
    assert_ne!(first, second);
    let asked = annotate(fixed(&site, "3"), "force", "enabled");
    assert_eq!(apply(&site, asked, options()).await.1, [Note::Recreate]);
    assert_ne!(uid().await, second);
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "3"})));
}

async fn what_is_invalid_is_never_recreated(site: Site) {
    apply(&site, site.deployment("web", "nginx"), options()).await;
    let mut bad = site.deployment("web", "nginx");
    bad["spec"]["template"]["spec"]["containers"] = json!([]);
    let forced = options().recreate_immutable(true);
    assert!(site.applier("set").plan_with(vec![bad], forced).await.is_err());
}

async fn ignored_fields_are_left_to_others(site: Site) {
    let ignore = || options().ignore([IgnoreRule::new(["/spec/replicas"])]);
    apply(&site, site.deployment("web", "nginx:1"), ignore()).await;
    site.patch_as("scaler", &site.path("deployments", "web"), &json!({"spec": {"replicas": 5}}))
        .await;
    let kept = apply(&site, site.deployment("web", "nginx:1"), ignore()).await;
    assert_eq!(kept.0, Action::Keep);
    let configured = apply(&site, site.deployment("web", "nginx:2"), ignore()).await;
    assert_eq!(configured.0, Action::Configure);
    let live = site.get(&site.path("deployments", "web")).await.unwrap();
    assert_eq!(live["spec"]["replicas"], 5);
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "nginx:2");
}

async fn an_ignored_field_is_created_and_then_kept(site: Site) {
    let ignore = || options().ignore([IgnoreRule::new(["/data/x"])]);
    assert_eq!(
        apply(&site, site.config_map("a", json!({"x": "1"})), ignore()).await.0,
        Action::Create
    );
    assert_eq!(site.config_map_data("a").await, Some(json!({"x": "1"})));
    assert_eq!(
        apply(&site, site.config_map("a", json!({"x": "2"})), ignore()).await.0,
        Action::Keep
    );
}
