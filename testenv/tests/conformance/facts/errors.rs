//! How a refusal looks.

use http::Request;
use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::deployment;
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(what_is_not_found_is_named_with_its_group, 0),
    fact!(an_invalid_object_is_refused_with_all_its_causes, 0),
    fact!(a_forbidden_request_says_who_may_not_do_what, 0, [Rbac]),
    fact!(a_role_allows_what_it_says_and_no_more, 0, [Rbac]),
    fact!(an_unknown_resource_is_not_found, 0),
    fact!(a_method_that_is_not_there_is_not_allowed, 0),
    fact!(a_path_outside_of_the_api_has_no_status, 0),
    fact!(an_unknown_field_is_told_when_asked, 25, [FieldValidation]),
    fact!(a_field_that_is_there_twice_is_told_when_asked, 25, [FieldValidation]),
    fact!(a_value_of_another_type_is_refused_by_field, 16),
    fact!(an_unknown_field_is_dropped_when_not_asked, 25, [FieldValidation]),
];

async fn what_is_not_found_is_named_with_its_group(s: Server) {
    let answer = s.get(&format!("{}/web", s.apps("deployments"))).await;
    let status = answer.refused(404, "NotFound", r#"deployments.apps "web" not found"#);
    assert_eq!(status["details"], json!({ "name": "web", "group": "apps", "kind": "deployments" }));
    let answer = s.delete(&format!("{}/web", s.core("pods"))).await;
    let status = answer.refused(404, "NotFound", r#"pods "web" not found"#);
    assert_eq!(status["details"], json!({ "name": "web", "kind": "pods" }));
}

async fn an_invalid_object_is_refused_with_all_its_causes(s: Server) {
    let mut object = deployment("web", 0);
    object["spec"]["template"]["metadata"]["labels"] = json!({ "app": "other" });
    object["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap().remove("image");
    let status = s.post(&s.apps("deployments"), &object).await.is(422);
    assert_eq!(status["reason"], "Invalid");
    let details = &status["details"];
    assert_eq!(
        [&details["name"], &details["group"], &details["kind"]],
        ["web", "apps", "Deployment"]
    );
    let fields: Vec<&Value> =
        details["causes"].as_array().unwrap().iter().map(|c| &c["field"]).collect();
    assert_eq!(fields, ["spec.template.metadata.labels", "spec.template.spec.containers[0].image"]);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.starts_with("Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: "),
        "{message}"
    );
    assert!(
        message.ends_with(", spec.template.spec.containers[0].image: Required value]"),
        "{message}"
    );
}

async fn as_jane(s: &Server, path: &str) -> crate::server::Answer {
    s.send(Request::get(path).header("Impersonate-User", "jane"), None).await
}

async fn a_forbidden_request_says_who_may_not_do_what(s: Server) {
    let message = format!(
        "secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" in the \
         namespace \"{}\"",
        s.namespace
    );
    let status = as_jane(&s, &s.core("secrets")).await.refused(403, "Forbidden", &message);
    assert_eq!(status["details"], json!({ "kind": "secrets" }));
    let message = "deployments.apps \"web\" is forbidden: User \"jane\" cannot get resource \"deployments\" \
        in API group \"apps\" in the namespace \"default\"";
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    as_jane(&s, path).await.refused(403, "Forbidden", message);
}

async fn a_role_allows_what_it_says_and_no_more(s: Server) {
    let api = "/apis/rbac.authorization.k8s.io/v1";
    let rule = json!({ "apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"] });
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "reader" },
        "rules": [rule],
    });
    s.post(&s.path(api, "roles"), &role).await.is(201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "jane" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane" }],
    });
    s.post(&s.path(api, "rolebindings"), &binding).await.is(201);
    s.eventually("jane may list", async || as_jane(&s, &s.core("configmaps")).await.code == 200)
        .await;
    as_jane(&s, &s.core("secrets")).await.is(403);
    as_jane(&s, &format!("{}/a", s.core("configmaps"))).await.is(403);
}

async fn an_unknown_resource_is_not_found(s: Server) {
    let status = s.get(&s.core("nothings")).await.is(404);
    assert_eq!(status["message"], "the server could not find the requested resource");
    assert_eq!(status["reason"], "NotFound");
}

async fn a_method_that_is_not_there_is_not_allowed(s: Server) {
    let message = "the server does not allow this method on the requested resource";
    let answer = s.put(&s.core("configmaps"), &json!({})).await;
    answer.refused(405, "MethodNotAllowed", message);
}

async fn a_path_outside_of_the_api_has_no_status(s: Server) {
    let answer = s.get("/nothing/here").await;
    assert_eq!(answer.code, 404);
    assert_ne!(answer.body["reason"], "NotFound");
}

async fn a_field_that_is_there_twice_is_told_when_asked(s: Server) {
    let text = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"},"foo":1}"#;
    let path = format!("{}?fieldValidation=Strict", s.core("configmaps"));
    let request = Request::post(path).header("Content-Type", "application/json");
    let why = "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \"data.k\", unknown field \"foo\"";
    s.send_text(request, text.to_owned()).await.refused(400, "BadRequest", why);
}

async fn a_value_of_another_type_is_refused_by_field(s: Server) {
    let mut object = deployment("web", 0);
    object["spec"]["replicas"] = "many".into();
    let why = "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32";
    s.post(&s.apps("deployments"), &object).await.refused(400, "BadRequest", why);
}

async fn an_unknown_field_is_told_when_asked(s: Server) {
    let path = s.apps("deployments");
    let mut object = deployment("web", 0);
    object["spec"]["nothing"] = json!(1);
    let status = s.post(&format!("{path}?fieldValidation=Strict"), &object).await.is(400);
    let end = "strict decoding error: unknown field \"spec.nothing\"";
    assert!(status["message"].as_str().unwrap().ends_with(end), "{status:#}");
    let answer = s.post(&format!("{path}?fieldValidation=Warn"), &object).await;
    assert_eq!(answer.warnings, [r#"299 - "unknown field \"spec.nothing\"""#]);
    answer.is(201);
}

async fn an_unknown_field_is_dropped_when_not_asked(s: Server) {
    let mut object = deployment("web", 0);
    object["spec"]["nothing"] = json!(1);
    let answer =
        s.post(&format!("{}?fieldValidation=Ignore", s.apps("deployments")), &object).await;
    assert_eq!(answer.warnings, [""; 0]);
    assert_eq!(answer.is(201)["spec"].get("nothing"), None);
}
