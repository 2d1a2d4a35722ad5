//! Objects of a kind that got a new version.

use gotk_ssa::{Action, Applier, Error, FieldManager, Note, Plan, PlanOptions};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![managers_move_to_the_version_that_is_applied]
}

/// A field with a default came with version 2; somebody wrote the status in version 1.
async fn managers_move_to_the_version_that_is_applied(site: Site) {
    let applier = site.applier("set");
    let first = site.definition(json!({"size": {"type": "integer"}}));
    let widget = site.widget(&site.namespace, "w", json!({"size": 1}));
    let plan = applier.plan(vec![first.clone(), widget.clone()]).await.unwrap();
    let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let path = |version: &str| {
        format!("/apis/{}/{version}/namespaces/{}/widgets", site.group(), site.namespace)
    };
    let status = json!({"status": {"phase": "Done"}});
    site.patch_as("other", &format!("{}/w/status", path("v1")), &status).await;

    let mut widget = widget;
    widget["apiVersion"] = json!(format!("{}/v2", site.group()));
    widget["spec"]["size"] = json!(2);
    for (mode, field) in [(json!({"type": "string"}), "size"), (with_default(), "mode")] {
        let second = with_a_second_version(first.clone(), mode);
        let plan = applier.plan(vec![second]).await.unwrap();
        let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
        is_served(&site, &format!("{}?dryRun=All", path("v2")), &widget, field).await;
        if field == "size" {
            let plan = discovered(&applier, &widget).await;
            let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
        }
    }

    let error = applier.plan(vec![widget.clone()]).await.unwrap_err();
    assert_eq!(error.object().unwrap().name, "w");
    let words = format!("{error:?}");
    assert!(words.contains("field not declared in schema"), "{words}");

    let live = format!("{}/w", path("v2"));
    let before = site.get(&live).await;
    let manager = FieldManager::new("kustomize-controller").unwrap();
    let options = || PlanOptions::for_manager(&manager).migrate_versions(true);
    let plan = applier.plan_with(vec![widget.clone()], options()).await.unwrap();
    let planned = plan.changes().next().unwrap();
    assert_eq!(planned.action, Action::Configure);
    assert_eq!(planned.notes, [Note::Migrated, Note::Deferred]);
    assert_eq!(site.get(&live).await, before, "a plan writes nothing");

    let applied = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
    let applied = applied.changes().iter().next().unwrap().clone();
    assert_eq!(applied.action, Action::Configure);
    assert!(applied.notes.contains(&Note::Migrated), "{:?}", applied.notes);
    let after = site.get(&live).await.unwrap();
    let managers = after["metadata"]["managedFields"].as_array().unwrap();
    assert!(managers.iter().all(|entry| entry["apiVersion"] == widget["apiVersion"]), "{after}");
    assert!(managers.iter().any(|entry| entry["manager"] == "other"), "{after}");
    let plan = applier.plan_with(vec![widget], options()).await.unwrap();
    assert!(!plan.has_changes(), "{plan:#}");
}

fn with_default() -> Value {
    json!({"type": "string", "default": "auto"})
}

fn with_a_second_version(mut definition: Value, mode: Value) -> Value {
    let mut second = definition["spec"]["versions"][0].clone();
    definition["spec"]["versions"][0]["storage"] = json!(false);
    second["name"] = json!("v2");
    second["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["mode"] = mode;
    definition["spec"]["versions"].as_array_mut().unwrap().push(second);
    definition
}

/// Plans when the server lists the new version, which it does a moment after it serves it.
async fn discovered(applier: &Applier, widget: &Value) -> Plan {
    loop {
        match applier.plan(vec![widget.clone()]).await {
            Err(Error::UnknownKind { .. }) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            plan => return plan.unwrap(),
        }
    }
}

/// Waits until the server has a field in what it would create.
async fn is_served(site: &Site, path: &str, widget: &Value, field: &str) {
    let mut probe = widget.clone();
    probe["metadata"]["name"] = json!("probe");
    loop {
        let request = http::Request::post(path).header("Content-Type", "application/json");
        let request = request.body(serde_json::to_vec(&probe).unwrap()).unwrap();
        let answer: Result<Value, _> = site.client.request(request).await;
        if answer.is_ok_and(|created| !created["spec"][field].is_null()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
