//! Questions that are posted, and what is posted to an object.

use http::Request;
use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::with;
use crate::server::{Answer, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(the_administrator_may_do_everything, 0),
    fact!(a_review_says_why_somebody_may, 0, [Rbac]),
    fact!(a_review_says_that_somebody_may_not, 0, [Rbac]),
    fact!(nobody_gives_rights_they_do_not_have, 0, [Rbac]),
    fact!(a_binding_needs_a_role_that_is_there, 0, [Rbac]),
    fact!(a_review_is_not_kept, 0),
    fact!(a_token_names_its_account, 24),
    fact!(a_token_lasts_ten_minutes_at_least, 24),
    fact!(a_bound_pod_is_on_its_node, 0),
    fact!(a_bound_pod_is_not_bound_again, 0),
    fact!(an_evicted_pod_goes, 22),
    fact!(an_event_is_seen_in_both_groups, 19),
    fact!(an_autoscaler_is_seen_in_both_versions, 23),
    fact!(an_autoscaler_of_the_old_version_has_the_defaults_of_the_new, 23),
    fact!(who_owns_a_field_is_known_in_both_versions, 23),
];

const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

fn asking(namespace: &str, verb: &str, resource: &str) -> Value {
    json!({ "namespace": namespace, "verb": verb, "resource": resource })
}

async fn as_user(s: &Server, user: &str, path: &str, object: &Value) -> Answer {
    s.send(Request::post(path).header("Impersonate-User", user), Some(object)).await
}

async fn the_administrator_may_do_everything(s: Server) {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": asking(&s.namespace, "delete", "secrets") },
    });
    let answer =
        s.post(&format!("{AUTHORIZATION}/selfsubjectaccessreviews"), &review).await.is(201);
    assert_eq!(answer["status"], json!({ "allowed": true }));
    assert_eq!(answer["spec"], review["spec"]);
}

async fn grant(s: &Server, user: &str) {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "r" },
        "rules": [
            { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"] },
            { "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create"] },
        ],
    });
    s.post(&s.path(RBAC, "roles"), &role).await.is(201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "b" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user }],
    });
    s.post(&s.path(RBAC, "rolebindings"), &binding).await.is(201);
}

async fn review(s: &Server, user: &str, verb: &str) -> Value {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": { "user": user, "resourceAttributes": asking(&s.namespace, verb, "configmaps") },
    });
    let path = format!("{AUTHORIZATION}/subjectaccessreviews");
    s.post(&path, &review).await.is(201)["status"].clone()
}

async fn a_review_says_why_somebody_may(s: Server) {
    grant(&s, "jane").await;
    s.eventually("jane may", async || review(&s, "jane", "get").await["allowed"] == true).await;
    let why = format!(
        "RBAC: allowed by RoleBinding \"b/{}\" of Role \"r\" to User \"jane\"",
        s.namespace
    );
    assert_eq!(review(&s, "jane", "get").await["reason"], why);
}

async fn a_review_says_that_somebody_may_not(s: Server) {
    let status = review(&s, "john", "get").await;
    assert_eq!(status["allowed"], false);
}

async fn nobody_gives_rights_they_do_not_have(s: Server) {
    grant(&s, "jane").await;
    s.eventually("jane may", async || review(&s, "jane", "get").await["allowed"] == true).await;
    let role = |name: &str, verb: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": name },
            "rules": [{ "apiGroups": [""], "resources": ["configmaps"], "verbs": [verb] }],
        })
    };
    let path = s.path(RBAC, "roles");
    as_user(&s, "jane", &path, &role("own", "get")).await.is(201);
    let refused = as_user(&s, "jane", &path, &role("more", "delete")).await.is(403);
    let message = refused["message"].as_str().unwrap();
    assert_eq!(
        message,
        "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"configmaps\"], Verbs:[\"delete\"]}"
    );
}

async fn a_binding_needs_a_role_that_is_there(s: Server) {
    grant(&s, "jane").await;
    s.eventually("jane may", async || review(&s, "jane", "get").await["allowed"] == true).await;
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "c" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "none" },
        "subjects": [],
    });
    let answer = as_user(&s, "jane", &s.path(RBAC, "rolebindings"), &binding).await;
    answer.refused(404, "NotFound", "rolebindings.rbac.authorization.k8s.io \"none\" not found");
}

