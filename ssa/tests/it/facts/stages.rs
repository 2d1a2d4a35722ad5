//! Sets that bring what they need.

use std::time::Duration;

use gotk_ssa::{Action, FieldManager, PlanOptions};
use serde_json::json;

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        a_set_brings_its_kind_and_its_namespace,
        what_waits_is_compared_with_its_new_schema,
        a_new_field_waits_for_its_definition,
        nothing_of_a_stage_is_written_if_one_is_refused,
        a_definition_that_is_never_usable_ends_the_apply,
    ]
}

async fn a_set_brings_its_kind_and_its_namespace(site: Site) {
    let other = format!("{}-new", site.namespace);
    let mut config_map = site.config_map("a", json!({"x": "1"}));
    config_map["metadata"]["namespace"] = json!(other);
    let objects = || {
        let definition = site.definition(json!({"size": {"type": "integer"}}));
        let widget = site.widget(&other, "w", json!({"size": 3}));
        vec![widget, config_map.clone(), site.namespace_object(&other), definition]
    };
    let applier = site.applier("set");
    let plan = applier.plan(objects()).await.unwrap();
    assert_eq!(plan.changes().filter(|change| change.is_deferred()).count(), 2);
    assert!(plan.changes().all(|change| change.action == Action::Create));
    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let kinds: Vec<_> = applied.changes().iter().map(|it| it.object.kind.as_str()).collect();
    assert_eq!(kinds, ["CustomResourceDefinition", "Namespace", "ConfigMap", "Widget"]);
    assert!(applied.changes().iter().all(|change| !change.is_deferred()));
    let path = format!("/apis/{}/v1/namespaces/{other}/widgets/w", site.group());
    assert_eq!(site.get(&path).await.unwrap()["spec"]["size"], 3);
    let plan = applier.plan(objects()).await.unwrap();
    assert!(!plan.has_changes(), "{plan:#}");
}

async fn what_waits_is_compared_with_its_new_schema(site: Site) {
    let definition = site.definition(json!({"size": {"type": "integer"}}));
    let widget = site.widget(&site.namespace, "w", json!({"size": "large"}));
    let error = site.applier("set").plan(vec![definition, widget]).await.unwrap_err();
    assert_eq!(error.object().unwrap().name, "w");
    assert!(error.to_string().contains(".spec.size"), "{error}");
    let name = format!("widgets.{}", site.group());
    let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
    assert!(site.get(&path).await.is_none(), "nothing is written");
}

async fn a_new_field_waits_for_its_definition(site: Site) {
    let applier = site.applier("set");
    let size = json!({"size": {"type": "integer"}});
    let both = json!({"size": {"type": "integer"}, "colour": {"type": "string"}});
    for (fields, spec) in [(size, json!({"size": 1})), (both, json!({"size": 1, "colour": "red"}))]
    {
        let objects = vec![site.definition(fields), site.widget(&site.namespace, "w", spec)];
        let plan = applier.plan(objects).await.unwrap();
        assert_eq!(plan.changes().filter(|change| change.is_deferred()).count(), 1);
        let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    }
    let path = format!("/apis/{}/v1/namespaces/{}/widgets/w", site.group(), site.namespace);
    assert_eq!(site.get(&path).await.unwrap()["spec"]["colour"], "red");
}

async fn nothing_of_a_stage_is_written_if_one_is_refused(site: Site) {
    let other = format!("{}-new", site.namespace);
    let mut good = site.config_map("a", json!({"x": "1"}));
    good["metadata"]["namespace"] = json!(other);
    let mut bad = site.deployment("web", "nginx");
    bad["metadata"]["namespace"] = json!(other);
    bad["spec"]["template"]["spec"]["containers"] = json!([]);
    let plan =
        site.applier("set").plan(vec![site.namespace_object(&other), good, bad]).await.unwrap();
    let error = plan.record(&site.inventory).await.unwrap().apply().await.unwrap_err();
    assert_eq!(error.done().unwrap().changes.len(), 1, "the namespace");
    assert_eq!(error.object().unwrap().name, "web");
    assert!(site.get(&format!("/api/v1/namespaces/{other}/configmaps/a")).await.is_none());
}

async fn a_definition_that_is_never_usable_ends_the_apply(site: Site) {
    let definition = || site.definition(json!({"size": {"type": "integer"}}));
    // The same names, under another plural: they are not accepted.
    let mut rival = definition();
    rival["metadata"]["name"] = json!(format!("gadgets.{}", site.group()));
    rival["spec"]["names"]["plural"] = json!("gadgets");
    let manager = FieldManager::new("kustomize-controller").unwrap();
    let options = PlanOptions::for_manager(&manager).stage_limit(Duration::from_millis(1_500));
    let applier = site.applier("set");
    let plan = applier.plan(vec![definition()]).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let objects = vec![rival, site.config_map("a", json!({}))];
    let plan = applier.plan_with(objects, options).await.unwrap();
    let error = plan.record(&site.inventory).await.unwrap().apply().await.unwrap_err();
    assert_eq!(error.done().unwrap().count(Action::Create), 1);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    let begin =
        format!("timeout waiting for: [CustomResourceDefinition/gadgets.{} status: ", site.group());
    assert!(
        cause.starts_with(&begin)
            || cause.starts_with(
                &begin.replace("timeout waiting for", "failed early due to stalled resources")
            ),
        "{cause}"
    );
    assert!(site.config_map_data("a").await.is_none());
}
