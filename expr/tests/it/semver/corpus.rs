//! Versions and constraints with the answers of Masterminds/semver 3.5, error texts included.

use gotk_corpus::Tally;
use gotk_expr::Error;
use gotk_expr::semver::{Constraint, Version};
use serde_json::{Value as Json, json};

#[test]
fn masterminds_gives_the_same_answers() {
    let Some(path) = gotk_corpus::find("expr/semver.jsonl") else { return };
    run("semver", gotk_corpus::json_lines(&path));
}

#[test]
fn every_rule_has_the_answer_of_masterminds() {
    let lines = include_str!("../../cases/semver.jsonl").lines().enumerate();
    let read = |(index, line)| (index + 1, serde_json::from_str(line).expect("a record"));
    run("semver cases", lines.map(read).collect());
}

fn run(name: &'static str, records: Vec<(usize, Json)>) {
    let mut tally = Tally::new(name);
    for (line, record) in records {
        let op = text(&record["op"]);
        let ours = match op {
            "parse" => parse(&record),
            "compare" => compare(&record),
            _ => check(&record),
        };
        tally.equal(&format!("{line}/{op}"), &ours, &record);
    }
    tally.finish();
}

fn text(json: &Json) -> &str {
    json.as_str().expect("text")
}

fn parse(record: &Json) -> Json {
    let text = text(&record["in"]);
    let parts = |read: Result<Version<'_>, Error>| match read {
        Ok(version) => json!({
            "major": version.major(),
            "minor": version.minor(),
            "patch": version.patch(),
            "pre": version.pre_release(),
            "meta": version.metadata(),
            "string": version.to_string(),
            "original": version.original(),
        }),
        Err(error) => json!({ "err": error.to_string() }),
    };
    let loose = parts(Version::parse(text));
    json!({ "op": "parse", "in": text, "loose": loose, "strict": parts(Version::parse_strict(text)) })
}

fn compare(record: &Json) -> Json {
    let version = |name: &str| Version::parse(text(&record[name])).expect("a version");
    let order = version("a").precedence(&version("b"));
    json!({
        "op": "compare",
        "a": record["a"],
        "b": record["b"],
        "cmp": order as i8,
        "equal": order.is_eq(),
    })
}

fn check(record: &Json) -> Json {
    let constraint = match Constraint::parse(text(&record["constraint"])) {
        Ok(constraint) => constraint,
        Err(error) => {
            let why = error.to_string();
            return json!({ "op": "check", "constraint": record["constraint"], "err": why });
        }
    };
    let versions = record["versions"].as_array().expect("versions");
    let matches = |version| Version::parse(text(version)).is_ok_and(|it| constraint.matches(&it));
    let best = constraint.best(versions.iter().map(text));
    json!({
        "op": "check",
        "constraint": record["constraint"],
        "string": constraint.to_string(),
        "versions": versions,
        "ok": versions.iter().map(matches).collect::<Vec<_>>(),
        "best": best.map_or("", |version| version.original()),
    })
}
