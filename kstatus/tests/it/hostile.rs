//! Whatever a value looks like, it is judged or refused, in bounded time and without a panic.

use gotk_kstatus::conditions::ObjectConditions;
use gotk_kstatus::{Readers, augment, compute_at};
use jiff::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use crate::cases::each;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Everything this crate does with an object.
fn fuzz(object: &Value) {
    let _ = compute_at(object, NOW).map(|it| (it.message.to_string(), it.condition()));
    let report = Readers::flux().judge(object, NOW);
    let _ = report.explain(object).to_string();
    let _ = report.considering_pods([object], NOW);
    let _ = ObjectConditions::read(object).map(|it| it.write(&mut object.clone()));
    let _ = augment(&mut object.clone(), NOW);
}

fn cases() -> u32 {
    std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(300)
}

fn runner() -> TestRunner {
    let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[A-Za-z0-9 é:-]{0,12}".prop_map(Value::from),
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let key =
        prop::sample::select(vec!["type", "status", "conditions", "name", "state", "waiting"]);
    scalar().prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

#[test]
fn any_value_is_judged_or_refused() {
    runner()
        .run(&tree(), |value| {
            fuzz(&value);
            fuzz(&json!({ "apiVersion": "v1", "kind": "Pod", "metadata": value, "status": value }));
            Ok(())
        })
        .expect("no panic");
}

#[test]
fn a_case_with_any_part_replaced_is_judged_or_refused() {
    let mut objects = Vec::new();
    each("objects.jsonl", |_, case| objects.push(case["object"].clone()));
    let spot = (prop::sample::select(objects), any::<prop::sample::Index>(), tree());
    runner()
        .run(&spot, |(mut object, index, replacement)| {
            let pointers = pointers(&object);
            if let Some(place) = object.pointer_mut(&pointers[index.index(pointers.len())]) {
                *place = replacement;
            }
            fuzz(&object);
            Ok::<(), TestCaseError>(())
        })
        .expect("no panic");
}

/// The JSON pointers of all values, the whole included.
fn pointers(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| {
        pointers(value).into_iter().map(move |rest| format!("/{key}{rest}")).collect::<Vec<_>>()
    };
    let children: Vec<_> = match value {
        Value::Array(list) => {
            list.iter().enumerate().flat_map(|(index, it)| below(index.to_string(), it)).collect()
        }
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, it)| below(key.clone(), it)).collect()
        }
        _ => Vec::new(),
    };
    [String::new()].into_iter().chain(children).collect()
}

#[test]
fn the_status_never_depends_on_the_order_of_fields() {
    each("objects.jsonl", |name, case| {
        let Some(fields) = case["object"].as_object() else { return };
        let reversed: Map<_, _> =
            fields.iter().rev().map(|(key, value)| (key.clone(), value.clone())).collect();
        let reversed = Value::Object(reversed);
        assert_eq!(
            compute_at(&case["object"], NOW).map(|it| it.message.to_string()),
            compute_at(&reversed, NOW).map(|it| it.message.to_string()),
            "{name}"
        );
    });
}

#[test]
fn a_hundred_thousand_conditions_are_read_once() {
    let condition = json!({ "type": "Synced", "status": "False", "reason": "Waiting" });
    let many: Vec<_> = std::iter::repeat_n(condition, 100_000).collect();
    let huge = json!({ "kind": "Widget", "status": { "conditions": many } });
    let report = compute_at(&huge, NOW).expect("a report");
    assert_eq!(report.message, "Resource is current");
}
