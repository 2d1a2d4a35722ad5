//! What objects say about themselves.

use serde_json::Value;

/// The value at a path of plain names. Unlike [`Value::pointer`] it copies none of them.
pub(crate) fn at<'o>(object: &'o Value, path: &str) -> Option<&'o Value> {
    path.split('/').skip(1).try_fold(object, |at, name| at.get(name))
}

pub(crate) fn text<'o>(object: &'o Value, path: &str) -> &'o str {
    at(object, path).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

pub(crate) fn resource_version(object: &Value) -> &str {
    text(object, "/metadata/resourceVersion")
}

pub(crate) fn is_terminating(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}

pub(crate) fn label<'o>(object: &'o Value, name: &str) -> Option<&'o str> {
    object.get("metadata")?.get("labels")?.get(name)?.as_str()
}

pub(crate) fn annotation<'o>(object: &'o Value, name: &str) -> Option<&'o str> {
    object.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

/// The version within the group.
pub(crate) fn version(object: &Value) -> &str {
    let api_version = text(object, "/apiVersion");
    api_version.rsplit_once('/').map_or(api_version, |(_, version)| version)
}

pub(crate) fn is_secret(object: &Value) -> bool {
    text(object, "/kind") == "Secret" && text(object, "/apiVersion") == "v1"
}

/// A Job that the cluster may remove when it is done.
pub(crate) fn is_job_with_ttl(object: &Value) -> bool {
    text(object, "/kind") == "Job"
        && text(object, "/apiVersion").starts_with("batch/")
        && at(object, "/spec/ttlSecondsAfterFinished").is_some_and(|ttl| !ttl.is_null())
}
