//! `Table`: objects as rows of cells, for people to read.

mod age;
mod cells;
mod columns;
mod events;
mod jsonpath;
mod network;
mod pod;
mod text;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::failure::{Cause, Failure};
use crate::kind::Kind;
use crate::object::Stored;
use crate::query::Query;
use crate::read;
use crate::table::columns::Column;

pub(crate) use crate::table::text::selector as selector_text;

/// How much of its object a row brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Include {
    Nothing,
    Metadata,
    Object,
}

/// The columns of a kind, and how its rows are written.
#[derive(Debug)]
pub(crate) struct Printer {
    columns: Vec<Column>,
    include: Include,
}

impl Printer {
    /// The printer of a kind, as the query asks for it.
    pub(crate) fn new(kind: &Kind, query: &Query) -> Result<Self, Failure> {
        let include = match query.get("includeObject") {
            "" | "Metadata" => Include::Metadata,
            "None" => Include::Nothing,
            "Object" => Include::Object,
            other => {
                let known = ["Metadata", "None", "Object"];
                let cause = Cause::unsupported("includeObject", &other.into(), &known);
                return Err(Failure::invalid_options("TableOptions", vec![cause]));
            }
        };
        Ok(Self { columns: columns::of(kind), include })
    }

    /// The whole table of a page, or of one object.
    pub(crate) fn table(
        &self,
        kind: &Kind,
        meta: Value,
        objects: &[Arc<Stored>],
        now: Timestamp,
    ) -> Value {
        self.table_of(kind, meta, objects.iter().map(|object| object.value(kind)), now)
    }

    /// The same of objects that are not stored.
    pub(crate) fn table_of(
        &self,
        kind: &Kind,
        meta: Value,
        objects: impl IntoIterator<Item = Value>,
        now: Timestamp,
    ) -> Value {
        let rows = objects.into_iter().map(|object| self.row(kind, object, now)).collect();
        self.framed(meta, true, rows)
    }

    /// The table of one object in a watch. Only the first has headers.
    pub(crate) fn event(
        &self,
        kind: &Kind,
        object: &Stored,
        headers: bool,
        now: Timestamp,
    ) -> Value {
        let value = object.value(kind);
        let meta = json!({ "resourceVersion": value["metadata"]["resourceVersion"] });
        self.framed(meta, headers, vec![self.row(kind, value, now)])
    }

    fn framed(&self, meta: Value, headers: bool, rows: Vec<Value>) -> Value {
        let columns: Vec<Value> = self.columns.iter().map(Column::definition).collect();
        let columns = if headers { Value::from(columns) } else { Value::Null };
        json!({
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": meta,
            "columnDefinitions": columns,
            "rows": rows,
        })
    }

    fn row(&self, kind: &Kind, object: Value, now: Timestamp) -> Value {
        let cells: Vec<Value> = self.columns.iter().map(|c| c.cell(&object, now)).collect();
        let mut row = Map::from_iter([("cells".to_owned(), Value::from(cells))]);
        let finished = kind.is("", "Pod").then(|| pod::finished(&object)).flatten();
        if let Some(condition) = finished {
            row.insert("conditions".to_owned(), json!([condition]));
        }
        match self.include {
            Include::Nothing => {}
            Include::Metadata => {
                row.insert("object".to_owned(), read::partial_of(object));
            }
            Include::Object => {
                row.insert("object".to_owned(), object);
            }
        }
        Value::Object(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn rows(group: &str, plural: &str, object: Value) -> (Vec<String>, Vec<Value>) {
        let registry = Registry::built_in();
        let kind = registry.iter().find(|k| &*k.group == group && &*k.plural == plural).unwrap();
        let printer = Printer::new(kind, &Query::parse("includeObject=None")).unwrap();
        let now = "2026-01-01T00:10:00Z".parse().unwrap();
        let table =
            printer.table(kind, json!({}), &[Arc::new(Stored::encode(kind, object, 1))], now);
        let names = table["columnDefinitions"].as_array().unwrap();
        let names = names.iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect();
        (names, table["rows"][0]["cells"].as_array().unwrap().clone())
    }

    #[test]
    fn a_deployment_has_the_columns_people_know() {
        let deployment = json!({
            "metadata": { "name": "web", "creationTimestamp": "2026-01-01T00:00:00Z" },
            "spec": {
                "replicas": 2,
                "selector": { "matchLabels": { "app": "web" } },
                "template": { "spec": { "containers": [{ "name": "a", "image": "i" }, { "name": "b", "image": "j" }] } },
            },
            "status": { "readyReplicas": 1 },
        });
        let (names, cells) = rows("apps", "deployments", deployment);
        assert_eq!(
            names,
            ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]
        );
        assert_eq!(
            cells,
            [
                json!("web"),
                json!("1/2"),
                json!(0),
                json!(0),
                json!("10m"),
                json!("a,b"),
                json!("i,j"),
                json!("app=web")
            ]
        );
    }

    #[test]
    fn a_kind_without_columns_of_its_own_has_name_and_time() {
        let object =
            json!({ "metadata": { "name": "a", "creationTimestamp": "2026-01-01T00:00:00Z" } });
        let (names, cells) = rows("rbac.authorization.k8s.io", "clusterroles", object);
        assert_eq!(names, ["Name", "Created At"]);
        assert_eq!(cells, ["a", "2026-01-01T00:00:00Z"]);
    }
}
