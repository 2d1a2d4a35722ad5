//! Our answers in the form in which those of `cel-go` are recorded.

use std::fmt::Write;

use gotk_expr::Error;
use gotk_expr::cel::{Bindings, Environment, Program, Type, Value};
use serde_json::{Value as Json, json};

/// Kubernetes' environment with the variables that the recorded expressions use.
pub(crate) fn kubernetes() -> Environment {
    let variables = ["metadata", "spec", "status", "kind", "apiVersion", "self"];
    let declare = |known: Environment, name| known.with_variable(name, Type::Dyn);
    variables.into_iter().fold(Environment::kubernetes(), declare)
}

/// The outcome of an expression, with its kind.
pub(crate) fn answer(expression: &str, object: &Json, environment: &Environment) -> Json {
    let program = match Program::compile(expression, environment) {
        Ok(program) => program,
        Err(error @ Error::Constant { .. }) => return json!({ "programError": error.to_string() }),
        Err(error) => return json!({ "compileError": error.to_string() }),
    };
    let bindings = Bindings::fields_of(object).with("self", object);
    match program.evaluate(bindings) {
        Ok(value) => json!({ "value": typed(&value) }),
        Err(error) => json!({ "evalError": error.to_string() }),
    }
}

/// Equal values, or errors of the same kind: their texts only inform.
pub(crate) fn compare(ours: &Json, record: &Json) -> Result<(), String> {
    let kinds = ["value", "compileError", "programError", "evalError"];
    let recorded = kinds.into_iter().find(|&kind| record.get(kind).is_some()).expect("an answer");
    let same = match recorded {
        "value" => ours["value"] == record["value"],
        kind => ours.get(kind).is_some(),
    };
    if same { Ok(()) } else { Err(format!("ours     {ours}\nrecorded {}", record[recorded])) }
}

/// A value with its type, as the corpus writes it.
fn typed(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(value) => json!({ "bool": value }),
        Value::Bytes(bytes) => json!({ "bytes": base64(bytes) }),
        Value::Double(value) => json!({ "double": double(*value) }),
        Value::Duration(span) => json!({ "duration": span.to_string() }),
        Value::Int(value) => json!({ "int": value.to_string() }),
        Value::List(list) => {
            json!({ "list": list.iter().map(|item| typed(&item)).collect::<Vec<_>>() })
        }
        Value::Map(map) => {
            let pair = |(key, value): &(Value<'_>, Value<'_>)| json!([typed(key), typed(value)]);
            json!({ "map": map.entries().iter().map(pair).collect::<Vec<_>>() })
        }
        Value::Null => json!({ "null": null }),
        Value::Optional(None) => json!({ "optional": null }),
        Value::Optional(Some(value)) => json!({ "optional": typed(value) }),
        Value::String(text) => json!({ "string": &**text }),
        Value::Timestamp(at) => json!({ "timestamp": at.to_utc().to_string() }),
        Value::Type(named) => {
            let text = match named {
                Type::Type(_) => "type".to_owned(),
                Type::Duration => "google.protobuf.Duration".to_owned(),
                Type::Timestamp => "google.protobuf.Timestamp".to_owned(),
                Type::Null => "null_type".to_owned(),
                other => other.to_string(),
            };
            json!({ "type": "type", "text": text })
        }
        Value::Uint(value) => json!({ "uint": value.to_string() }),
        other => json!({ "type": other.type_of().to_string() }),
    }
}

fn double(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        _ => value.to_string(),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            let _ = write!(text, "{}", if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
