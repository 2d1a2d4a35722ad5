//! Cells of events, which have been written in two ways over the years.

use jiff::Timestamp;
use serde_json::Value;

use crate::table::age;
use crate::table::text::{or, text};

pub(super) fn cell(cell: &str, event: &Value, now: Timestamp) -> Value {
    match cell {
        "first" => first(event, now).into(),
        "last" => last(event, now).into(),
        "count" => count(event).into(),
        "message" => text(event, "message").trim().into(),
        "object" => object(&event["involvedObject"]).into(),
        _ => source(event).into(),
    }
}

fn first(event: &Value, now: Timestamp) -> String {
    age::since(or(text(event, "firstTimestamp"), text(event, "eventTime")), now)
}

fn last(event: &Value, now: Timestamp) -> String {
    let seen = event["series"]["lastObservedTime"].as_str();
    match seen.unwrap_or_else(|| text(event, "lastTimestamp")) {
        "" => first(event, now),
        seen => age::since(seen, now),
    }
}

fn count(event: &Value) -> i64 {
    let series = event["series"]["count"].as_i64();
    series.unwrap_or_else(|| event["count"].as_i64().unwrap_or_default().max(1))
}

fn object(involved: &Value) -> String {
    let kind = text(involved, "kind").to_lowercase();
    match text(involved, "name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

fn source(event: &Value) -> String {
    let source = &event["source"];
    let component = or(text(source, "component"), text(event, "reportingComponent"));
    match or(text(source, "host"), text(event, "reportingInstance")) {
        "" => component.to_owned(),
        instance => format!("{component}, {instance}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        let now = "2026-01-01T00:01:00Z".parse().unwrap();
        let old = json!({
            "involvedObject": { "kind": "Pod", "name": "a" }, "message": " hi\n",
            "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:50Z",
            "count": 3, "source": { "component": "kubelet", "host": "n" },
        });
        let cells = ["first", "last", "count", "message", "object", "source"];
        let shown: Vec<Value> = cells.iter().map(|name| cell(name, &old, now)).collect();
        assert_eq!(json!(shown), json!(["60s", "10s", 3, "hi", "pod/a", "kubelet, n"]));
        let new = json!({ "eventTime": "2026-01-01T00:00:30.000000Z", "reportingComponent": "c" });
        let shown: Vec<Value> = cells[..3].iter().map(|name| cell(name, &new, now)).collect();
        assert_eq!(json!(shown), json!(["30s", "30s", 1]));
        assert_eq!(cell("source", &new, now), "c");
    }
}
