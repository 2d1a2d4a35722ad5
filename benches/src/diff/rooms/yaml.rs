//! YAML documents read, written and kept: sigs yaml, goyaml.v3, kyaml and apimachinery's streams.

use gotk_yaml::{Document, Error, Format, Options};
use serde_json::{Value, json};

use crate::diff::Room;
use crate::diff::dice::Dice;

pub(super) const ROOM: Room = Room {
    name: "yaml",
    peer: "yaml",
    inputs: "a document: of any style, a damaged manifest, or JSON to be written; one of nine operations",
    generate,
    answer,
    excuse,
};

const READ: [&str; 6] = ["parse", "parse-strict", "rewrite", "keep", "decode", "split"];
const WRITE: [&str; 3] = ["emit", "emit-kyaml", "emit-v3"];

fn generate(dice: &mut Dice) -> Value {
    if dice.chance(25) {
        return json!({ "op": dice.of(&WRITE), "text": any_value(dice, 4).to_string() });
    }
    let text = match dice.below(3) {
        0 => document(dice),
        1 => damaged(dice, MANIFESTS),
        _ => {
            let styled = document(dice);
            damaged(dice, &[&styled])
        }
    };
    json!({ "op": dice.of(&READ), "text": text })
}

/// Words that some reader takes for something else, and others.
const WORDS: [&str; 40] = [
    "a",
    "b",
    "name",
    "yes",
    "No",
    "on",
    "true",
    "False",
    "null",
    "~",
    "",
    "0644",
    "0o17",
    "0x1F",
    "1_000",
    "1e3",
    "1.10",
    ".5",
    ".inf",
    "-.INF",
    ".nan",
    "12:30",
    "2020-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "=",
    "<<",
    "-",
    "--",
    "---",
    "1",
    "-1",
    "+1",
    "18446744073709551616",
    "é",
    "a b",
    "a: b",
    "a #b",
    "#c",
    "- x",
    "*a",
];

fn any_value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth > 0 { 9 } else { 6 }) {
        0 => json!(null),
        1 => json!(dice.chance(50)),
        2 => json!(dice.of(&[0, 1, -1, 9_007_199_254_740_993, i64::MIN, i64::MAX])),
        3 => json!(dice.of(&[0.5, 1.0, -1e30, 1e21, 1e-7, 123_456_789.25])),
        4 | 5 => json!(any_text(dice)),
        6 => dice.several(4, |dice| any_value(dice, depth - 1)).into(),
        _ => {
            let entry = |dice: &mut Dice| (any_text(dice), any_value(dice, depth - 1));
            dice.several(4, entry).into_iter().collect()
        }
    }
}

fn any_text(dice: &mut Dice) -> String {
    if dice.chance(60) {
        return dice.of(&WORDS).to_owned();
    }
    let pieces = [
        "a",
        "b c",
        " ",
        "  ",
        "\n",
        "\n\n",
        ":",
        ": ",
        " #",
        "'",
        "\"",
        "\\",
        "{",
        "]",
        ",",
        "é",
        "😀",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\t",
        "\r",
        "%",
        "@",
        "`",
        "|",
        ">",
        "&",
        "*",
        "!",
        "?",
        "-",
        "word word word word word word word word word word word word word word word word ",
        "\u{7}",
        "\u{feff}",
    ];
    let all: Vec<_> = (0..=dice.below(6)).map(|_| dice.of(&pieces)).collect();
    all.concat()
}

/// A document written in whatever style the dice say.
fn document(dice: &mut Dice) -> String {
    let mut text = String::new();
    for index in 0..=dice.of(&[0, 0, 0, 1, 2]) {
        if index > 0 || dice.chance(10) {
            text += dice.of(&["---\n", "---\n", "--- # next\n", "...\n---\n", "---"]);
        }
        block(dice, 0, 4, &mut text);
    }
    text
}

fn indent(text: &mut String, columns: usize) {
    text.extend(std::iter::repeat_n(' ', columns));
}

/// Writes a node that begins on a line of its own.
fn block(dice: &mut Dice, columns: usize, depth: usize, text: &mut String) {
    match dice.below(if depth > 0 { 6 } else { 1 }) {
        0 => {
            indent(text, columns);
            scalar(dice, columns, text);
            end(dice, text);
        }
        1 | 2 => {
            for _ in 0..=dice.below(3) {
                comment(dice, columns, text);
                indent(text, columns);
                text.push('-');
                value(dice, columns, depth - 1, text);
            }
        }
        _ => {
            for _ in 0..=dice.below(4) {
                comment(dice, columns, text);
                indent(text, columns);
                key(dice, text);
                value(dice, columns, depth - 1, text);
            }
        }
    }
}

