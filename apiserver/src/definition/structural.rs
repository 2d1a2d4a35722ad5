//! Whether a schema is structural: every value it describes has a type.

use regex::Regex;
use serde_json::Value;

use crate::custom;
use crate::failure::Cause;

const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// What upstream refuses in the schema at `path`.
pub(super) fn causes(schema: &Value, path: &str) -> Vec<Cause> {
    if !schema.is_object() {
        return vec![Cause::required(path, "")];
    }
    let mut causes = Vec::new();
    if schema["type"].as_str().is_none() {
        causes.push(Cause::required(format!("{path}.type"), "must not be empty at the root"));
    } else if schema["type"] != "object" {
        causes.push(Cause::invalid(
            format!("{path}.type"),
            &schema["type"],
            "must be object at the root",
        ));
    }
    inner(schema, path, &mut causes);
    causes
}

fn inner(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    if let Some(found) = schema["type"].as_str().filter(|found| !TYPES.contains(found)) {
        causes.push(Cause::unsupported(format!("{path}.type"), &found.into(), &TYPES));
    }
    if let Some(Err(error)) = schema["pattern"].as_str().map(Regex::new) {
        let why = format!("must be a valid regular expression, but isn't: {error}");
        causes.push(Cause::invalid(format!("{path}.pattern"), &schema["pattern"], &why));
    }
    let rules = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    for (at, rule) in rules.enumerate() {
        if let Some(why) = custom::rule_problem(rule) {
            let path = format!("{path}.x-kubernetes-validations[{at}].rule");
            causes.push(Cause::invalid_text(path, &custom::rule_text(rule), &why));
        }
    }
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        child(
            of,
            &format!("{path}.properties[{name}]"),
            "must not be empty for specified object fields",
            causes,
        );
    }
    let more = &schema["additionalProperties"];
    if more.is_object() {
        let path = format!("{path}.additionalProperties");
        child(more, &path, "must not be empty for specified object fields", causes);
    }
    if schema["type"] == "array" {
        let path = format!("{path}.items");
        match &schema["items"] {
            of @ Value::Object(_) => {
                child(of, &path, "must not be empty for specified array items", causes);
            }
            _ => causes.push(Cause::required(path, "must be specified")),
        }
    }
}

fn child(schema: &Value, path: &str, why: &str, causes: &mut Vec<Cause>) {
    let free = ["x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"];
    if schema["type"].as_str().is_none() && !free.iter().any(|field| schema[*field] == true) {
        causes.push(Cause::required(format!("{path}.type"), why));
    }
    inner(schema, path, causes);
}
