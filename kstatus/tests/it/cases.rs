//! Cases of our own, answered by the Go originals: see `tests/oracle`.

use std::path::Path;

use gotk_corpus::Tally;
use gotk_kstatus::conditions::{Finding, Lint, LintRule};
use gotk_kstatus::{JobReader, StatusReader, augment};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{answers, script};

#[test]
fn objects_are_judged_as_the_originals_judge_them() {
    let mut tally = Tally::new("kstatus/own");
    each("objects.jsonl", |name, case| {
        let (object, now) = (&case["object"], start());
        let ours = match case["reader"].as_str() {
            Some("job") => flux_job(object, now),
            Some("augment") => augmented(object, now),
            _ => answers::compute(object, now),
        };
        tally.case(name, answers::compare(&ours, &case["expect"]));
    });
    tally.finish();
}

#[test]
fn conditions_change_as_flux_changes_them() {
    let mut tally = Tally::new("kstatus/conditions");
    each("conditions.jsonl", |name, case| {
        let ours = script::run(&case["object"], &case["ops"], start());
        tally.case(name, script::compare(&ours, &case["expect"]));
    });
    tally.finish();
}

#[test]
fn conditions_are_linted_as_flux_lints_them() {
    let mut tally = Tally::new("kstatus/lint");
    each("lint.jsonl", |name, case| {
        let abnormal = case["lint"]["abnormal"].as_array().cloned().unwrap_or_default();
        let abnormal = abnormal.iter().map(|it| it.as_str().expect("a type"));
        let in_progress = case["lint"]["inProgress"] == true;
        let lint = if in_progress { Lint::in_progress() } else { Lint::reconciled(abnormal) };
        let findings = lint.check(&case["object"]).expect("the conditions can be read");
        let told: Vec<_> = findings.iter().map(rule_and_conditions).collect();
        // The original looks for words of a Ready that is not there, and crashes.
        let without_ready = case["expect"]["panic"].is_string();
        let expect = if without_ready { &json!(told) } else { &case["expect"]["findings"] };
        assert!(!without_ready || findings[0].rule == LintRule::Fail0002, "{name}");
        tally.equal(name, &json!(told), expect);
    });
    tally.finish();
}

fn rule_and_conditions(finding: &Finding) -> String {
    let Finding { rule, conditions, .. } = finding;
    let colon = if conditions.is_empty() { "" } else { ": " };
    format!("{rule}{colon}{}", conditions.join(", "))
}

fn flux_job(object: &Value, now: Timestamp) -> Value {
    answers::told(JobReader.read(object, now).expect("the case is a Job"))
}

fn augmented(object: &Value, now: Timestamp) -> Value {
    let mut object = object.clone();
    match augment(&mut object, now) {
        Ok(()) => json!({ "object": object }),
        Err(error) => answers::told(Err(error)),
    }
}

/// Every case of a file, with its name.
pub(crate) fn each(file: &str, mut check: impl FnMut(&str, &Value)) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(file);
    for (_, case) in gotk_corpus::json_lines(&path) {
        check(case["name"].as_str().expect("a case has a name"), &case);
    }
}

fn start() -> Timestamp {
    "2000-01-01T00:00:00Z".parse().expect("a time")
}
