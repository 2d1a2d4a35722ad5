//! Ignore rules over paths: `fluxcd/pkg/sourceignore`.

use gotk_artifact::{IgnoreRules, Kind, TreePath};
use serde_json::{Value, json};

use super::no_excuse;
use crate::diff::Room;
use crate::diff::dice::Dice;

pub(super) const ROOM: Room = Room {
    name: "ignore",
    peer: "sourceignore",
    inputs: "ignore rules and up to 12 paths",
    generate,
    answer,
    excuse: no_excuse,
};

const NAMES: [&str; 14] = [
    "a",
    "b",
    "c",
    "foo",
    "foobar",
    "d1",
    "x.yaml",
    "x.jpg",
    ".git",
    ".github",
    "charts",
    "#h",
    "a b",
    ".sops.yaml",
];

fn generate(dice: &mut Dice) -> Value {
    let patterns = dice.several(5, pattern);
    let domain = if dice.chance(25) { dice.several(2, |dice| dice.of(&NAMES)) } else { vec![] };
    let paths: Vec<Value> = (0..=dice.below(12))
        .map(|_| {
            let mut names = if dice.chance(60) { domain.clone() } else { vec![] };
            names.extend((0..=dice.below(4)).map(|_| dice.of(&NAMES)));
            json!({ "path": names.join("/"), "folder": dice.chance(35) })
        })
        .collect();
    let mode = dice.of(&["plain", "plain", "vcs", "default"]);
    json!({ "mode": mode, "patterns": patterns, "domain": domain, "paths": paths })
}

fn pattern(dice: &mut Dice) -> String {
    let segments = [
        "*", "**", "foo*", "*.yaml", "*.jpg", "d?", "[ab]", "[^a]", "[!a]", "[a-c]*", "\\#h", "?",
        "**a", "a**", "[", "\\", "a\\ b", "x.*",
    ];
    let mut text = String::new();
    text += dice.of(&["", "", "", "!", "\\!", "#", " "]);
    text += dice.of(&["", "", "/"]);
    for index in 0..=dice.below(3) {
        if index > 0 {
            text.push('/');
        }
        text += if dice.chance(50) { dice.of(&NAMES) } else { dice.of(&segments) };
    }
    text += dice.of(&["", "", "", "/", "//", " ", "/**", "/*"]);
    text
}

fn answer(input: &Value) -> Value {
    excluded(input).map_or(Value::Null, Value::from)
}

fn excluded(input: &Value) -> Option<Vec<bool>> {
    let texts = |name: &str| -> Option<Vec<&str>> {
        input[name].as_array()?.iter().map(Value::as_str).collect()
    };
    let rules = match input["mode"].as_str()? {
        "plain" => IgnoreRules::none(),
        "vcs" => IgnoreRules::vcs(),
        "default" => IgnoreRules::defaults(),
        _ => return None,
    };
    let path = |text: &str| match text {
        "" => Some(TreePath::root()),
        text => TreePath::new(text).ok(),
    };
    let domain = path(&texts("domain")?.join("/"))?;
    let rules = rules.and(texts("patterns")?.join("\n"), &domain).ok()?;
    let judged = input["paths"].as_array()?.iter().map(|it| {
        let kind = if it["folder"].as_bool()? { Kind::Directory } else { Kind::File };
        let text = it["path"].as_str().filter(|text| !text.is_empty())?;
        Some(rules.excludes(&path(text)?, kind))
    });
    judged.collect()
}
