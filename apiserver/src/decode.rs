//! The body of a create or an update, as an object of the kind that was asked for.

use serde_json::{Map, Value};

use crate::duplicates;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::query::FieldValidation;
use crate::route::Target;
use crate::structs;
use crate::undeclared;

/// Brings a body into the shape of its kind, without the fields the kind does not have; returns the
/// warnings, or refuses when asked to be strict.
pub(crate) fn fit(
    kind: &Kind,
    object: &mut Value,
    strictness: &Strictness<'_>,
) -> Result<Vec<String>, Failure> {
    let unknown: Vec<String> = match &kind.custom {
        Some(custom) => undeclared::bare(custom.prune(object)).collect(),
        None => settle(kind, object)?,
    };
    let named = strictness.named(unknown);
    match strictness.validation {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(named),
        FieldValidation::Strict if named.is_empty() => Ok(named),
        FieldValidation::Strict => {
            let why = format!("strict decoding error: {}", named.join(", "));
            Err(match &kind.custom {
                Some(_) => Failure::bad_request(why),
                None => unhandled(kind, &why),
            })
        }
    }
}

/// Writes an object of a built-in kind as Go does; returns the fields Go does not know.
pub(crate) fn settle(kind: &Kind, object: &mut Value) -> Result<Vec<String>, Failure> {
    if !kind.built_in {
        return Ok(Vec::new());
    }
    let settled = structs::settle(kind, object.take()).map_err(|why| unhandled(kind, &why))?;
    *object = settled.object;
    Ok(settled.unknown)
}

fn unhandled(kind: &Kind, why: &str) -> Failure {
    let (name, version) = (&kind.kind, &kind.version);
    Failure::bad_request(format!(
        "{name} in version \"{version}\" cannot be handled as a {name}: {why}"
    ))
}

/// How a body is held to its kind's fields, and the text it was read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strictness<'b> {
    pub(crate) validation: FieldValidation,
    /// Empty where the body is no JSON text.
    pub(crate) text: &'b [u8],
}

impl<'b> Strictness<'b> {
    pub(crate) fn of(validation: FieldValidation, content_type: &str, body: &'b [u8]) -> Self {
        let json = matches!(media(content_type), "" | "application/json");
        Self { validation, text: if json { body } else { &[] } }
    }

    /// What is unknown and what is there twice, in the order of the text.
    fn named(&self, unknown: Vec<String>) -> Vec<String> {
        if self.validation == FieldValidation::Ignore {
            return Vec::new();
        }
        let seen = duplicates::find(self.text);
        let mut found: Vec<(usize, String)> = unknown
            .into_iter()
            .map(|name| (seen.place(&name), format!("unknown field \"{name}\"")))
            .collect();
        let twice = seen.twice.iter();
        found.extend(twice.map(|(at, name)| (*at, format!("duplicate field \"{name}\""))));
        found.sort();
        found.into_iter().map(|(_, text)| text).collect()
    }
}

fn media(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// Reads a body; kind and version may be left out, and have to fit when they are not.
pub(crate) fn object(kind: &Kind, content_type: &str, body: &[u8]) -> Result<Value, Failure> {
    let media = media(content_type);
    if media == structs::PROTOBUF {
        let read = structs::from_protobuf(body).map_err(Failure::bad_request)?;
        return typed(kind, read);
    }
    if media == "application/yaml" {
        let read = gotk_yaml::from_slice(body, &gotk_yaml::Options::default())
            .map_err(|error| Failure::bad_request(error.to_string()))?;
        return typed(kind, if read.is_null() { Value::Object(Map::new()) } else { read });
    }
    if !matches!(media, "" | "application/json") {
        return Err(Failure::unsupported_body());
    }
    let unrecognised = |why: String| {
        let kind = &kind.kind;
        Failure::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why}"
        ))
    };
    if body.is_empty() {
        return Err(unrecognised("unexpected end of JSON input (<empty>)".to_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => typed(kind, Value::Object(map)),
        Ok(Value::Null) => typed(kind, Value::Object(Map::new())),
        Ok(_) => {
            Err(unrecognised("json: cannot unmarshal into Go value of type struct".to_owned()))
        }
        Err(error) => Err(unrecognised(error.to_string())),
    }
}

/// Reads a body that is an object of a kind the caller judges.
pub(crate) fn json(content_type: &str, body: &[u8]) -> Result<Value, Failure> {
    let media = media(content_type);
    if media == structs::PROTOBUF {
        return structs::from_protobuf(body).map_err(Failure::bad_request);
    }
    if !matches!(media, "" | "application/json") {
        return Err(Failure::unsupported_body());
    }
    serde_json::from_slice(body).map_err(|error| Failure::bad_request(error.to_string()))
}

/// Settles kind and version, and that the metadata is an object of texts where it has to be.
pub(crate) fn typed(kind: &Kind, mut object: Value) -> Result<Value, Failure> {
    if !object.is_object() {
        return Err(Failure::bad_request(
            "the object provided is unrecognized: it is not an object",
        ));
    }
    check_depth(&object)?;
    let api_version = kind.api_version();
    let found =
        |field: &str| object[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let (found_version, found_kind) = (found("apiVersion"), found("kind"));
    let version = found_version.unwrap_or_else(|| api_version.clone());
    let name = found_kind.unwrap_or_else(|| kind.kind.to_string());
    if version != api_version || name != *kind.kind {
        return Err(Failure::bad_request(mismatch(kind, &version, &name)));
    }
    object["apiVersion"] = version.into();
    object["kind"] = name.into();
    check_metadata(kind, &mut object)?;
    Ok(object)
}

/// Deeper objects could be stored but not be read again: their managed fields lie deeper still,
/// and JSON is read to a depth of 128.
const DEPTH: usize = 100;

pub(crate) fn check_depth(object: &Value) -> Result<(), Failure> {
    let mut level: Vec<&Value> = vec![object];
    for _ in 0..DEPTH {
        level = level.into_iter().flat_map(children).collect();
        if level.is_empty() {
            return Ok(());
        }
    }
    Err(Failure::bad_request(format!("the object is nested deeper than {DEPTH} levels")))
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(map) => map.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    }
}

fn mismatch(kind: &Kind, version: &str, name: &str) -> String {
    let wanted = &kind.kind;
    if kind.built_in {
        format!(
            "{name} in version \"{version}\" cannot be handled as a {wanted}: no kind \"{name}\" is registered for version \"{version}\""
        )
    } else if version == kind.api_version() {
        format!("the kind in the data ({name}) does not match the expected kind ({wanted})")
    } else {
        format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            kind.api_version()
        )
    }
}

