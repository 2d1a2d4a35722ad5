//! What there is.

use serde_json::{Value, json};

use crate::fact::{Fact, fact};
use crate::facts::crds;
use crate::server::{Answer, MERGE_PATCH, Server};

pub(super) const FACTS: &[Fact] = &[
    fact!(the_version_is_told, 0),
    fact!(legacy_discovery_lists_groups_and_their_resources, 0),
    fact!(aggregated_discovery_tells_all_in_two_documents, 30),
    fact!(kube_discovers_everything_with_two_requests, 30),
    fact!(every_built_in_resource_is_there, 37),
    fact!(the_health_of_components_is_told, 30),
    fact!(the_health_of_components_is_not_written_or_watched, 30),
    fact!(a_registered_kind_is_discovered_until_it_is_removed, 30),
    fact!(an_unknown_group_is_no_page, 0),
    fact!(an_aggregated_form_nobody_knows_is_answered_in_the_legacy_one, 30),
];

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

async fn the_version_is_told(s: Server) {
    let version = s.get("/version").await.is(200);
    assert_eq!(version["major"], "1");
    let text = version["gitVersion"].as_str().unwrap();
    let minor = version["minor"].as_str().unwrap();
    assert!(text.starts_with(&format!("v1.{minor}.")), "{text}");
}

fn resource<'a>(list: &'a Value, key: &str, name: &str) -> Option<&'a Value> {
    list["resources"].as_array().unwrap().iter().find(|r| r[key] == name)
}

async fn legacy_discovery_lists_groups_and_their_resources(s: Server) {
    let core = s.get("/api").await.is(200);
    assert_eq!((&core["kind"], &core["versions"]), (&json!("APIVersions"), &json!(["v1"])));

    let groups = s.get("/apis").await.is(200);
    let apps = groups["groups"].as_array().unwrap().iter().find(|g| g["name"] == "apps").unwrap();
    assert_eq!(apps["preferredVersion"], json!({ "groupVersion": "apps/v1", "version": "v1" }));

    let list = s.get("/apis/apps/v1").await.is(200);
    assert_eq!(list["kind"], "APIResourceList");
    let deployments = resource(&list, "name", "deployments").unwrap();
    assert_eq!(deployments["kind"], "Deployment");
    assert_eq!(deployments["namespaced"], true);
    assert_eq!(deployments["singularName"], "deployment");
    assert_eq!(deployments["shortNames"], json!(["deploy"]));
    let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    assert_eq!(deployments["verbs"], json!(verbs));
    let status = resource(&list, "name", "deployments/status").unwrap();
    assert_eq!(status["verbs"], json!(["get", "patch", "update"]));

    let core = s.get("/api/v1").await.is(200);
    assert_eq!(resource(&core, "name", "namespaces").unwrap()["namespaced"], false);
}

async fn aggregated(s: &Server, path: &str) -> Value {
    s.get_as(path, AGGREGATED).await.is(200)
}

fn group<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["items"].as_array().unwrap().iter().find(|g| g["metadata"]["name"] == name)
}

async fn aggregated_discovery_tells_all_in_two_documents(s: Server) {
    let groups = aggregated(&s, "/apis").await;
    assert_eq!(groups["kind"], "APIGroupDiscoveryList");
    assert_eq!(groups["apiVersion"], "apidiscovery.k8s.io/v2");
    let apps = &group(&groups, "apps").unwrap()["versions"][0];
    assert_eq!(apps["version"], "v1");
    let deployments = resource(apps, "resource", "deployments").unwrap();
    // What is empty is that of the list.
    let kind = json!({ "group": "", "version": "", "kind": "Deployment" });
    assert_eq!(deployments["responseKind"], kind);
    assert_eq!(deployments["scope"], "Namespaced");
    assert!(
        deployments["subresources"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["subresource"] == "status")
    );

    let core = aggregated(&s, "/api").await;
    let v1 = &core["items"][0]["versions"][0];
    assert_eq!(resource(v1, "resource", "namespaces").unwrap()["scope"], "Cluster");
}

