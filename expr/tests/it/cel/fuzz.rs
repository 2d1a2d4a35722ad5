//! No expression, however broken, makes the library panic or run on.

use gotk_expr::cel::{Bindings, Environment, Limits, Program};
use serde_json::{Value as Json, json};

use crate::cel::answer::kubernetes;
use crate::dice::{self, Dice};

/// What a fuzzer calls: any bytes, as an expression and as the text it works on.
fn fuzz(bytes: &[u8], environments: &[Environment]) {
    let source = String::from_utf8_lossy(bytes);
    let object = json!({
        "metadata": { "name": source, "labels": { "a": "b" } },
        "spec": { "list": [1, "a", null, 1.5, [2], { "k": "v" }], "replicas": 3, "text": source },
        "status": { "conditions": [{ "type": "Ready", "status": "True" }] },
    });
    for environment in environments {
        let Ok(program) = Program::compile(&source, environment) else { continue };
        let bindings = Bindings::fields_of(&object).with("self", &object);
        let shown = format!("{:?}", program.evaluate(bindings));
        assert!(!shown.is_empty());
    }
}

#[test]
fn broken_expressions_are_refused_or_evaluated() {
    let limits = Limits::default().with_steps(20_000).with_produced_bytes(1 << 20);
    let environments =
        [Environment::flux().with_limits(limits.clone()), kubernetes().with_limits(limits)];
    let records = include_str!("../../cases/cel.jsonl").lines().skip(1);
    let seeds: Vec<String> = records
        .map(|line| serde_json::from_str::<Json>(line).expect("a record")["expr"].clone())
        .map(|expression| expression.as_str().expect("an expression").to_owned())
        .collect();
    let mut dice = Dice::new();
    for _ in 0..dice::cases(5_000) {
        let mut bytes = seeds[dice.below(seeds.len())].clone().into_bytes();
        for _ in 0..=dice.below(4) {
            mutate(&mut bytes, &seeds, &mut dice);
        }
        fuzz(&bytes, &environments);
    }
}

/// Bytes that mean something to the lexer.
const INTERESTING: &[u8] = b" ()[]{}.,?:'\"\\`+-*/%!<>=&|09axu\n\xff";

fn mutate(bytes: &mut Vec<u8>, seeds: &[String], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(8)).min(bytes.len());
    match dice.below(5) {
        0 => drop(bytes.drain(at..end)),
        1 => bytes.insert(at, dice.pick(INTERESTING)),
        2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
        3 => {
            let other = seeds[dice.below(seeds.len())].as_bytes();
            let from = dice.below(other.len());
            bytes.splice(at..end, other[from..].iter().copied()).for_each(drop);
        }
        _ => bytes.truncate(at),
    }
}
