//! Runs a script of operations on an object's conditions.

use gotk_kstatus::conditions::{
    Condition, ConditionStatus, HasConditions, Merge, ObjectConditions, Owned, Patch, Progress,
    mirror,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) fn run(object: &Value, steps: &Value, start: Timestamp) -> Value {
    let mut object = object.clone();
    let mut now = start;
    let mut failed = false;
    for step in steps.as_array().expect("steps") {
        match step["op"].as_str().expect("an operation") {
            "tick" => {
                let seconds = step["seconds"].as_i64().expect("seconds");
                now += SignedDuration::from_secs(seconds);
            }
            "generation" => object["metadata"]["generation"] = step["value"].clone(),
            operation => {
                let mut conditions = ObjectConditions::read(&object).expect("conditions");
                failed = change(&mut conditions, operation, step, now).is_err();
                conditions.write(&mut object).expect("a status to write to");
            }
        }
        if failed {
            break;
        }
    }
    let conditions = ObjectConditions::read(&object).expect("conditions");
    json!({
        "conditions": object["status"]["conditions"], "failed": failed,
        "ready": conditions.is_ready(),
        "stalled": conditions.is_stalled(),
        "reconciling": conditions.is_reconciling(),
    })
}

/// A conflict leaves our object as it was; the original may have applied the first changes by then.
pub(crate) fn compare(ours: &Value, recorded: &Value) -> Result<(), String> {
    let conflict = recorded["failures"].as_array().is_some_and(|it| !it.is_empty());
    let same = ours["failed"] == conflict
        && (conflict
            || ["conditions", "ready", "stalled", "reconciling"]
                .iter()
                .all(|key| ours[key] == recorded[key]));
    if same { Ok(()) } else { Err(format!("ours     {ours}\nrecorded {recorded}")) }
}

fn change(
    conditions: &mut ObjectConditions,
    operation: &str,
    step: &Value,
    now: Timestamp,
) -> Result<(), gotk_kstatus::Error> {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let (reason, message, target) = (text("reason"), text("message"), text("target"));
    match operation {
        "set" => conditions
            .set(serde_json::from_value(step["condition"].clone()).expect("a condition"), now),
        "remove" => conditions.remove(text("type")),
        "reconciling" => conditions.mark_reconciling(reason, message, now),
        "stalled" => conditions.mark_stalled(reason, message, now),
        "progress" => {
            let drift = step["drift"] == true;
            let progress = if drift { Progress::Drifted } else { Progress::Checking };
            conditions.mark_progress(progress, reason, message, now);
        }
        "summary" => conditions.summarize(target, &merge(&step["options"]), now),
        "aggregate" => {
            let from: Vec<_> = objects(&step["from"]);
            let from: Vec<_> = from.iter().map(|it| it as &dyn HasConditions).collect();
            set(conditions, merge(&step["options"]).aggregate(&from, target), now);
        }
        "mirror" => {
            let fallback = step["fallback"].as_bool().map(|it| {
                let status = if it { ConditionStatus::True } else { ConditionStatus::False };
                Condition::new(target, status, reason, message)
            });
            set(conditions, mirror(&objects(&step["from"])[0], target, fallback), now);
        }
        "patch" => return patch(conditions, step, now),
        other => unreachable!("no such operation: {other}"),
    }
    Ok(())
}

fn set(conditions: &mut ObjectConditions, condition: Option<Condition>, now: Timestamp) {
    if let Some(condition) = condition {
        conditions.set(condition, now);
    }
}

fn patch(
    latest: &mut ObjectConditions,
    step: &Value,
    now: Timestamp,
) -> Result<(), gotk_kstatus::Error> {
    let read = |key: &str| ObjectConditions::read(&step[key]).expect("conditions");
    let patch = Patch::between(read("before").conditions(), read("after").conditions());
    let owned =
        if step["force"] == true { Owned::all() } else { Owned::these(texts(&step["owned"])) };
    patch.apply(latest, &owned, now)
}

fn merge(options: &Value) -> Merge {
    type With = fn(Merge, Vec<String>) -> Merge;
    let mut merge = Merge::new();
    for (key, with) in [
        ("only", Merge::only as With),
        ("abnormal", Merge::abnormal as With),
        ("countIfOnly", Merge::count_if_only as With),
        ("stepsIfOnly", Merge::steps_if_only as With),
        ("originIfAny", Merge::origin_if_any as With),
    ] {
        if options[key].is_array() {
            merge = with(merge, texts(&options[key]));
        }
    }
    for (key, with) in [
        ("count", Merge::count as fn(Merge) -> Merge),
        ("steps", Merge::steps),
        ("origin", Merge::origin),
        ("latest", Merge::latest_generation),
    ] {
        if options[key] == true {
            merge = with(merge);
        }
    }
    merge
}

fn objects(list: &Value) -> Vec<ObjectConditions> {
    let list = list.as_array().expect("a list of objects");
    list.iter().map(|object| ObjectConditions::read(object).expect("conditions")).collect()
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list of texts");
    list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
}