async fn a_review_is_not_kept(s: Server) {
    s.get(&format!("{AUTHORIZATION}/selfsubjectaccessreviews")).await.is(405);
}

async fn account(s: &Server) -> String {
    let account =
        json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "me" } });
    s.post(&s.core("serviceaccounts"), &account).await.is(201);
    format!("{}/me/token", s.core("serviceaccounts"))
}

async fn a_token_names_its_account(s: Server) {
    let path = account(&s).await;
    let request =
        json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
    let answer = s.post(&path, &request).await.is(201);
    assert_eq!(answer["spec"]["expirationSeconds"], 3600);
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
        "spec": { "token": answer["status"]["token"] },
    });
    let status =
        &s.post("/apis/authentication.k8s.io/v1/tokenreviews", &review).await.is(201)["status"];
    assert_eq!(status["authenticated"], true);
    let name = format!("system:serviceaccount:{}:me", s.namespace);
    assert_eq!(status["user"]["username"], name);
}

async fn a_token_lasts_ten_minutes_at_least(s: Server) {
    let path = account(&s).await;
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": { "expirationSeconds": 60 },
    });
    let refused = s.post(&path, &request).await.is(422);
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.ends_with("spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes"),
        "{message}"
    );
}

async fn pod(s: &Server) -> String {
    let spec = json!({ "containers": [{ "name": "c", "image": "i" }] });
    let pod =
        json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p" }, "spec": spec });
    s.post(&s.core("pods"), &pod).await.is(201);
    format!("{}/p", s.core("pods"))
}

fn binding() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": { "name": "p" },
        "target": { "apiVersion": "v1", "kind": "Node", "name": "node-1" },
    })
}

