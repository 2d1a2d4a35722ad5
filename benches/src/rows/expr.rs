//! Rows of `gotk-expr`.

use std::fmt::Write;
use std::sync::OnceLock;

use gotk_expr::cel::{Bindings, Environment, Program};
use gotk_expr::semver::Constraint;
use serde_json::{Value, json};

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "expr/best",
        question: "what choosing the best of 10,000 tags costs",
        peer: "expr",
        target: "< 5 ms",
        iterations: 200,
        input: tags,
        ours: |input| Outcome::Bytes(best(text(input)).into_bytes()),
    },
    Row {
        name: "expr/compile",
        question: "what compiling ten health expressions costs",
        peer: "expr",
        target: "–",
        iterations: 500,
        input: || HEALTH.join("\n").into_bytes(),
        ours: |input| Outcome::Bytes(compile(text(input)).to_string().into_bytes()),
    },
    Row {
        name: "expr/evaluate",
        question: "what one health expression costs over 1,000 parsed objects",
        peer: "expr",
        target: "–",
        iterations: 500,
        input: objects,
        ours: |input| Outcome::Bytes(evaluate(input)),
    },
];

/// Expressions of the shapes that Flux's users write.
const HEALTH: [&str; 10] = [
    "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
    "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'False')",
    "status.conditions.exists(e, e.type == 'Synced' && e.status == 'True')",
    "has(status.conditions) && status.conditions.exists(e, e.type == 'Ready')",
    "!status.conditions.filter(e, e.type == 'Ready').all(e, e.observedGeneration == metadata.generation && e.status == 'True')",
    "status.phase in ['Running', 'Succeeded']",
    "has(status.phase) ? status.phase == 'Failed' : false",
    "status.observedGeneration == metadata.generation",
    "size(status.conditions) > 0 && status.conditions[0].status == 'True'",
    "metadata.?labels[?'app'].orValue('none') != 'none'",
];

fn text(input: &[u8]) -> &str {
    std::str::from_utf8(input).unwrap_or_default()
}

fn best(text: &str) -> String {
    let (constraint, tags) = text.split_once('\n').unwrap_or_default();
    let best = Constraint::parse(constraint).ok();
    let best = best.as_ref().and_then(|constraint| constraint.best(tags.lines()));
    best.map_or_else(String::new, |version| version.original().to_owned())
}

fn compile(text: &str) -> usize {
    let environment = Environment::flux();
    text.lines().filter(|line| Program::compile(line, &environment).is_ok()).count()
}

/// A watch hands over parsed objects, so reading the text is no part of the row; the peer does the
/// same. The warm-up fills this.
fn parsed(input: &[u8]) -> Option<&'static (Program, Vec<Value>)> {
    static PARSED: OnceLock<Option<(Program, Vec<Value>)>> = OnceLock::new();
    let parse = || {
        let (source, objects) = text(input).split_once('\n')?;
        let program = Program::compile(source, &Environment::flux()).ok()?;
        let object = |line| serde_json::from_str(line).unwrap_or_default();
        Some((program, objects.lines().map(object).collect()))
    };
    PARSED.get_or_init(parse).as_ref()
}

fn evaluate(input: &[u8]) -> Vec<u8> {
    let Some((program, objects)) = parsed(input) else { return Vec::new() };
    let letter = |object| match program.evaluate_bool(Bindings::fields_of(object)) {
        Ok(true) => b't',
        Ok(false) => b'f',
        Err(_) => b'e',
    };
    objects.iter().map(letter).collect()
}

fn tags() -> Vec<u8> {
    tags_of(10_000)
}

pub(crate) fn tags_of(count: usize) -> Vec<u8> {
    let mut text = ">=1.2.0 <9.50, !=3.x || ~9.60\n".to_owned();
    for n in 0..count {
        let pre = ["", "-rc.1"][n % 2];
        let _ = writeln!(text, "v{}.{}.{}{pre}", n / 1000, n / 10 % 100, n % 10);
    }
    text.into_bytes()
}

/// One expression, then an object a line; one in ten has no conditions yet.
fn objects() -> Vec<u8> {
    let mut text = format!("{}\n", HEALTH[4]);
    for index in 0..1_000 {
        let condition = |kind: &str| {
            let status = if index % 3 == 0 { "False" } else { "True" };
            json!({ "type": kind, "status": status, "observedGeneration": 3, "reason": "Reason" })
        };
        let status = match index % 10 {
            9 => json!({}),
            _ => json!({ "conditions": [condition("Synced"), condition("Ready")] }),
        };
        let name = format!("object-{index}");
        let object = json!({ "metadata": { "name": name, "generation": 3 }, "status": status });
        let _ = writeln!(text, "{object}");
    }
    text.into_bytes()
}