/// What discovery says of the kinds a server comes with, as kube-apiserver 1.37.1 says it.
const RESOURCES: &str = include_str!("../resources.txt");

async fn every_built_in_resource_is_there(s: Server) {
    let mut found = Vec::new();
    for path in ["/api", "/apis"] {
        let document = aggregated(&s, path).await;
        for group in document["items"].as_array().unwrap() {
            let name = group["metadata"]["name"].as_str().unwrap_or("-");
            // Those of other facts.
            if !name.ends_with(".gotk.dev") {
                group["versions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .for_each(|of| found.extend(resources(name, of)));
            }
        }
    }
    let recorded: Vec<&str> = RESOURCES.lines().filter(|line| !line.starts_with('#')).collect();
    let missing: Vec<_> = recorded.iter().filter(|it| !found.iter().any(|is| is == *it)).collect();
    let more: Vec<_> = found.iter().filter(|is| !recorded.contains(&&***is)).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "not there: {missing:#?}\nnot recorded: {more:#?}"
    );
}

/// A resource a line: group, version, plural, kind, scope, verbs, subresources.
fn resources(group: &str, version: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let sorted = |texts: &Value, of: fn(&Value) -> &Value| {
        let texts = texts.as_array().into_iter().flatten();
        let mut texts: Vec<String> = texts.map(|value| text(of(value))).collect();
        texts.sort();
        if texts.is_empty() { "-".to_owned() } else { texts.join(",") }
    };
    let line = |resource: &Value| {
        let verbs = sorted(&resource["verbs"], |verb| verb);
        let subresources = sorted(&resource["subresources"], |of| &of["subresource"]);
        [
            group,
            &text(&version["version"]),
            &text(&resource["resource"]),
            &text(&resource["responseKind"]["kind"]),
            &text(&resource["scope"]),
            &verbs,
            &subresources,
        ]
        .join(" ")
    };
    version["resources"].as_array().unwrap().iter().map(line).collect()
}

async fn kube_discovers_everything_with_two_requests(s: Server) {
    let discovery = kube::Discovery::new(s.client.clone()).run_aggregated().await.unwrap();
    let (resource, capabilities) =
        discovery.get("apps").unwrap().recommended_kind("Deployment").unwrap();
    assert_eq!(resource.plural, "deployments");
    assert!(capabilities.supports_operation("watch"));
}

async fn a_registered_kind_is_discovered_until_it_is_removed(s: Server) {
    let crd = crds::register(&s, json!({ "type": "object" }), |_| {}).await;
    s.eventually("legacy discovery has the kind", async || {
        let list = s.get(&crd.api).await;
        list.code == 200 && resource(&list.body, "kind", "Widget").is_some()
    })
    .await;
    s.eventually("aggregated discovery has the kind", async || {
        group(&aggregated(&s, "/apis").await, &crd.group).is_some()
    })
    .await;

    s.delete(&crd.definition).await.is(200);
    s.eventually("legacy discovery has lost the group", async || {
        let groups = s.get("/apis").await.is(200);
        groups["groups"].as_array().unwrap().iter().all(|g| g["name"] != *crd.group)
    })
    .await;
    s.eventually("aggregated discovery has lost the group", async || {
        group(&aggregated(&s, "/apis").await, &crd.group).is_none()
    })
    .await;
}

async fn an_unknown_group_is_no_page(s: Server) {
    let Answer { code, body, .. } = s.get("/apis/nobody.gotk.dev/v1").await;
    assert_eq!((code, body), (404, json!("404 page not found\n")));
}

