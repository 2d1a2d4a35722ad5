//! Rules of the conditions library that a script of the original cannot show.

use gotk_kstatus::Error;
use gotk_kstatus::conditions::{
    Condition, ConditionStatus, HasConditions, MESSAGE_LIMIT, Merge, ObjectConditions, Owned,
    Patch, READY, STALLED,
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

fn read(object: &Value) -> ObjectConditions {
    ObjectConditions::read(object).expect("conditions")
}

fn named(name: &str, conditions: Value) -> ObjectConditions {
    read(&json!({
        "kind": "Widget", "metadata": { "name": name, "generation": 1 },
        "status": { "conditions": conditions },
    }))
}

fn ready(status: &str, reason: &str) -> Value {
    json!([{ "type": "Ready", "status": status, "reason": reason, "message": format!("{reason}!") }])
}

#[test]
fn a_fraction_of_a_second_is_cut_off_the_transition_time() {
    let mut object = named("a", json!([]));
    let condition = Condition::new(READY, ConditionStatus::True, "Succeeded", "");
    object.set(condition, at("2026-01-02T03:04:05.987Z"));
    let set = object.condition(READY).unwrap();
    assert_eq!(set.last_transition_time, Some(at("2026-01-02T03:04:05Z")));
}

#[test]
fn a_message_is_cut_at_the_limit_and_stays_readable() {
    let mut object = named("a", json!([]));
    let long = "é".repeat(MESSAGE_LIMIT);
    object
        .set(Condition::new(READY, ConditionStatus::False, "Failed", long), Timestamp::UNIX_EPOCH);
    let message = &object.condition(READY).unwrap().message;
    assert!(message.len() <= MESSAGE_LIMIT && message.len() > MESSAGE_LIMIT - 4);
    assert!(message.ends_with("é..."));
}

#[test]
fn setting_the_same_state_again_changes_nothing_but_the_generation() {
    let mut object = named("a", json!([]));
    let condition = Condition::new(READY, ConditionStatus::True, "Succeeded", "");
    object.set(condition.clone(), at("2026-01-01T00:00:00Z"));
    let before = object.condition(READY).cloned().unwrap();
    object.set(condition, at("2026-06-01T00:00:00Z"));
    assert_eq!(object.condition(READY), Some(&before));
}

#[test]
fn an_aggregate_says_where_its_reason_comes_from() {
    let (b, a) = (named("b", ready("False", "Failed")), named("a", ready("False", "Lost")));
    let aggregate = Merge::new().origin().aggregate(&[&b, &a], "Healthy").unwrap();
    assert_eq!(aggregate.status, ConditionStatus::False);
    assert_eq!(aggregate.reason, "Lost @ Widget/a", "objects are asked by name");
    assert_eq!(aggregate.message, "Lost!");
}

#[test]
fn an_aggregate_counts_objects() {
    let objects = [named("a", ready("True", "Ok")), named("b", ready("False", "Failed"))];
    let objects: Vec<_> = objects.iter().map(|it| it as &dyn HasConditions).collect();
    let aggregate = Merge::new().count().aggregate(&objects, "Healthy").unwrap();
    assert_eq!(aggregate.message, "1 of 2 Ready");
    let steps = Merge::new().steps().aggregate(&objects, "Healthy").unwrap();
    assert_eq!(steps.message, "1 of 2 completed");
    assert!(Merge::new().aggregate(&[], "Healthy").is_none());
}

#[test]
fn a_conflict_leaves_the_object_as_it_was() {
    let before = named("a", ready("Unknown", "Progressing"));
    let mut after = before.clone();
    let now = Timestamp::UNIX_EPOCH;
    after.set(Condition::new("Synced", ConditionStatus::True, "Ok", ""), now);
    after.set(Condition::new(READY, ConditionStatus::True, "Succeeded", ""), now);
    let patch = Patch::between(before.conditions(), after.conditions());

    let mut latest = before;
    latest.set(Condition::new(READY, ConditionStatus::False, "Failed", ""), now);
    let theirs = latest.clone();
    let error = patch.apply(&mut latest, &Owned::none(), now).unwrap_err();
    assert!(matches!(&error, Error::Conflict { condition, .. } if condition == READY));
    assert!(error.is_transient());
    assert_eq!(
        error.to_string(),
        "condition Ready was changed by another writer since it was read"
    );
    assert_eq!(latest, theirs);

    patch.apply(&mut latest, &Owned::these([READY]), now).unwrap();
    assert!(latest.is_true(READY) && latest.is_true("Synced"));
}

#[test]
fn conditions_that_cannot_be_read_are_not_taken_for_none() {
    for (conditions, path) in [
        (json!("none"), "status.conditions is a string, expected a list"),
        (json!([{ "type": 5 }]), "status.conditions[0].type is an integer, expected a string"),
        (
            json!([{ "type": "A", "status": "yes" }]),
            "status.conditions[0].status is a string, expected `True`, `False` or `Unknown`",
        ),
        (
            json!([{ "type": "A", "status": "True", "lastTransitionTime": "today" }]),
            "status.conditions[0].lastTransitionTime is a string, expected an RFC 3339 time",
        ),
    ] {
        let object = json!({ "kind": "Widget", "status": { "conditions": conditions } });
        let error = ObjectConditions::read(&object).unwrap_err();
        assert_eq!(error.to_string(), format!("Widget: {path}"));
    }
}

#[test]
fn writing_creates_the_status_but_replaces_nothing_else() {
    let mut object = named("a", json!([]));
    object.mark_stalled("InvalidURL", "no scheme", at("2026-01-01T00:00:00Z"));
    let mut target = json!({ "status": null });
    object.write(&mut target).unwrap();
    assert_eq!(target["status"]["conditions"][0]["type"], STALLED);

    let mut odd = json!({ "status": "fine" });
    assert!(object.write(&mut odd).is_err());
    assert_eq!(odd, json!({ "status": "fine" }));
    assert!(object.write(&mut json!([])).is_err());
}

#[test]
fn the_observed_generation_may_move_only_with_a_final_verdict() {
    let mut object = named("a", ready("False", "Failed"));
    assert!(!object.may_observe_generation(), "a failure that may pass");
    object.mark_stalled("InvalidURL", "", Timestamp::UNIX_EPOCH);
    assert!(object.may_observe_generation());
    object.mark_reconciling("Progressing", "", Timestamp::UNIX_EPOCH);
    assert!(!object.may_observe_generation());
}

#[test]
fn a_condition_survives_serde() {
    let text = r#"{"type":"Ready","status":"True","observedGeneration":3,"lastTransitionTime":"2026-01-02T03:04:05Z","reason":"Succeeded","message":"done"}"#;
    let condition: Condition = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&condition).unwrap(), text);
    let sparse: Condition = serde_json::from_str(r#"{"type":"Ready","status":"False"}"#).unwrap();
    assert_eq!((sparse.observed_generation, sparse.last_transition_time), (0, None));
}
