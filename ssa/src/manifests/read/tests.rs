use super::*;

fn names(text: &str) -> Vec<String> {
    let name = |object: &Value| format!("{}/{}", object["kind"], object["metadata"]["name"]);
    read(text).unwrap().iter().map(|object| name(object).replace('"', "")).collect()
}

fn complaint(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn documents_without_content_and_kustomizations_are_passed_over() {
    let text = "\
# first
---
---
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: []
---
# nothing
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: flux }
";
    assert_eq!(names(text), ["ConfigMap/a", "Kustomization/flux"]);
    assert_eq!(names(""), [""; 0]);
}

#[test]
fn json_values_may_follow_one_another() {
    let one = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#;
    assert_eq!(names(&format!("{one}\n{one}{one}")).len(), 3);
}

#[test]
fn lists_are_taken_apart_at_any_depth() {
    let text = "\
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
- apiVersion: v1
  kind: List
  items:
  - { apiVersion: v1, kind: Secret, metadata: { name: b } }
";
    assert_eq!(names(text), ["ConfigMap/a", "Secret/b"]);
    assert_eq!(names("apiVersion: v1\nkind: List\nitems: null\n"), [""; 0]);
}

#[test]
fn items_of_a_typed_list_need_not_say_what_they_are() {
    let text = "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: a}}]\n";
    let object = &read(text).unwrap()[0];
    assert_eq!(
        (object["apiVersion"].as_str(), object["kind"].as_str()),
        (Some("apps/v1"), Some("Deployment"))
    );
}

#[test]
fn an_object_may_have_items_and_be_no_list() {
    let text = "{apiVersion: a/v1, kind: Menu, metadata: {name: m}, items: [{a: 1}]}";
    assert_eq!(names(text), ["Menu/m"]);
}

#[test]
fn what_is_no_object_is_named_with_its_place() {
    let missing =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n\n# note\nkind: Pod\n";
    assert_eq!(complaint(missing), "document 2, line 7, column 1: Pod has no apiVersion");
    assert_eq!(complaint("a: 1"), "document 1, line 1, column 1: the document has no kind");
    assert_eq!(complaint("- 1"), "document 1, line 1, column 1: a list is not an object");
    assert_eq!(complaint("text"), "document 1, line 1, column 1: a string is not an object");
    assert_eq!(
        complaint("{apiVersion: v1, kind: Pod, metadata: {generateName: x-}}"),
        "document 1, line 1, column 1: Pod has no metadata.name: generateName cannot be applied"
    );
    assert_eq!(
        complaint("{apiVersion: v1, kind: 5, metadata: {name: x}}"),
        "document 1, line 1, column 1: the object \"x\" has no kind"
    );
}

#[test]
fn an_item_is_named_with_its_place() {
    let text = "\
apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
- apiVersion: v1
  kind: List
  items:
    - kind: Secret
    - 5
";
    assert_eq!(complaint(text), "document 1, line 8, column 7: Secret has no apiVersion");
    let json = r#"{"kind":"List","items":[]}{"kind":"List","items":[null]}"#;
    assert_eq!(complaint(json), "document 2, item 1: null is not an object");
}

#[test]
fn what_is_no_yaml_is_shown_with_its_place() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\na: b: c\n";
    let Error::Unreadable(error) = read(text).unwrap_err() else { panic!("another error") };
    assert_eq!(error.place().unwrap().line, 5);
}
