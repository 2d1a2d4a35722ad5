//! What a controller does all day: the best of many tags, and one expression over many objects.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gotk_expr::cel::{Bindings, Environment, Program};
use gotk_expr::semver::Constraint;
use serde_json::json;

const HEALTH: &str = "status.conditions.filter(e, e.type == 'Ready').all(e, \
                      e.status == 'True' && e.observedGeneration == metadata.generation)";

fn best(criterion: &mut Criterion) {
    let tags: Vec<String> = (0..10_000)
        .map(|n| format!("v{}.{}.{}{}", n / 1000, n / 10 % 100, n % 10, ["", "-rc.1"][n % 2]))
        .collect();
    let constraint = Constraint::parse(">=1.2.0 <9.50, !=3.x || ~9.60").expect("a constraint");
    criterion.bench_function("semver/best of 10,000 tags", |bencher| {
        bencher.iter(|| black_box(constraint.best(tags.iter().map(String::as_str))));
    });
}

fn evaluate(criterion: &mut Criterion) {
    let object = json!({
        "metadata": { "generation": 3 },
        "status": { "conditions": [
            { "type": "Synced", "status": "True", "observedGeneration": 3 },
            { "type": "Ready", "status": "True", "observedGeneration": 3 },
        ] },
    });
    criterion.bench_function("cel/compile a health check", |bencher| {
        let environment = Environment::flux();
        bencher.iter(|| Program::compile(black_box(HEALTH), &environment));
    });
    let program = Program::compile(HEALTH, &Environment::flux()).expect("an expression");
    criterion.bench_function("cel/evaluate a health check", |bencher| {
        bencher.iter(|| program.evaluate_bool(Bindings::fields_of(black_box(&object))));
    });
}

criterion_group!(benches, best, evaluate);
criterion_main!(benches);
