//! Version constraints over versions: `Masterminds/semver`.

use gotk_expr::semver::{Constraint, Version};
use serde_json::{Value, json};

use super::no_excuse;
use crate::diff::Room;
use crate::diff::dice::Dice;

pub(super) const ROOM: Room = Room {
    name: "semver",
    peer: "expr",
    inputs: "a constraint and up to 12 versions",
    generate,
    answer,
    excuse: no_excuse,
};

fn generate(dice: &mut Dice) -> Value {
    json!({ "constraint": constraint(dice), "versions": versions(dice) })
}

fn versions(dice: &mut Dice) -> Vec<String> {
    dice.several(12, |dice| {
        let prefix = if dice.chance(30) { "v" } else { "" };
        format!("{prefix}{}", version(dice, false))
    })
}

fn constraint(dice: &mut Dice) -> String {
    let mut text = String::new();
    for group in 0..=dice.below(3) {
        if group > 0 {
            text += dice.of(&[" || ", "||", " ||", "|| ", " | "]);
        }
        for term in 0..=dice.below(3) {
            if term > 0 {
                text += dice.of(&[", ", ",", " ", "  ", " ,", "\t"]);
            }
            text += &self::term(dice);
        }
    }
    text
}

fn term(dice: &mut Dice) -> String {
    if dice.chance(8) {
        let dash = dice.of(&[" - ", " -", "- ", "-", "  -  "]);
        return format!("{}{dash}{}", version(dice, true), version(dice, true));
    }
    let operators =
        ["", "", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^", "==", "!", "<>"];
    let space = dice.of(&["", "", "", " ", "  "]);
    let prefix = if dice.chance(10) { "v" } else { "" };
    format!("{}{space}{prefix}{}", dice.of(&operators), version(dice, true))
}

fn version(dice: &mut Dice, wild: bool) -> String {
    if dice.chance(3) {
        return dice
            .of(&["", "*", "latest", "1..2", "1.2.3.4", ".1", "-1", "1.2.3-", "é"])
            .to_owned();
    }
    let mut text = String::new();
    for part in 0..dice.of(&[1, 2, 3, 3, 3, 3]) {
        if part > 0 {
            text.push('.');
        }
        text += &match dice.below(20) {
            0 if wild => dice.of(&["x", "X", "*"]).to_owned(),
            1 => format!("0{}", dice.below(10)),
            2 => {
                dice.of(&["18446744073709551615", "18446744073709551616", "2147483648"]).to_owned()
            }
            3..=6 => dice.below(30).to_string(),
            _ => dice.below(4).to_string(),
        };
    }
    if dice.chance(25) {
        text.push('-');
        text += &identifiers(dice);
    }
    if dice.chance(12) {
        text.push('+');
        text += &identifiers(dice);
    }
    text
}

fn identifiers(dice: &mut Dice) -> String {
    let words =
        ["0", "1", "01", "alpha", "beta", "rc1", "rc", "a-b", "-", "10", "x", "", "20260101"];
    let all: Vec<_> = (0..=dice.below(3)).map(|_| dice.of(&words)).collect();
    all.join(".")
}

fn answer(input: &Value) -> Value {
    let versions: Option<Vec<&str>> =
        input["versions"].as_array().and_then(|it| it.iter().map(Value::as_str).collect());
    let (Some(text), Some(versions)) = (input["constraint"].as_str(), versions) else {
        return Value::Null;
    };
    let parsed: Vec<Value> = versions.iter().map(|version| parse(version)).collect();
    match Constraint::parse(text) {
        Err(error) => json!({ "error": error.to_string(), "parsed": parsed }),
        Ok(constraint) => {
            let matches = |it: &&str| Version::parse(it).is_ok_and(|it| constraint.matches(&it));
            let best = constraint.best(versions.iter().copied());
            json!({
                "string": constraint.to_string(),
                "matches": versions.iter().map(matches).collect::<Vec<_>>(),
                "best": best.map_or("", |version| version.original()),
                "parsed": parsed,
            })
        }
    }
}

/// Both ways to read a version.
fn parse(text: &str) -> Value {
    let told = |read: Result<Version<'_>, _>| match read {
        Ok(version) => version.to_string(),
        Err(error) => format!("error: {error}"),
    };
    json!([told(Version::parse(text)), told(Version::parse_strict(text))])
}
