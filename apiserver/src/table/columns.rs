//! Which columns a kind has: from a table for built-in kinds, from its definition for custom ones.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::table::jsonpath::JsonPath;
use crate::table::{age, cells};

/// One column: its header, and where its cells come from.
#[derive(Debug)]
pub(super) struct Column {
    name: String,
    of: String,
    format: String,
    description: String,
    /// 0 is always shown, more only on request.
    priority: i64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// A function of `cells` and its arguments.
    Cell(String),
    /// A path in a custom object. One that cannot be read has empty cells.
    Path(Option<JsonPath>),
}

pub(super) fn of(kind: &Kind) -> Vec<Column> {
    if let Some(custom) = &kind.custom {
        return std::iter::once(Column::built_in("Name"))
            .chain(custom_columns(custom.columns()))
            .collect();
    }
    let head = if kind.group.is_empty() { "-" } else { &*kind.group };
    let line = include_str!("columns.txt").lines().find_map(|line| {
        line.strip_prefix(head)?.strip_prefix(' ')?.strip_prefix(&*kind.kind)?.strip_prefix(" | ")
    });
    match line {
        Some(columns) => columns.split(" | ").map(Column::built_in).collect(),
        None => ["Name", "Created At:date = text /metadata/creationTimestamp"]
            .map(Column::built_in)
            .into(),
    }
}

fn custom_columns(columns: &[Value]) -> Vec<Column> {
    if columns.is_empty() {
        return vec![Column::custom(&json!({
            "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp",
        }))];
    }
    columns.iter().map(Column::custom).collect()
}

impl Column {
    /// `!Name:type = function arguments`
    fn built_in(text: &str) -> Self {
        let (head, cell) = text.split_once(" = ").unwrap_or((text, ""));
        let (wide, head) = head.strip_prefix('!').map_or((false, head), |head| (true, head));
        let (name, of) = head.split_once(':').unwrap_or((head, "string"));
        let cell = match (cell, name) {
            ("", "Name") => "text /metadata/name",
            ("", _) => "since /metadata/creationTimestamp",
            (cell, _) => cell,
        };
        Self {
            name: name.to_owned(),
            of: of.to_owned(),
            format: if name == "Name" { "name" } else { "" }.to_owned(),
            description: String::new(),
            priority: i64::from(wide),
            source: Source::Cell(cell.to_owned()),
        }
    }

    /// An entry of `additionalPrinterColumns`.
    fn custom(column: &Value) -> Self {
        let text = |field: &str| column[field].as_str().unwrap_or_default().to_owned();
        let path = text("jsonPath");
        let described = match text("description") {
            none if none.is_empty() => {
                format!("Custom resource definition column (in JSONPath format): {path}")
            }
            description => description,
        };
        Self {
            name: text("name"),
            of: text("type"),
            format: text("format"),
            description: described,
            priority: column["priority"].as_i64().unwrap_or_default(),
            source: Source::Path(JsonPath::parse(&path)),
        }
    }

    pub(super) fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.of,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        })
    }

    pub(super) fn cell(&self, object: &Value, now: Timestamp) -> Value {
        match &self.source {
            Source::Cell(cell) => cells::cell(cell, object, now),
            Source::Path(path) => {
                let found = path.as_ref().and_then(|path| path.first(object));
                found.map_or(Value::Null, |found| shown(&self.of, found, now))
            }
        }
    }
}

/// A custom value as a column of its type shows it.
fn shown(of: &str, value: &Value, now: Timestamp) -> Value {
    match (of, value) {
        (_, Value::Null) => Value::Null,
        ("integer", Value::Number(number)) => {
            number.as_i64().or_else(|| number.as_f64().map(|n| n as i64)).into()
        }
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("date", Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(_) => age::since(text, now).into(),
            Err(_) => "<invalid>".into(),
        },
        ("string", Value::String(_)) => value.clone(),
        ("string", other) => other.to_string().into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    #[test]
    fn every_line_of_the_table_is_of_a_kind_that_is_served() {
        let registry = Registry::built_in();
        for line in include_str!("columns.txt").lines().filter(|line| !line.starts_with('#')) {
            let (head, columns) = line.split_once(" | ").unwrap();
            let (group, kind) = head.split_once(' ').unwrap();
            let group = if group == "-" { "" } else { group };
            assert!(registry.iter().any(|k| k.is(group, kind)), "{head}");
            assert!(columns.starts_with("Name") || kind == "Event", "{head}");
        }
    }

    #[test]
    fn custom_values_are_shown_by_the_type_of_their_column() {
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        let rows = [
            ("integer", json!(3.7), json!(3)),
            ("integer", json!("3"), Value::Null),
            ("boolean", json!(true), json!(true)),
            ("string", json!({ "a": 1 }), json!("{\"a\":1}")),
            ("string", json!(4), json!("4")),
            ("date", json!("2026-01-01T00:00:00Z"), json!("60s")),
            ("date", json!("soon"), json!("<invalid>")),
        ];
        for (of, value, cell) in rows {
            assert_eq!(shown(of, &value, now), cell, "{of} {value}");
        }
    }
}
