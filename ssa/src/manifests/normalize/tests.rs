use serde_json::json;

use super::*;

/// The normalised object, which normalising again leaves as it is.
fn normalized(mut object: Value) -> Value {
    normalize(&mut object);
    let once = object.clone();
    normalize(&mut object);
    assert_eq!(object, once);
    object
}

fn secret(rest: Value) -> Value {
    let mut secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" } });
    secret.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    secret
}

#[test]
fn string_data_becomes_data_and_wins() {
    let given = secret(
        json!({ "data": { "a": "YQ==", "b": "Yg==" }, "stringData": { "a": "new", "c": "é" } }),
    );
    let data = json!({ "a": "bmV3", "b": "Yg==", "c": "w6k=" });
    assert_eq!(normalized(given), secret(json!({ "data": data })));
    let only = secret(json!({ "data": null, "stringData": { "a": "x" } }));
    assert_eq!(normalized(only), secret(json!({ "data": { "a": "eA==" } })));
    assert_eq!(normalized(secret(json!({ "stringData": {} }))), secret(json!({})));
}

#[test]
fn string_data_that_is_none_is_left_for_the_server_to_refuse() {
    for odd in
        [json!({ "stringData": { "a": 5 } }), json!({ "data": "x", "stringData": { "a": "x" } })]
    {
        assert_eq!(normalized(secret(odd.clone())), secret(odd));
    }
}

#[test]
fn other_secrets_are_not_ours() {
    let foreign =
        json!({ "apiVersion": "example.com/v1", "kind": "Secret", "stringData": { "a": "x" } });
    assert_eq!(normalized(foreign.clone()), foreign);
}

#[test]
fn ports_of_services_are_tcp_unless_they_say() {
    let ports =
        json!([{ "port": 80 }, { "port": 53, "protocol": "UDP" }, { "port": 1, "protocol": "" }]);
    let service = json!({ "apiVersion": "v1", "kind": "Service", "spec": { "ports": ports } });
    let said = json!([
        { "port": 80, "protocol": "TCP" },
        { "port": 53, "protocol": "UDP" },
        { "port": 1, "protocol": "TCP" },
    ]);
    assert_eq!(normalized(service)["spec"]["ports"], said);
}

/// The pod of a workload whose port says its protocol, or does not.
fn pod(says: bool) -> Value {
    let mut port = json!({ "containerPort": 80 });
    if says {
        port["protocol"] = json!("TCP");
    }
    let silent = json!([{ "ports": [{ "containerPort": 1 }] }]);
    json!({ "containers": [{ "ports": [port] }, {}], "initContainers": silent })
}

#[test]
fn ports_of_containers_are_tcp_wherever_the_pod_is() {
    let template = |pod: Value| json!({ "template": { "spec": pod } });
    let job = |pod: Value| json!({ "jobTemplate": { "spec": template(pod) } });
    for (api_version, kind) in [("v1", "Pod"), ("apps/v1", "Deployment"), ("batch/v1", "CronJob")] {
        let object = |says| {
            let spec = match kind {
                "Pod" => pod(says),
                "CronJob" => job(pod(says)),
                _ => template(pod(says)),
            };
            json!({ "apiVersion": api_version, "kind": kind, "spec": spec })
        };
        assert_eq!(normalized(object(false)), object(true), "{kind}");
    }
}

#[test]
fn what_the_server_says_is_left_out() {
    let given = json!({
        "apiVersion": "example.com/v1", "kind": "Foo",
        "metadata": { "name": "f", "creationTimestamp": "2020-01-01T00:00:00Z" },
        "spec": { "empty": {}, "nothing": null }, "status": { "x": 1 },
    });
    let wanted = json!({
        "apiVersion": "example.com/v1", "kind": "Foo", "metadata": { "name": "f" },
        "spec": { "empty": {}, "nothing": null },
    });
    assert_eq!(normalized(given), wanted);
}

#[test]
fn roles_stay_as_they_are() {
    let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "status": {}, "rules": [] });
    assert_eq!(normalized(role.clone()), role);
}

fn definition(bundle: &str) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": { "conversion": { "webhook": { "clientConfig": { "caBundle": bundle } } } },
        "status": { "conditions": [] },
    })
}

#[test]
fn a_bundle_that_is_none_is_left_out_of_a_definition() {
    let bundle =
        |object: &Value| object.pointer("/spec/conversion/webhook/clientConfig/caBundle").cloned();
    for placeholder in ["Cg==", "not base64", "aGVsbG8="] {
        let object = normalized(definition(placeholder));
        assert_eq!(bundle(&object), None, "{placeholder}");
        assert_eq!(object["status"], json!({ "conditions": [] }));
    }
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let valid = BASE64_STANDARD.encode(pem);
    assert_eq!(bundle(&normalized(definition(&valid))), Some(json!(valid)));
    assert_eq!(bundle(&normalized(definition(""))), Some(json!("")));
}

#[test]
fn odd_shapes_make_nothing_panic() {
    for kind in ["Pod", "Service", "Secret"] {
        for spec in [json!(null), json!([1]), json!({ "ports": [1, null], "containers": [[]] })] {
            let mut object =
                json!({ "apiVersion": "v1", "kind": kind, "spec": spec, "metadata": 1 });
            normalize(&mut object);
        }
    }
    normalize(&mut json!(null));
}
