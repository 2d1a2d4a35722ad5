//! Who may do what, and what policies make of it.

use std::time::Duration;

use gotk_client::Identity;
use gotk_ssa::{Action, Applier, Note};
use serde_json::{Value, json};

use super::facts;
use crate::Fact;
use crate::site::Site;

pub(crate) fn facts() -> Vec<Fact> {
    facts![
        a_tenant_may_what_a_tenant_may,
        a_tenant_needs_no_right_to_list,
        a_policy_that_came_later_is_seen,
    ]
}

fn tenant(site: &Site) -> Applier {
    site.applier("set").acting_as(Identity::user_named(format!("jane-{}", site.namespace)).unwrap())
}

async fn allow(site: &Site, verbs: &[&str]) {
    let rbac = |kind: &str, more: Value| {
        let mut object = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind,
            "metadata": {"name": "tenant", "namespace": site.namespace},
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let rules =
        json!({"rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]});
    let binding = json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": format!("jane-{}", site.namespace)}],
    });
    let objects = [("roles", rbac("Role", rules)), ("rolebindings", rbac("RoleBinding", binding))];
    for (plural, object) in objects {
        let namespace = &site.namespace;
        let path = format!(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/{plural}/tenant?fieldManager=test"
        );
        site.send("PATCH", &path, "application/apply-patch+yaml", &object).await;
    }
}

async fn apply(site: &Site, applier: &Applier, objects: Vec<Value>) -> gotk_ssa::Applied {
    // The server learns of rights a moment after they are written.
    for _ in 0..600 {
        if let Ok(plan) = applier.plan(objects.clone()).await {
            return plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the rights do not arrive")
}

async fn a_tenant_may_what_a_tenant_may(site: Site) {
    let error = tenant(&site).plan(vec![site.config_map("a", json!({}))]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("ConfigMap/{}/a dry-run failed (Forbidden)", site.namespace)
    );
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains(&format!("User \"jane-{}\" cannot patch resource", site.namespace)),
        "{cause}"
    );

    allow(&site, &["get", "create", "patch"]).await;
    let _ = apply(&site, &tenant(&site), vec![site.config_map("a", json!({}))]).await;
    let applied = apply(&site, &tenant(&site), vec![site.config_map("b", json!({}))]).await;
    let error = applied.prune(&site.inventory).await.unwrap_err();
    assert!(
        error.to_string().contains("ConfigMap/") && error.to_string().contains("cannot delete"),
        "{error}"
    );
    let error = applied.ready(Duration::from_secs(60)).await.unwrap_err();
    assert!(error.to_string().contains("watch failed (Forbidden)"), "{error}");
}

async fn a_tenant_needs_no_right_to_list(site: Site) {
    allow(&site, &["get", "create", "patch"]).await;
    let objects =
        || (0..5).map(|number| site.config_map(&format!("a{number}"), json!({}))).collect();
    let _ = apply(&site, &tenant(&site), objects()).await;
    let kept = apply(&site, &tenant(&site), objects()).await;
    assert_eq!(kept.changes().count(Action::Keep), 5);
}

/// A merge that changes nothing is not all that a server does: policies come after it.
async fn a_policy_that_came_later_is_seen(site: Site) {
    let applier = site.applier("set");
    let object = || site.config_map("a", json!({"x": "1"}));
    let first = apply(&site, &applier, vec![object()]).await;
    assert_eq!(first.changes().count(Action::Create), 1);
    let name = format!("label-{}", site.namespace);
    let namespaces = json!({"matchLabels": {"kubernetes.io/metadata.name": site.namespace}});
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": namespaces,
                "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}],
            },
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression":
                "Object{metadata: Object.metadata{labels: Object.metadata.labels{policy: 'late'}}}"}}],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name}, "spec": {"policyName": name},
    });
    for (plural, object) in
        [("mutatingadmissionpolicies", policy), ("mutatingadmissionpolicybindings", binding)]
    {
        let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}");
        site.send("POST", &path, "application/json", &object).await;
    }
    for _ in 0..600 {
        let plan = applier.plan(vec![object()]).await.unwrap();
        let change = plan.changes().next().unwrap();
        if change.action == Action::Configure {
            let paths: Vec<_> = change.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(paths, [".metadata.labels.policy"]);
            assert!(!change.notes.contains(&Note::TakenOver));
            let _ = plan.record(&site.inventory).await.unwrap().apply().await.unwrap();
            assert!(!applier.plan(vec![object()]).await.unwrap().has_changes());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the policy is not seen");
}
