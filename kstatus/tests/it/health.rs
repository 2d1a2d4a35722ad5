//! Health expressions, as Flux evaluates them.

use gotk_corpus::Tally;
use gotk_kstatus::{Error, HealthCheck, HealthReader, Readers, Report, Status, StatusReader};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

#[test]
fn the_corpus_gets_fluxs_verdicts() {
    let Some(path) = gotk_corpus::find("expr/health.jsonl") else { return };
    let mut tally = Tally::new("health");
    for (line, record) in gotk_corpus::json_lines(&path) {
        tally.equal(&format!("line {line}"), &ours(&record), &recorded(&record));
    }
    tally.finish();
}

/// Status and message, or the kind of the error.
fn ours(record: &Value) -> Value {
    let object = &record["object"];
    match HealthReader::compile(&[check(record)]) {
        Ok(reader) => match reader.read(object, NOW).expect("the check is for this kind") {
            Ok(Report { status, message, .. }) => {
                json!({ "status": status.as_str(), "message": message.to_string() })
            }
            Err(_) => json!("error"),
        },
        Err(_) => json!("newError"),
    }
}

fn recorded(record: &Value) -> Value {
    match record["status"].as_str() {
        Some(status) => json!({ "status": status, "message": record["message"] }),
        None if record["newError"].is_string() => json!("newError"),
        None => json!("error"),
    }
}

fn check(record: &Value) -> HealthCheck {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &record["object"];
    let mut check = HealthCheck::new(
        text(&object["apiVersion"]),
        text(&object["kind"]),
        text(&record["current"]),
    );
    check.failed = text(&record["failed"]);
    check.in_progress = text(&record["inProgress"]);
    check
}

fn reader(checks: Value) -> Result<HealthReader, Error> {
    let checks: Vec<HealthCheck> = serde_json::from_value(checks).expect("health checks");
    HealthReader::compile(&checks)
}

fn status(reader: HealthReader, object: &Value) -> Status {
    Readers::flux().prefer(reader).judge(object, NOW).status
}

#[test]
fn the_first_expression_that_holds_decides() {
    let judged = |in_progress: &str, failed: &str, current: &str| {
        let reader = reader(json!([{
            "apiVersion": "example.dev/v1", "kind": "Widget",
            "inProgress": in_progress, "failed": failed, "current": current,
        }]));
        let widget = json!({ "apiVersion": "example.dev/v2", "kind": "Widget" });
        status(reader.unwrap(), &widget)
    };
    assert_eq!(judged("true", "true", "true"), Status::InProgress);
    assert_eq!(judged("false", "true", "true"), Status::Failed);
    assert_eq!(judged("", "", "true"), Status::Current);
    assert_eq!(judged("false", "false", "false"), Status::InProgress);
}

#[test]
fn a_status_about_another_generation_is_in_progress_whatever_the_expressions_say() {
    let judged = |observed: Value| {
        let reader = reader(json!([{ "apiVersion": "example.dev/v1", "current": "true" }]));
        let widget = json!({
            "apiVersion": "example.dev/v1", "kind": "Widget",
            "metadata": { "generation": 2 }, "status": { "observedGeneration": observed },
        });
        status(reader.unwrap(), &widget)
    };
    assert_eq!(judged(json!(1)), Status::InProgress);
    assert_eq!(judged(json!(2)), Status::Current);
    assert_eq!(judged(json!("1")), Status::Current, "a text is left to the expressions");
}

#[test]
fn an_expression_without_a_verdict_is_an_error_and_no_later_one_is_asked() {
    let reader = reader(json!([{
        "apiVersion": "example.dev/v1", "failed": "status.phase == 'Failed'", "current": "true",
    }]));
    let widget = json!({
        "apiVersion": "example.dev/v1", "kind": "Widget",
        "metadata": { "name": "w", "namespace": "shop" }, "status": {},
    });
    let readers = Readers::flux().prefer(reader.unwrap());
    let error = readers.read(&widget, NOW).unwrap_err();
    assert!(error.is_transient());
    let expected = "Widget/shop/w: no verdict from the failed expression: no such key: phase";
    assert_eq!(error.to_string(), expected);
    assert_eq!(readers.judge(&widget, NOW).status, Status::Unknown);
}

