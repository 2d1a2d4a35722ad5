//! Expressions of our own over an object of our own, a line a rule, with the answers that `cel-go`
//! 0.29 gave in Flux's environment (types found at evaluation) and in Kubernetes 1.37's (checked).
//!
//! Compared are values, and the kind of an error; its text only informs.

use gotk_corpus::Tally;
use gotk_expr::cel::Environment;
use serde_json::Value as Json;

use crate::cel::answer::{answer, compare, kubernetes};

#[test]
fn every_rule_has_the_answer_of_cel_go() {
    let mut lines = include_str!("../../cases/cel.jsonl").lines();
    let read = |line: &str| serde_json::from_str::<Json>(line).expect("a record");
    let first = read(lines.next().expect("the object"));
    let environments = [("flux", Environment::flux()), ("k8s", kubernetes())];
    let mut tally = Tally::new("cel cases");
    for record in lines.map(read) {
        let expression = record["expr"].as_str().expect("an expression");
        for (name, environment) in &environments {
            let ours = answer(expression, &first["object"], environment);
            tally.case(&format!("{name}: {expression}"), compare(&ours, &record[*name]));
        }
    }
    tally.finish();
}
