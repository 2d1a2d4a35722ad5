use serde_json::{Value, from_str};

use super::*;

fn merged(dest: &str, patch: &str) -> Result<Value, String> {
    let mut dest = Node::parse_all(dest).unwrap().remove(0);
    let patch = Node::parse_all(patch).unwrap().remove(0);
    match merge(&mut dest, &patch, &Schema::builtin())? {
        true => dest.to_value(),
        false => Ok(Value::Null),
    }
}

/// A rule a line: object, patch, and what kyaml's `merge2` makes of them; `!` begins an error.
///
/// `D` stands for the head of a Deployment, `P` for one with a pod.
const RULES: &[(&str, &str, &str, &str)] = &[
    (
        "items of the patch come first",
        "P{containers: [{name: a, image: a}, {name: b}]}",
        "P{containers: [{name: c}, {name: b, image: x}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"name":"c"},{"image":"x","name":"b"},{"image":"a","name":"a"}]}}}}"#,
    ),
    (
        "null deletes, an empty map does not",
        "Dspec: {a: 1, b: {c: 1}, d: {e: 1}}",
        "Dspec: {a: null, b: {}, d: {e: ~}}",
        r#"D{"spec":{"b":{"c":1},"d":{}}}"#,
    ),
    (
        "an explicit null stays, an empty value goes",
        "Dspec: {a: null, b: ~, c: }",
        "Dspec: {d: 1}",
        r#"D{"spec":{"a":null,"b":null,"d":1}}"#,
    ),
    (
        "an empty list empties a plain list and not one with keys",
        "P{containers: [{name: a, args: [x], env: [{name: v}]}]}",
        "P{containers: [{name: a, args: [], env: []}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"args":[],"env":[{"name":"v"}],"name":"a"}]}}}}"#,
    ),
    (
        "an item is deleted",
        "P{containers: [{name: a}, {name: b}]}",
        "P{containers: [{name: a, $patch: delete}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"name":"b"}]}}}}"#,
    ),
    (
        "a mapping is replaced",
        "Dspec: {strategy: {type: Recreate, x: y}}",
        "Dspec: {strategy: {$patch: replace, z: 1}}",
        r#"D{"spec":{"strategy":{"z":1}}}"#,
    ),
    (
        "a list is replaced",
        "P{containers: [{name: a}, {name: b}]}",
        "P{containers: [{name: c}, {$patch: replace}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}"#,
    ),
    (
        "a list is deleted",
        "P{containers: [{name: a}], x: 1}",
        "P{containers: [{$patch: delete}]}",
        r#"D{"spec":{"template":{"spec":{"x":1}}}}"#,
    ),
    (
        "an item cannot be replaced",
        "P{containers: [{name: a, image: x}]}",
        "P{containers: [{name: a, $patch: replace, args: [y]}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"image":"x","name":"a"}]}}}}"#,
    ),
    ("the object is deleted", "Dspec: {a: 1}", "D$patch: delete", "null"),
    ("an unknown directive is refused", "Dspec: {a: 1}", "Dspec: {$patch: remove}", "!"),
    (
        "ports have two keys",
        "P{containers: [{name: a, ports: [{containerPort: 80, protocol: TCP, name: x}, {containerPort: 80, protocol: UDP}]}]}",
        "P{containers: [{name: a, ports: [{containerPort: 80, protocol: UDP, name: y}, {containerPort: 81}]}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":81},{"containerPort":80,"name":"x","protocol":"TCP"},{"containerPort":80,"name":"y","protocol":"UDP"}]}]}}}}"#,
    ),
    (
        "ports without a protocol",
        "P{containers: [{name: a, ports: [{containerPort: 80}]}]}",
        "P{containers: [{name: a, ports: [{containerPort: 80, name: x}]}]}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"}]}]}}}}"#,
    ),
    (
        "finalizers are a set",
        "Dmetadata: {finalizers: [a, b]}",
        "Dmetadata: {finalizers: [c, a]}",
        r#"D{"metadata":{"finalizers":["c","a","b"]}}"#,
    ),
    (
        "an unknown kind has no keys",
        "apiVersion: x/v1\nkind: X\nspec: {containers: [{name: a}]}",
        "apiVersion: x/v1\nkind: X\nspec: {containers: [{name: b}]}",
        r#"{"apiVersion":"x/v1","kind":"X","spec":{"containers":[{"name":"b"}]}}"#,
    ),
    (
        "old quotes make the new value a string",
        "Dspec: {a: '1', b: 1, c: x}",
        "Dspec: {a: 2, b: '3', c: 4}",
        r#"D{"spec":{"a":"2","b":"3","c":4}}"#,
    ),
    (
        "nulls of what is added go",
        "Dspec: {}",
        "Dspec: {a: {b: null, c: [{d: null}], e: {}}}",
        r#"D{"spec":{"a":{"c":[{"d":null}],"e":{}}}}"#,
    ),
    ("a list where a mapping is", "Dspec: {a: {b: 1}}", "Dspec: {a: [1]}", "!"),
    (
        "a null where a mapping was",
        "Dspec: {a: }",
        "Dspec: {a: {b: 1, c: null}}",
        r#"D{"spec":{"a":{"b":1}}}"#,
    ),
    (
        "duplicate items of the object are one",
        "P{containers: [{name: a, image: x}, {name: a, image: y}]}",
        "P{nodeSelector: {a: b}}",
        r#"D{"spec":{"template":{"spec":{"containers":[{"image":"y","name":"a"}],"nodeSelector":{"a":"b"}}}}}"#,
    ),
];