#[test]
fn a_value_that_is_neither_true_nor_false_is_no_verdict() {
    let reader = reader(json!([{ "apiVersion": "v1", "kind": "Secret", "current": "'yes'" }]));
    let secret = json!({ "apiVersion": "v1", "kind": "Secret" });
    let judged = reader.unwrap().read(&secret, NOW).unwrap();
    assert!(matches!(judged, Err(Error::NoVerdict { .. })), "{judged:?}");
}

#[test]
fn the_check_of_a_kind_wins_over_that_of_its_group() {
    let reader = reader(json!([
        { "apiVersion": "example.dev/v1", "current": "false" },
        { "apiVersion": "example.dev/v1beta1", "kind": "Widget", "current": "true" },
    ]))
    .unwrap();
    let object = |kind: &str| json!({ "apiVersion": "example.dev/v9", "kind": kind });
    assert_eq!(status(reader.clone(), &object("Widget")), Status::Current);
    assert_eq!(status(reader.clone(), &object("Gadget")), Status::InProgress);
    let other = json!({ "apiVersion": "other.dev/v1", "kind": "Widget" });
    assert!(reader.read(&other, NOW).is_none(), "left to the next reader");
}

#[test]
fn what_is_wrong_with_a_check_is_said_with_its_position() {
    let refused = |checks: Value| reader(checks).unwrap_err().to_string();
    assert_eq!(
        refused(json!([{ "apiVersion": "v1", "kind": "Pod", "failed": "true" }])),
        "healthChecks[0] has no `current` expression"
    );
    assert_eq!(
        refused(json!([
            { "apiVersion": "a.dev/v1", "kind": "A", "current": "true" },
            { "apiVersion": "a.dev/v2", "kind": "A", "current": "true" },
        ])),
        "healthChecks[1] repeats the check for A.a.dev"
    );
    let syntax =
        refused(json!([{ "apiVersion": "v1", "current": "true", "failed": "status.a ==" }]));
    assert!(syntax.starts_with("healthChecks[0].failed: 1:"), "{syntax}");
}

/// The expressions that Flux's documentation gives as examples.
#[test]
fn documented_expressions_judge_as_documented() {
    let ready = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')";
    let synced = "status.conditions.filter(e, e.type == 'Synced').all(e, e.status == 'True')";
    let generation = "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True' && \
                      e.observedGeneration == metadata.generation)";
    let condition = |name: &str, status: &str, generation: i64| json!({ "type": name, "status": status, "observedGeneration": generation });
    for (current, failed, conditions, expected) in [
        (ready, "", json!([condition("Ready", "True", 1)]), Status::Current),
        (ready, "", json!([condition("Ready", "False", 1)]), Status::InProgress),
        (
            "true",
            "has(status.conditions) && status.conditions.exists(e, e.type == 'Stalled' && e.status == 'True')",
            json!([condition("Stalled", "True", 1)]),
            Status::Failed,
        ),
        (synced, "", json!([condition("Synced", "Unknown", 1)]), Status::InProgress),
        (generation, "", json!([condition("Ready", "True", 1)]), Status::Current),
        (generation, "", json!([condition("Ready", "True", 0)]), Status::InProgress),
    ] {
        let check = json!([{
            "apiVersion": "example.dev/v1", "kind": "Widget", "current": current, "failed": failed,
        }]);
        let widget = json!({
            "apiVersion": "example.dev/v1", "kind": "Widget", "metadata": { "generation": 1 },
            "status": { "conditions": conditions },
        });
        assert_eq!(status(reader(check).unwrap(), &widget), expected, "{current} on {widget}");
    }
}
