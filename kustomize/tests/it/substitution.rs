//! Variable substitution against `fluxcd/pkg/envsubst`.

use std::collections::BTreeMap;

use gotk_corpus::{Tally, find, json_lines, read};
use gotk_kustomize::{Error, Missing, Template};
use serde_json::Value;

type Variables = BTreeMap<String, String>;

fn expand(template: &str, variables: &Variables, missing: Missing) -> Result<String, Error> {
    let variable = |name: &str| variables.get(name);
    let bytes = Template::parse(template)?.expand_bytes(variable, missing)?;
    Ok(printed(&bytes))
}

/// Text as Go's JSON encoder prints it: one U+FFFD for every byte that belongs to no character.
fn printed(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn variables(object: &Value) -> Variables {
    let members = object.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .filter(|(name, _)| name != "$type")
        .collect()
}

#[test]
fn golden() {
    let Some(file) = find("envsubst/golden.jsonl") else { return };
    let mut lines = json_lines(&file).into_iter();
    let (_, head) = lines.next().expect("the first line holds the variables");
    let known = variables(&head["vars"]);
    let mut tally = Tally::new("envsubst");
    for (line, case) in lines {
        let template = case["in"].as_str().expect("a template");
        let strict = case["strict"].as_bool().unwrap_or_default();
        let missing = if strict { Missing::Refuse } else { Missing::Empty };
        let ours = expand(template, &known, missing).map_err(|error| error.to_string());
        let recorded = match case["err"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(case["out"].as_str().expect("a result").to_owned()),
        };
        tally.equal(&format!("golden/{line} {template:?}"), &ours, &recorded);
    }
    tally.finish();
}

#[test]
fn upstream_evaluation_table() {
    let Some(file) = find("envsubst/eval_test.json") else { return };
    let tables: Value = serde_json::from_str(&read(&file)).expect("JSON");
    let mut tally = Tally::new("envsubst-eval");
    for table in tables.as_array().expect("tables") {
        for (index, case) in table["cases"].as_array().into_iter().flatten().enumerate() {
            let Some(template) = case["input"].as_str() else { continue };
            let known = variables(&case["params"]);
            let strict = table["func"] == "TestExpandStrict";
            let missing = if strict { Missing::Refuse } else { Missing::Empty };
            let ours = expand(template, &known, missing).map_err(|_| "refused");
            let recorded = match &case["wantErr"] {
                Value::Null => Ok(case["output"].as_str().unwrap_or_default().to_owned()),
                _ => Err("refused"),
            };
            tally.equal(&format!("{}/{index} {template:?}", table["func"]), &ours, &recorded);
        }
    }
    tally.finish();
}

#[test]
fn upstream_parser_table() {
    let Some(file) = find("envsubst/parse_test.json") else { return };
    let tables: Value = serde_json::from_str(&read(&file)).expect("JSON");
    let mut tally = Tally::new("envsubst-parse");
    for case in tables.as_array().into_iter().flatten().flat_map(|table| table["cases"].as_array())
    {
        for case in case {
            let template = case["Text"].as_str().expect("a template");
            let outcome = Template::parse(template).map(drop).map_err(|error| error.to_string());
            tally.case(template, outcome);
        }
    }
    tally.finish();
}

/// One rule a line: template, and what becomes of it (`!` begins an error).
const RULES: &[(&str, &str)] = &[
    // Only `${…}` is an expression.
    ("$v {v} $ } ${v}", "$v {v} $ } abcdef"),
    ("$${v} a$$b $$$${v}", "${v} a$b $${v}"),
    (r"\/ \\ \${v}", r"\/ \\ \abcdef"),
    ("before\0after ${", "before"),
    // Names are letters, digits and `_` of any script.
    ("${_x1}${1}${ключ}", "x1"),
    ("${}", "!unable to parse variable name"),
    ("${ v}", "!unable to parse variable name"),
    ("${v", "!missing closing brace"),
    ("${v-d}", "!missing closing brace"),
    ("${v+d}", "!missing closing brace"),
    // Length counts bytes.
    ("${#v} ${#u} ${#none}", "6 10 0"),
    ("${#}", "!bad substitution"),
    ("${#v:1}", "!bad substitution"),
    // Case maps one character to one.
    ("${u^} ${u^^} ${U,} ${U,,}", "Straße é STRAßE É sTRASSE strasse"),
    ("${v^,}${v,^}", "abcdefabcdef"),
    ("${v^^^}", "!bad substitution"),
    // Defaults serve what is empty as well as what is not set.
    ("${none:-d} ${empty:=d} ${none=d} ${v:-d}", "d d d abcdef"),
    ("${none:+d} ${v:+d} ${none:?d}", "d abcdef d"),
    ("${none:-a${v}b${n}c} ${none:-}|${none:-$x}", "aabcdefb42c |$x"),
    ("${none:-a", "!unable to parse substitution within function"),
    // Substrings are bytes; a negative number counts from the end.
    ("${v:2} ${v:2:3} ${v:9}| ${v:0:99}", "cdef cde | abcdef"),
    ("${v:${minus}} ${v:1:-1} ${v:4:-4}|", "ef bcde |"),
    ("${v:x} ${v:1:x} ${v:99999999999999999999}", "abcdef abcdef abcdef"),
    ("${v:1::2}", "bc"),
    ("${v:}", "!unable to parse substitution within function"),
    ("${v:é}", "!bad substitution"),
    // What a pattern matches is taken away: shortest or longest, at the start or the end.
    ("${p#*/} ${p##*/} ${p%.*} ${p%%.*}", "a/b/c.tar.gz c.tar.gz /a/b/c.tar /a/b/c"),
    ("${v#?} ${v#[a-c]} ${v#[^a]} ${v%[a-f]}", "bcdef bcdef abcdef abcdef"),
    ("${v#x} ${v#[}", "abcdef abcdef"),
    ("${v#}", "!unable to parse substitution within function"),
    // Replacing is literal.
    ("${p/a/x} ${p//a/x} ${p//\\//-}", "/x/b/c.tar.gz /x/b/c.txr.gz -a-b-c.tar.gz"),
    ("${v/#ab/x} ${v/%ef/x} ${v/#ef/x}", "xcdef abcdx abcdef"),
    ("${v/b/} ${v/#ab/} ${v/b//}", "acdef abcdef acdef"),
    ("${v/a}b/x}", "abcdef"),
    ("${v//${empty}/-}", "-a-b-c-d-e-f-"),
    ("${v/b}", "!bad substitution"),
    // An argument that is an expression stands alone.
    ("${none:-${none:-${v}}}", "abcdef"),
    ("${v%${n}x}", "!bad substitution"),
    ("${v#${none:-ab}}", "cdef"),
];

#[test]
fn rules() {
    let set = [
        ("_x1", "x1"),
        ("v", "abcdef"),
        ("u", "straße é"),
        ("U", "STRASSE"),
        ("empty", ""),
        ("n", "42"),
        ("minus", "-2"),
        ("p", "/a/b/c.tar.gz"),
    ];
    let known: Variables = set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for &(template, wanted) in RULES {
        let ours = expand(template, &known, Missing::Empty);
        let ours = ours.unwrap_or_else(|error| format!("!{error}"));
        assert_eq!(ours, wanted, "{template}");
    }
}

#[test]
fn strict_mode_names_the_variable_unless_a_default_stands_in() {
    let known = Variables::new();
    let refused = |template| expand(template, &known, Missing::Refuse).map_err(|e| e.to_string());
    for template in ["${none}", "${#none}", "${none^}", "${none:1}", "${none/a/b}", "${none%x}"] {
        let error = r#"variable not set (strict mode): "none""#;
        assert_eq!(refused(template), Err(error.to_owned()), "{template}");
    }
    assert_eq!(refused("${none:-d}${none=}"), Ok("d".to_owned()));
    assert!(refused("${none:-${other}}").is_err(), "an argument is expanded before it is needed");
}

#[test]
fn an_error_knows_its_place() {
    let text = "a: ${ok}\nbé: ${x:-${y}z${!}}";
    let Err(Error::Substitution { at, .. }) = Template::parse(text) else { panic!("refused") };
    assert_eq!((at.line, at.column), (2, 15));
}

#[test]
fn half_a_character_is_no_text() {
    let template = Template::parse("${u:0:2}").unwrap();
    let variable = |_: &str| Some("hé");
    assert_eq!(template.expand(variable, Missing::Empty), Err(Error::NotText));
    assert_eq!(template.expand_bytes(variable, Missing::Empty).unwrap(), b"h\xC3");
}

#[test]
fn hostile_templates_end() {
    let deep = "${a:-".repeat(100_000);
    assert!(matches!(Template::parse(&deep), Err(Error::TooDeep { .. })));

    // Every level multiplies the text by a thousand.
    let thousand = "x".repeat(1000);
    let levels = "${v//x/".repeat(8) + "y" + &"}".repeat(8);
    let template = Template::parse(&levels).unwrap();
    let outcome = template.expand_bytes(|_| Some(thousand.as_str()), Missing::Empty);
    assert!(matches!(outcome, Err(Error::TooCostly { .. })));
}

/// Reads and expands whatever it is given.
fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(template) = Template::parse(&text) {
        let variable = |name: &str| (name != "none").then_some("hé/l.lo");
        let _ = template.expand_bytes(variable, Missing::Empty);
        let _ = template.expand(variable, Missing::Refuse);
    }
}

#[test]
fn no_template_panics() {
    let signs = b"${}ab:-=+?#%/^,*[]\\\0\xC3\xA9 1$";
    let cases = std::env::var("GOTK_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut seed = 11_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(seed >> 33).unwrap()
    };
    for _ in 0..cases {
        let length = next() % 24;
        let bytes: Vec<u8> = (0..length).map(|_| signs[next() % signs.len()]).collect();
        fuzz(&bytes);
        fuzz(&[b"${a", bytes.as_slice(), b"}"].concat());
    }
}
