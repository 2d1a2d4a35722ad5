//! `x-kubernetes-validations`: rules in CEL, each about one value and what it was before.

use std::collections::HashMap;

use gotk_expr::cel::{Bindings, Environment, Program, Type};
use serde_json::{Map, Value};

use super::validate::{beneath, identity, keys_of};
use crate::failure::{Cause, go_quoted};

/// The expressions of a schema, compiled once.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// By text. One that does not compile is refused with the definition.
    programs: HashMap<String, Program>,
}

const RULES: &str = "x-kubernetes-validations";

fn compile(text: &str) -> Result<Program, gotk_expr::Error> {
    let environment = Environment::kubernetes()
        .with_variable("self", Type::Dyn)
        .with_variable("oldSelf", Type::Dyn);
    Program::compile(text, &environment)
}

/// Whether a rule looks at the old value: a word of its own, not a part of another.
fn looks_back(text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c: char| !word(c)).any(|part| part == "oldSelf")
}

impl Rules {
    pub(super) fn of(schema: &Value) -> Self {
        let mut rules = Self::default();
        rules.collect(schema);
        rules
    }

    fn collect(&mut self, schema: &Value) {
        match schema {
            Value::Object(map) => {
                for rule in map.get(RULES).and_then(Value::as_array).into_iter().flatten() {
                    for field in ["rule", "messageExpression"] {
                        let text = rule[field].as_str().unwrap_or_default();
                        if let Ok(program) = compile(text) {
                            self.programs.insert(text.to_owned(), program);
                        }
                    }
                }
                map.values().for_each(|value| self.collect(value));
            }
            Value::Array(items) => items.iter().for_each(|value| self.collect(value)),
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.programs.is_empty()
    }

    /// What the rules refuse. A value that stays as it was is not held to rules about itself.
    pub(super) fn causes(
        &self,
        schema: &Value,
        value: &Value,
        before: Option<&Value>,
    ) -> Vec<Cause> {
        let mut causes = Vec::new();
        self.value(schema, value, before, "", &mut causes);
        causes
    }

    fn value(
        &self,
        schema: &Value,
        value: &Value,
        before: Option<&Value>,
        path: &str,
        causes: &mut Vec<Cause>,
    ) {
        if value.is_null() {
            return;
        }
        for rule in schema[RULES].as_array().into_iter().flatten() {
            causes.extend(self.rule(rule, value, before, path));
        }
        match value {
            Value::Object(map) => self.map(schema, map, before, path, causes),
            Value::Array(items) => self.list(schema, items, before, path, causes),
            _ => {}
        }
    }

    fn map(
        &self,
        schema: &Value,
        map: &Map<String, Value>,
        before: Option<&Value>,
        path: &str,
        causes: &mut Vec<Cause>,
    ) {
        for (name, child) in map {
            let was = before.and_then(|before| before.get(name));
            if let Some(of) = schema["properties"].get(name) {
                self.value(of, child, was, &beneath(path, name), causes);
            } else if schema["additionalProperties"].is_object() {
                let path = format!("{path}[{name}]");
                self.value(&schema["additionalProperties"], child, was, &path, causes);
            }
        }
    }

    fn list(
        &self,
        schema: &Value,
        items: &[Value],
        before: Option<&Value>,
        path: &str,
        causes: &mut Vec<Cause>,
    ) {
        let keys = keys_of(schema);
        let old = before.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (at, item) in items.iter().enumerate() {
            // Only keys tell which item this was.
            let was = old
                .iter()
                .find(|old| !keys.is_empty() && identity(&keys, old) == identity(&keys, item));
            self.value(&schema["items"], item, was, &format!("{path}[{at}]"), causes);
        }
    }

    fn rule(
        &self,
        rule: &Value,
        value: &Value,
        before: Option<&Value>,
        path: &str,
    ) -> Option<Cause> {
        let text = rule["rule"].as_str()?;
        let program = self.programs.get(text)?;
        let back = looks_back(text);
        let optional = rule["optionalOldSelf"] == true;
        if back && before.is_none() && !optional || !back && before == Some(value) {
            return None;
        }
        let bound = || match before {
            Some(before) => Bindings::new().with("self", value).with("oldSelf", before),
            None => Bindings::new().with("self", value),
        };
        let declared = rule["message"].as_str().map(str::trim).filter(|text| !text.is_empty());
        match program.evaluate_bool(bound()) {
            Ok(true) => None,
            Ok(false) => {
                let built = rule["messageExpression"].as_str().and_then(|text| {
                    let value = self.programs.get(text)?.evaluate(bound()).ok()?;
                    value.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty())
                });
                let message = built.or_else(|| declared.map(str::to_owned));
                let message = message.unwrap_or_else(|| format!("failed rule: {}", text.trim()));
                Some(refusal(rule, value, path, &message))
            }
            Err(error) => {
                let shown = match value {
                    Value::Object(_) => "object".into(),
                    Value::Array(_) => "array".into(),
                    other => other.clone(),
                };
                let what = declared.unwrap_or(text);
                let why = format!("{error} evaluating rule: {what}");
                Some(Cause::invalid(named(path), &shown, &why))
            }
        }
    }
}

fn named(path: &str) -> &str {
    if path.is_empty() { "<nil>" } else { path }
}