fn comment(dice: &mut Dice, columns: usize, text: &mut String) {
    if dice.chance(10) {
        indent(text, columns);
        *text += dice.of(&["# head\n", "\n", "#\n", "\n# apart\n\n"]);
    }
}

fn key(dice: &mut Dice, text: &mut String) {
    if dice.chance(3) {
        *text += "? ";
    }
    match dice.below(20) {
        0 => *text += dice.of(&["'a'", "\"b\"", "[a, b]", "{a: b}", "&k a", "!!str 1"]),
        1 => *text += dice.of(&WORDS),
        _ => *text += dice.of(&["a", "b", "c", "name", "image", "<<", "metadata", "1", "x.y/z"]),
    }
    text.push(':');
}

/// Writes what follows a `:` or `-`.
fn value(dice: &mut Dice, columns: usize, depth: usize, text: &mut String) {
    let properties =
        ["", "", "", "", "", "", " &x", " &y", " !!str", " !!int", " !local", " !!binary"];
    *text += dice.of(&properties);
    match dice.below(8) {
        0 | 1 if depth > 0 => {
            end(dice, text);
            let deeper = columns + dice.of(&[2, 2, 2, 4, 1, 0]);
            block(dice, deeper, depth - 1, text);
        }
        2 => block_scalar(dice, columns, text),
        3 => {
            text.push(' ');
            flow(dice, 3, text);
            end(dice, text);
        }
        4 => {
            *text += dice.of(&[" *x", " *y", " *x", ""]);
            end(dice, text);
        }
        _ => {
            text.push(' ');
            scalar(dice, columns, text);
            end(dice, text);
        }
    }
}

fn end(dice: &mut Dice, text: &mut String) {
    *text += dice.of(&["\n", "\n", "\n", "\n", "\n", "\n", " # line\n", "  \n", "\r\n", "\n\n"]);
}

fn scalar(dice: &mut Dice, columns: usize, text: &mut String) {
    match dice.below(8) {
        0 => {
            let inner = dice.of(&["a", "it''s", "", " x ", "a\n  b", "# no", "é"]);
            *text += &format!("'{inner}'");
        }
        1 => {
            let inner = dice
                .of(&["a", "\\n", "\\x41", "\\u00e9", "a\\\n  b", "", "\\q", "a\n\n  b", "\\\""]);
            *text += &format!("\"{inner}\"");
        }
        2 => {
            // A plain scalar over two lines.
            *text += "several words\n";
            indent(text, columns + 2);
            *text += "on two lines";
        }
        _ => *text += dice.of(&WORDS),
    }
}