async fn a_bound_pod_is_on_its_node(s: Server) {
    let pod = pod(&s).await;
    let answer = s.post(&format!("{pod}/binding"), &binding()).await.is(201);
    assert_eq!((&answer["kind"], &answer["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(s.get(&pod).await.is(200)["spec"]["nodeName"], "node-1");
}

async fn a_bound_pod_is_not_bound_again(s: Server) {
    let pod = pod(&s).await;
    s.post(&format!("{pod}/binding"), &binding()).await.is(201);
    let why = "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"node-1\"";
    s.post(&format!("{pod}/binding"), &binding()).await.refused(409, "Conflict", why);
}

async fn an_evicted_pod_goes(s: Server) {
    let pod = pod(&s).await;
    let eviction =
        json!({ "apiVersion": "policy/v1", "kind": "Eviction", "metadata": { "name": "p" } });
    s.post(&format!("{pod}/eviction"), &eviction).await.is(201);
    s.get(&pod).await.is(404);
}

async fn an_event_is_seen_in_both_groups(s: Server) {
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": { "name": "e" },
        "eventTime": "2026-01-01T00:00:00.000000Z", "reportingController": "a.b/c",
        "reportingInstance": "i", "action": "Act", "reason": "Because", "note": "said", "type": "Normal",
        "regarding": { "kind": "Pod", "name": "p", "namespace": s.namespace },
    });
    s.post(&s.path("/apis/events.k8s.io/v1", "events"), &event).await.is(201);
    let seen = s.get(&format!("{}/e", s.core("events"))).await.is(200);
    assert_eq!((&seen["message"], &seen["involvedObject"]["name"]), (&json!("said"), &json!("p")));
    assert_eq!((&seen["apiVersion"], &seen["reportingComponent"]), (&json!("v1"), &json!("a.b/c")));
}

async fn an_autoscaler_is_seen_in_both_versions(s: Server) {
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" });
    let old = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "h" },
        "spec": { "scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50 },
    });
    s.post(&s.path("/apis/autoscaling/v1", "horizontalpodautoscalers"), &old).await.is(201);
    let path = format!("{}/h", s.path("/apis/autoscaling/v2", "horizontalpodautoscalers"));
    let new = s.get(&path).await.is(200);
    assert_eq!(new["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
}

async fn an_autoscaler_of_the_old_version_has_the_defaults_of_the_new(s: Server) {
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" });
    let old = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": { "name": "h" },
        "spec": { "scaleTargetRef": target, "maxReplicas": 3 },
    });
    let path = s.path("/apis/autoscaling/v1", "horizontalpodautoscalers");
    let newer = s.path("/apis/autoscaling/v2", "horizontalpodautoscalers");
    let tried = s.post(&format!("{path}?dryRun=All"), &old).await.is(201);
    let created = s.post(&path, &old).await.is(201);
    for object in [&tried, &created] {
        assert_eq!(object["spec"]["targetCPUUtilizationPercentage"], 80);
        let owned = &object["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
        assert_eq!(owned["f:targetCPUUtilizationPercentage"], json!({}));
    }
    let new = s.get(&format!("{newer}/h")).await.is(200);
    let cpu = json!({ "type": "Utilization", "averageUtilization": 80 });
    let cpu = json!([{ "type": "Resource", "resource": { "name": "cpu", "target": cpu } }]);
    assert_eq!(new["spec"]["metrics"], cpu);
    assert_eq!(new["status"], json!({ "currentMetrics": null, "desiredReplicas": 0 }));
    let again = s.put(&format!("{path}/h"), &old).await.is(200);
    assert_eq!(again, created, "nothing changed");
    // What is in an annotation is a metric, too.
    let key = "autoscaling.alpha.kubernetes.io/metrics";
    let others = json!([{ "type": "Resource", "resource": { "name": "memory", "targetAverageUtilization": 50 } }]);
    let mut other = with(&old, "/metadata/name", json!("other"));
    other["metadata"]["annotations"] = json!({ key: others.to_string() });
    let other = s.post(&path, &other).await.is(201);
    assert_eq!(other["spec"].get("targetCPUUtilizationPercentage"), None);
    // By apply the default is nobody's.
    let applied = s
        .apply("m", &format!("{path}/applied"), &with(&old, "/metadata/name", json!("applied")))
        .await
        .is(201);
    assert_eq!(applied["spec"]["targetCPUUtilizationPercentage"], 80);
    let owned = &applied["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!(*owned, json!({ "f:maxReplicas": {}, "f:scaleTargetRef": {} }));
}

async fn who_owns_a_field_is_known_in_both_versions(s: Server) {
    let autoscaler = |version: &str, spec: Value| {
        json!({
            "apiVersion": format!("autoscaling/{version}"), "kind": "HorizontalPodAutoscaler",
            "metadata": { "name": "h" }, "spec": spec,
        })
    };
    let path = |version: &str| {
        format!("{}/h", s.path(&format!("/apis/autoscaling/{version}"), "horizontalpodautoscalers"))
    };
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" });
    let all =
        json!({ "scaleTargetRef": target, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50 });
    s.apply("old", &path("v1"), &autoscaler("v1", all)).await.is(201);
    let more = autoscaler("v2", json!({ "scaleTargetRef": target, "maxReplicas": 4 }));
    let status = s.apply("new", &path("v2"), &more).await.is(409);
    let conflict = "conflict with \"old\": .spec.maxReplicas";
    assert!(status["message"].as_str().unwrap().contains(conflict), "{status:#}");
    let least =
        autoscaler("v2", json!({ "scaleTargetRef": target, "maxReplicas": 3, "minReplicas": 2 }));
    let applied = s.apply("new", &path("v2"), &least).await.is(200);
    assert_eq!(applied["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
    let seen = s.get(&path("v1")).await.is(200);
    assert_eq!(
        (&seen["spec"]["targetCPUUtilizationPercentage"], &seen["spec"]["minReplicas"]),
        (&json!(50), &json!(2))
    );
    // What the older version says no more is not the default of it in the newer one.
    let less = json!({ "scaleTargetRef": target, "maxReplicas": 3 });
    let applied = s.apply("old", &path("v1"), &autoscaler("v1", less)).await.is(200);
    assert_eq!(applied["spec"]["targetCPUUtilizationPercentage"], 50);
    let seen = s.get(&path("v2")).await.is(200);
    assert_eq!(seen["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 50);
}