fn refusal(rule: &Value, value: &Value, path: &str, message: &str) -> Cause {
    let field = rule["fieldPath"].as_str().unwrap_or_default();
    let path = match (field, path) {
        ("", path) => named(path).to_owned(),
        (field, "") => field.trim_start_matches('.').to_owned(),
        (field, path) => format!("{path}{field}"),
    };
    match rule["reason"].as_str() {
        Some("FieldValueForbidden") => Cause::forbidden(path, message),
        Some("FieldValueRequired") => Cause::required(path, message),
        Some("FieldValueDuplicate") => Cause::duplicate(path, value),
        // Whole objects and lists are not shown.
        _ if value.is_object() || value.is_array() => {
            Cause::new("FieldValueInvalid", path, format!("Invalid value: {message}"))
        }
        _ => Cause::invalid(path, value, message),
    }
}

/// What is wrong with a rule of a definition, if anything is.
pub(crate) fn problem(rule: &Value) -> Option<String> {
    let text = rule["rule"].as_str().unwrap_or_default();
    match compile(text) {
        Ok(program) if matches!(program.output_type(), Type::Bool | Type::Dyn) => None,
        Ok(_) => Some("cel expression must evaluate to a bool".to_owned()),
        Err(error) => Some(format!("compilation failed: ERROR: {}", placed(&error))),
    }
}

/// The error with its place, as `cel-go` prints it.
fn placed(error: &gotk_expr::Error) -> String {
    let Some(at) = error.position() else { return error.to_string() };
    let text = error.to_string();
    let message = text.strip_prefix(&format!("{at}: ")).unwrap_or(&text);
    let dots = ".".repeat(at.column.saturating_sub(1));
    format!("<input>:{}:{}: {message}\n | {}\n | {dots}^", at.line, at.column, at.text)
}

/// A rule as upstream shows it: Go's struct.
pub(crate) fn shown(rule: &Value) -> String {
    let text = |field: &str| go_quoted(rule[field].as_str().unwrap_or_default());
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        text("rule"),
        text("message"),
        text("messageExpression"),
        rule["reason"],
        text("fieldPath"),
        rule["optionalOldSelf"]
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::failure::Failure;
    use crate::registry::Registry;

    fn refused(schema: &Value, value: Value, before: Option<Value>) -> String {
        let causes = Rules::of(schema).causes(schema, &value, before.as_ref());
        let kind = Registry::built_in().find("", "v1", "pods").unwrap();
        let message = Failure::invalid(&kind, "a", causes).message().to_owned();
        message.trim_start_matches("Pod \"a\" is invalid: ").to_owned()
    }

    fn spec(rules: Value, properties: Value) -> Value {
        let spec = json!({ "type": "object", "properties": properties, RULES: rules });
        json!({ "type": "object", "properties": { "spec": spec } })
    }

    #[test]
    fn refusals_are_worded_as_upstream_words_them() {
        let text =
            |rules: Value| spec(json!([]), json!({ "s": { "type": "string", RULES: rules } }));
        let rows = [
            (
                text(json!([{ "rule": "self != 'bad'", "message": "no bad" }])),
                json!({ "s": "bad" }),
                "spec.s: Invalid value: \"bad\": no bad",
            ),
            (
                text(json!([{ "rule": "self.size() < 2" }])),
                json!({ "s": "bad" }),
                "spec.s: Invalid value: \"bad\": failed rule: self.size() < 2",
            ),
            (
                text(json!([{ "rule": "false", "messageExpression": "'is ' + self" }])),
                json!({ "s": "x" }),
                "spec.s: Invalid value: \"x\": is x",
            ),
            (
                spec(
                    json!([{ "rule": "self.a < self.b", "message": "m", "fieldPath": ".a" }]),
                    json!({}),
                ),
                json!({ "a": 2, "b": 1 }),
                "spec.a: Invalid value: m",
            ),
            (
                spec(json!([{ "rule": "10 / self.a > 1", "message": "div" }]), json!({})),
                json!({ "a": 0 }),
                "spec: Invalid value: \"object\": division by zero evaluating rule: div",
            ),
            (
                text(json!([{ "rule": "false", "message": "m", "reason": "FieldValueForbidden" }])),
                json!({ "s": "" }),
                "spec.s: Forbidden: m",
            ),
        ];
        for (schema, value, message) in rows {
            assert_eq!(refused(&schema, json!({ "spec": value }), None), message, "{schema}");
        }
    }

    #[test]
    fn a_rule_about_the_past_waits_for_one() {
        let item = json!({ "type": "object", "properties": { "v": { RULES: [{ "rule": "self == oldSelf", "message": "fixed" }] } } });
        let list = json!({ "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": item });
        let schema = spec(json!([]), json!({ "l": list }));
        let of = |key: &str, value: &str| json!({ "spec": { "l": [{ "k": key, "v": value }] } });
        let rules = Rules::of(&schema);
        assert!(rules.causes(&schema, &of("a", "1"), None).is_empty());
        assert!(rules.causes(&schema, &of("b", "2"), Some(&of("a", "1"))).is_empty());
        assert_eq!(
            refused(&schema, of("a", "2"), Some(of("a", "1"))),
            "spec.l[0].v: Invalid value: \"2\": fixed"
        );
    }

    #[test]
    fn a_rule_that_cannot_be_is_refused_with_its_definition() {
        assert_eq!(problem(&json!({ "rule": "self.a == 1" })), None);
        assert_eq!(
            problem(&json!({ "rule": "1" })).unwrap(),
            "cel expression must evaluate to a bool"
        );
        assert!(
            problem(&json!({ "rule": "self ==" })).unwrap().starts_with("compilation failed: ")
        );
        assert!(looks_back("self == oldSelf") && !looks_back("self.oldSelfish"));
    }
}