fn check_metadata(kind: &Kind, object: &mut Value) -> Result<(), Failure> {
    let refused = |found: &Value, path: &str, wanted: &str| {
        let found = match found {
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            _ => "object",
        };
        Failure::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: json: cannot unmarshal {found} into Go struct field ObjectMeta.{path} of type {wanted}",
            kind.kind, kind.version, kind.kind,
        ))
    };
    if object["metadata"].is_null() {
        object["metadata"] = Value::Object(Map::new());
    }
    let Some(meta) = object["metadata"].as_object() else {
        return Err(refused(&object["metadata"], "metadata", "v1.ObjectMeta"));
    };
    const TEXTS: [&str; 7] = [
        "name",
        "generateName",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "deletionTimestamp",
    ];
    for field in TEXTS {
        if let Some(found) = meta.get(field).filter(|found| !found.is_string() && !found.is_null())
        {
            return Err(refused(found, &format!("metadata.{field}"), "string"));
        }
    }
    for field in ["labels", "annotations"] {
        let Some(map) = meta.get(field).filter(|found| !found.is_null()) else { continue };
        let Some(entries) = map.as_object() else {
            return Err(refused(map, &format!("metadata.{field}"), "map[string]string"));
        };
        if let Some(found) = entries.values().find(|value| !value.is_string() && !value.is_null()) {
            return Err(refused(found, &format!("metadata.{field}"), "string"));
        }
    }
    const LISTS: [(&str, &str); 3] = [
        ("finalizers", "[]string"),
        ("ownerReferences", "[]v1.OwnerReference"),
        ("managedFields", "[]v1.ManagedFieldsEntry"),
    ];
    for (field, wanted) in LISTS {
        if let Some(found) = meta.get(field).filter(|found| !found.is_array() && !found.is_null()) {
            return Err(refused(found, &format!("metadata.{field}"), wanted));
        }
    }
    Ok(())
}

/// Holds the name and namespace of a body against those of the path.
pub(crate) fn check_identity(target: &Target, object: &Value) -> Result<(), Failure> {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    if let Some(name) = &target.name {
        let found = text("name");
        if found.is_empty() {
            return Err(Failure::bad_request(format!(
                "the name of the object ({name} based on URL) was undeterminable: name must be provided"
            )));
        }
        if found != name {
            return Err(Failure::bad_request(format!(
                "the name of the object ({found}) does not match the name on the URL ({name})"
            )));
        }
    }
    let namespace = text("namespace");
    // What has no namespace loses the one it is sent with.
    let fits = namespace.is_empty()
        || target.namespace.as_deref().is_none_or(|expected| expected == namespace);
    if !fits {
        let why =
            "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Failure::bad_request(why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn read(body: &str) -> Result<Value, String> {
        let kind = Registry::built_in().find("", "v1", "configmaps").unwrap();
        object(&kind, "application/json", body.as_bytes())
            .map_err(|failure| failure.message().to_owned())
    }

    #[test]
    fn kind_and_version_may_be_left_out_but_not_wrong() {
        assert_eq!(read("{}").unwrap()["kind"], "ConfigMap");
        assert!(read("null").is_ok());
        assert!(read(r#"{"kind":"Secret"}"#).is_err());
        assert!(read(r#"{"apiVersion":"v2"}"#).is_err());
    }

    #[test]
    fn what_is_no_object_is_not_recognised() {
        for body in ["", "[]", "1", "{", &"[".repeat(100_000)] {
            let why = read(body).unwrap_err();
            assert!(
                why.starts_with("the object provided is unrecognized (must be of type ConfigMap)"),
                "{why}"
            );
        }
    }

    #[test]
    fn what_is_too_deep_is_refused() {
        let nested =
            |depth: usize| format!("{{\"data\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(90)).is_ok());
        assert_eq!(read(&nested(110)).unwrap_err(), "the object is nested deeper than 100 levels");
    }

    #[test]
    fn metadata_of_another_type_is_refused_by_field() {
        let why = read(r#"{"metadata":{"name":3}}"#).unwrap_err();
        assert_eq!(
            why,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string"
        );
        for bad in [
            r#"{"metadata":1}"#,
            r#"{"metadata":{"labels":[]}}"#,
            r#"{"metadata":{"labels":{"a":1}}}"#,
            r#"{"metadata":{"finalizers":"a"}}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