fn text(short: &str) -> String {
    let head = "apiVersion: apps/v1\nkind: Deployment\n";
    match (short.strip_prefix('P'), short.strip_prefix('D')) {
        (Some(pod), _) => format!("{head}spec: {{template: {{spec: {pod}}}}}\n"),
        (_, Some(rest)) => format!("{head}{rest}\n"),
        _ => short.to_owned(),
    }
}

#[test]
fn rules() {
    for &(rule, dest, patch, wanted) in RULES {
        let ours = merged(&text(dest), &text(patch));
        if wanted.starts_with('!') {
            assert!(ours.is_err(), "{rule}: {ours:?}");
            continue;
        }
        let wanted: Value = match wanted.strip_prefix('D') {
            Some(rest) => {
                let mut object: Value = from_str(rest).unwrap();
                object["apiVersion"] = "apps/v1".into();
                object["kind"] = "Deployment".into();
                object
            }
            None => from_str(wanted).unwrap(),
        };
        assert_eq!(ours, Ok(wanted), "{rule}");
    }
}

#[test]
fn an_error_names_the_field() {
    let error = merged(
        &text("P{containers: [{name: a, env: [{name: v}]}]}"),
        &text("P{containers: [{name: a, env: {name: v}}]}"),
    )
    .unwrap_err();
    let wanted = ".spec.template.spec.containers.[name=a].env: \
                  a mapping where a list is: \"a mapping of line 3\"";
    assert_eq!(error, wanted);
}

/// Longer lists than this are not merged item by item with all others.
#[test]
fn hostile_lists_end() {
    let items = |n: usize| "{containerPort: 1},".repeat(n);
    let of = |n| text(&format!("P{{containers: [{{name: a, ports: [{}]}}]}}", items(n)));
    assert!(merged(&of(6000), &of(1)).is_err());
    let many = (0..20_000).map(|n| format!("{{name: v{n}}},")).collect::<String>();
    let long = text(&format!("P{{containers: [{{name: a, env: [{many}]}}]}}"));
    assert!(merged(&long, &long).is_ok());
}

/// What the original answered, one case `{dest, patch, out | err}` a line.
#[test]
fn as_the_original() {
    let Ok(path) = std::env::var("MERGE_CASES") else { return };
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let case: Value = from_str(line).unwrap();
        let (dest, patch) = (case["dest"].as_str().unwrap(), case["patch"].as_str().unwrap());
        let ours = merged(dest, patch);
        let fits = match case.get("out") {
            Some(out) => ours.as_ref() == Ok(out),
            None => ours.is_err(),
        };
        assert!(fits, "--- object\n{dest}--- patch\n{patch}--- ours\n{ours:?}\n--- theirs\n{case}");
    }
}
