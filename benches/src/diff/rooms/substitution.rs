//! Templates and variables: `fluxcd/pkg/envsubst`.

use gotk_kustomize::{Missing, Template};
use serde_json::{Value, json};

use crate::diff::Room;
use crate::diff::dice::Dice;

pub(super) const ROOM: Room = Room {
    name: "substitution",
    peer: "envsubst",
    inputs: "a template and variables",
    generate,
    answer,
    excuse,
};

fn generate(dice: &mut Dice) -> Value {
    let values =
        ["", "abcdef", "/a/b/c.tar.gz", "foo bar foo", "x y*z?[q]", "héllo", "42", "A/B\\C"];
    let names = ["a", "b", "_x1", "long_name", "B"];
    let known = names.iter().filter(|_| dice.chance(70)).map(|name| (*name).to_owned());
    let known: Vec<_> = known.collect();
    let variables: Value = known.into_iter().map(|name| (name, json!(dice.of(&values)))).collect();
    json!({ "template": template(dice, 3), "variables": variables, "strict": dice.chance(20) })
}

fn template(dice: &mut Dice, depth: usize) -> String {
    let plain =
        ["a: b\n", " ", "$", "$$", "{", "}", "\\", "\"q\"", "'s'", "é", "/", "#", "text", ":"];
    let mut text = String::new();
    for _ in 0..=dice.below(5) {
        match dice.below(if depth > 0 { 10 } else { 4 }) {
            0..=3 => text += dice.of(&plain),
            _ => text += &expression(dice, depth - 1),
        }
    }
    text
}

fn expression(dice: &mut Dice, depth: usize) -> String {
    let name = dice.of(&["a", "b", "_x1", "long_name", "B", "none", "none", "", " a", "1", "é"]);
    let operators = [
        "", "", "", ":-", ":=", "=", "-", ":+", "+", ":?", "?", "#", "##", "%", "%%", "/", "//",
        "/#", "/%", "^", "^^", ",", ",,", ":", ":1:", ":-1", "@",
    ];
    let operator = dice.of(&operators);
    let open = dice.of(&["${", "${", "${", "${", "$${", "${#", "${!"]);
    let close = if dice.chance(95) { "}" } else { "" };
    let argument = if operator.is_empty() && dice.chance(95) {
        String::new()
    } else if dice.chance(25) {
        template(dice, depth)
    } else {
        let patterns = [
            "", "d", "*", "?", "*/", "/*", ".*", "[a-c]", "[^a]", "[", "o", "o/x", "\\/", "\\",
            "1", "-1", "2:3", "x/${a}", "*o", "é", "[]a]", "a\\*", "**", "0:2",
        ];
        dice.of(&patterns).to_owned()
    };
    format!("{open}{name}{operator}{argument}{close}")
}

fn answer(input: &Value) -> Value {
    let (Some(template), Some(variables), Some(strict)) =
        (input["template"].as_str(), input["variables"].as_object(), input["strict"].as_bool())
    else {
        return Value::Null;
    };
    let missing = if strict { Missing::Refuse } else { Missing::Empty };
    let variable = |name: &str| variables.get(name).and_then(Value::as_str);
    let expanded = Template::parse(template).and_then(|it| it.expand_bytes(variable, missing));
    match expanded {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => json!({ "text": text }),
            Err(error) => json!({ "hex": hex::encode(error.as_bytes()) }),
        },
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn excuse(_: &Value, ours: &Value, _: &Value) -> Option<&'static str> {
    let error = ours["error"].as_str().unwrap_or_default();
    let bounded = error.contains("takes more than") || error.contains("nested more than");
    bounded.then_some("the original has no bounds")
}
