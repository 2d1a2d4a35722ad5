//! Who asked what, how often.

use gotk_testenv::{Error, Options, User};
use serde_json::json;

use crate::{get, post, start};

#[tokio::test]
async fn requests_are_counted_by_user_verb_and_resource() {
    let Some(plane) = start(Options::default().audit_log(true)).await else { return };
    let jane = plane.client_as(&User::new("jane").group("system:masters")).unwrap();
    let path = "/api/v1/namespaces/default/configmaps";
    let before = plane.requests().await.unwrap();

    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "one" } });
    post(&jane, &format!("{path}?dryRun=All"), &object).await.unwrap();
    post(&jane, path, &object).await.unwrap();
    for _ in 0..3 {
        get(&jane, &format!("{path}/one")).await.unwrap();
    }
    get(&jane, path).await.unwrap();
    get(&jane, "/version").await.unwrap();
    let watch = http::Request::get(format!("{path}?watch=true")).body(Vec::new()).unwrap();
    let stream = jane.request_stream(watch).await.unwrap();

    let asked = plane.requests().await.unwrap().since(&before).by("jane");
    assert_eq!(
        asked.to_string(),
        "     1  create configmaps by jane\n     \
              1  create configmaps by jane (dry-run)\n     \
              1  get /version by jane\n     \
              3  get configmaps by jane\n     \
              1  list configmaps by jane\n     \
              1  watch configmaps by jane\n     \
              8  in all"
    );
    drop(stream);
    assert_eq!(asked.filter(|request| request.verb == "get").total(), 4);
}

#[tokio::test]
async fn without_an_audit_log_nothing_is_counted() {
    let Some(plane) = start(Options::default()).await else { return };
    assert!(matches!(plane.requests().await, Err(Error::NoAuditLog)));
}