fn block_scalar(dice: &mut Dice, columns: usize, text: &mut String) {
    text.push(' ');
    *text += dice.of(&["|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "| # c"]);
    text.push('\n');
    for _ in 0..dice.below(4) {
        if dice.chance(80) {
            indent(text, columns + 2);
        }
        *text += dice.of(&[
            "text\n",
            " more\n",
            "\n",
            "# not a comment\n",
            "key: value\n",
            "  \n",
            "\ttab\n",
        ]);
    }
}

fn flow(dice: &mut Dice, depth: usize, text: &mut String) {
    if depth == 0 || dice.chance(40) {
        return scalar(dice, 0, text);
    }
    let is_map = dice.chance(50);
    text.push(if is_map { '{' } else { '[' });
    for index in 0..dice.below(4) {
        if index > 0 {
            *text += dice.of(&[", ", ",", ",\n  "]);
        }
        if is_map || dice.chance(10) {
            *text += dice.of(&["a: ", "b: ", "\"c\":", "d", "1: ", "? e : "]);
        }
        flow(dice, depth - 1, text);
    }
    *text += dice.of(&["", "", "", ","]);
    text.push(if is_map { '}' } else { ']' });
}

const MANIFESTS: &[&str] = &[
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the name\n  labels: {app: web, \"tier\": 'edge'}\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: main\n        image: web:1.4\n        args: [--a, \"-b\"]\n        env:\n        - {name: LEVEL, value: \"0644\"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  a.yaml: |\n    x: 1\n    # kept\n    y: >-\n      z\n  b: \"line\\n\"\n",
    "base: &base\n  a: 1\n  list: [1, 2]\nother:\n  <<: *base\n  a: 2\nmore:\n- *base\n- <<: [*base, {c: 3}]\n",
    "# head\n\n# second\na: 1   # one\n# between\nb:\n  # inner\n  - x\n\n  - y # why\n  # foot\n\nc: |+\n  keep\n\n\n# end\n",
    "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{\"a\": 1.0, \"b\": [true, null]}, {\"c\": \"\\u00e9\\n\"}]}\n",
];

/// One of the texts with some bytes, pieces or lines changed.
fn damaged(dice: &mut Dice, texts: &[&str]) -> String {
    let mut text = dice.of(texts).to_owned();
    for _ in 0..=dice.below(4) {
        let places: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (from, to) = (dice.of(&places), dice.of(&places));
        let (from, to) = (from.min(to), from.max(to));
        let pieces = [
            " ",
            "  ",
            "\n",
            ":",
            ": ",
            "-",
            "- ",
            "#",
            " #",
            "'",
            "\"",
            "{",
            "}",
            "[",
            "]",
            ",",
            "&a ",
            "*a",
            "|\n",
            ">\n",
            "\t",
            "---\n",
            "...\n",
            "!!str ",
            "? ",
            "<<: *base\n",
            "é",
            "\u{85}",
            "\r",
            "%YAML 1.1\n",
            "\\",
            "\0",
        ];
        match dice.below(5) {
            0 => text.replace_range(from..to.min(from + 12).max(from), ""),
            1 => {
                let copy = text[from..to].chars().take(40).collect::<String>();
                text.insert_str(from, &copy);
            }
            2 => {
                let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
                let at = dice.below(lines.len().max(1));
                if at < lines.len() {
                    let line = lines.remove(at);
                    let to = dice.below(lines.len() + 1);
                    lines.insert(to, line);
                }
                text = lines.concat();
            }
            _ => text.insert_str(from, dice.of(&pieces)),
        }
    }
    text
}

fn answer(input: &Value) -> Value {
    let (Some(op), Some(text)) = (input["op"].as_str(), input["text"].as_str()) else {
        return Value::Null;
    };
    let told = match op {
        "parse" => gotk_yaml::from_slice(text.as_bytes(), &sigs()),
        "parse-strict" => gotk_yaml::from_slice(text.as_bytes(), &sigs().strict()),
        "rewrite" => gotk_yaml::from_slice(text.as_bytes(), &sigs())
            .and_then(|value| gotk_yaml::to_string(&value))
            .map(Value::from),
        "emit" => gotk_yaml::json_to_yaml(text).map(Value::from),
        "emit-kyaml" => return written(text, Format::kyaml()),
        "emit-v3" => return written(text, Format::goyaml3(4)),
        "keep" => {
            let options = Options::kyaml().max_depth(10_000);
            match Document::parse_with(text.as_bytes(), &options) {
                Ok(None) => return json!({ "error": "EOF" }),
                Ok(Some(document)) => Ok(document.to_string().into()),
                Err(error) => Err(error),
            }
        }
        "decode" => gotk_yaml::documents_from_slice(text.as_bytes(), sigs()).collect(),
        "split" => gotk_yaml::split(text.as_bytes())
            .map(|part| part.map(|part| String::from_utf8_lossy(&part.bytes).into_owned()))
            .collect::<Result<Vec<_>, Error>>()
            .map(Value::from),
        _ => return Value::Null,
    };
    told.unwrap_or_else(|error| json!({ "error": error.original() }))
}

fn sigs() -> Options {
    Options::sigs().max_depth(10_000)
}

/// A JSON text with every number a float, as Go has it without types, written.
fn written(text: &str, format: Format) -> Value {
    let Ok(value) = serde_json::from_str(text) else { return json!({ "error": "no JSON" }) };
    match gotk_yaml::to_string_with(&floats(value), format) {
        Ok(text) => text.into(),
        Err(error) => json!({ "error": error.original() }),
    }
}

fn floats(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(floats).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, floats(value))).collect(),
        other => other,
    }
}

/// Texts that are not JSON are no input of the operations that write, whatever is said of them.
fn excuse(input: &Value, ours: &Value, theirs: &Value) -> Option<&'static str> {
    let writes = input["op"].as_str().is_some_and(|op| WRITE.contains(&op));
    let refused = ours["error"].is_string() && theirs["error"].is_string();
    (writes && refused).then_some("both refuse what is no JSON")
}