async fn an_aggregated_form_nobody_knows_is_answered_in_the_legacy_one(s: Server) {
    let form =
        "application/json;g=apidiscovery.k8s.io;v=v99;as=APIGroupDiscoveryList,application/json";
    assert_eq!(s.get_as("/apis", form).await.is(200)["kind"], "APIGroupList");
    s.get_as("/apis", "application/x-nobody").await.is(406);
}

const COMPONENTS: &str = "/api/v1/componentstatuses";

async fn the_health_of_components_is_told(s: Server) {
    let list = s.get(COMPONENTS).await;
    assert_eq!(list.warnings, ["299 - \"v1 ComponentStatus is deprecated in v1.19+\""]);
    let list = list.is(200);
    assert_eq!((&list["kind"], &list["metadata"]), (&json!("ComponentStatusList"), &json!({})));
    let items = list["items"].as_array().unwrap();
    let mut names: Vec<&str> =
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["controller-manager", "etcd-0", "scheduler"]);
    for item in items {
        let of = &item["conditions"][0];
        assert_eq!(of["type"], "Healthy");
        assert!(["True", "False"].contains(&of["status"].as_str().unwrap()), "{item:#}");
        assert_eq!((&item["kind"], of["message"].is_string()), (&Value::Null, true));
    }
    let etcd = s.get(&format!("{COMPONENTS}/etcd-0")).await.is(200);
    let healthy = json!([{ "type": "Healthy", "status": "True", "message": "ok" }]);
    let expected = json!({
        "apiVersion": "v1", "kind": "ComponentStatus", "metadata": { "name": "etcd-0" },
        "conditions": healthy,
    });
    assert_eq!(etcd, expected);

    let named = s.get(&format!("{COMPONENTS}?fieldSelector=metadata.name%3Detcd-0")).await.is(200);
    let bare = json!([{ "metadata": { "name": "etcd-0" }, "conditions": healthy }]);
    assert_eq!(named["items"], bare);
    let labelled = s.get(&format!("{COMPONENTS}?labelSelector=a%3Db")).await.is(200);
    assert_eq!(labelled["items"], json!([]));
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let table = s.get_as(&format!("{COMPONENTS}/etcd-0"), table).await.is(200);
    assert_eq!(table["rows"][0]["cells"], json!(["etcd-0", "Healthy", "ok", ""]));
    let partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let partial = s.get_as(COMPONENTS, partial).await.is(200);
    assert_eq!(partial["kind"], "PartialObjectMetadataList");
    assert_eq!(partial["items"][0]["kind"], "PartialObjectMetadata");

    let core = s.get("/api/v1").await.is(200);
    let expected = json!({
        "name": "componentstatuses", "singularName": "componentstatus", "namespaced": false,
        "kind": "ComponentStatus", "verbs": ["get", "list"], "shortNames": ["cs"],
    });
    assert_eq!(resource(&core, "name", "componentstatuses"), Some(&expected));
}

async fn the_health_of_components_is_not_written_or_watched(s: Server) {
    let status = s.get(&format!("{COMPONENTS}/x")).await.is(404);
    assert_eq!(status["message"], "componentstatus \"x\" not found");
    assert_eq!(status["details"], json!({ "kind": "componentstatus", "name": "x" }));
    let status = s.get(&format!("{COMPONENTS}?watch=true")).await.is(405);
    let message = "watch is not supported on resources of kind \"componentstatuses\"";
    assert_eq!(status["message"], message);
    s.get("/api/v1/watch/componentstatuses").await.is(404);
    let one = format!("{COMPONENTS}/etcd-0");
    let object =
        json!({ "apiVersion": "v1", "kind": "ComponentStatus", "metadata": { "name": "etcd-0" } });
    for answer in [
        s.post(COMPONENTS, &object).await,
        s.put(&one, &object).await,
        s.patch(MERGE_PATCH, &one, &json!({})).await,
        s.delete(&one).await,
        s.delete(COMPONENTS).await,
    ] {
        assert_eq!(answer.is(405)["reason"], "MethodNotAllowed");
    }
}
