//! In-place edits: what changes, what stays, and what is refused.

use gotk_yaml::Edit;
use serde_json::{Value, json};

fn set(text: &str, pointer: &str, value: Value) -> Result<String, String> {
    let mut edit = Edit::new(text).map_err(|error| error.to_string())?;
    edit.set(0, pointer, &value).and_then(|()| edit.finish()).map_err(|error| error.to_string())
}

#[track_caller]
fn becomes(text: &str, pointer: &str, value: Value, new: &str) {
    assert_eq!(set(text, pointer, value).as_deref(), Ok(new));
}

#[test]
fn only_the_scalar_changes() {
    becomes("a:   1   # one\r\nb: 2\r\n", "/a", json!(3), "a:   3   # one\r\nb: 2\r\n");
    becomes("a: 'x'\n", "/a", json!("it's"), "a: 'it''s'\n");
    becomes("a: \"x\"\n", "/a", json!("y"), "a: \"y\"\n");
    becomes("a: !!str &n x # c", "/a", json!("z"), "a: !!str &n z # c");
    becomes("l:\n  - x\n  - y\n", "/l/1", json!("z"), "l:\n  - x\n  - z\n");
    becomes("m: {a: 1, b: [x, y]}\n", "/m/b/0", json!("p,q"), "m: {a: 1, b: [\"p,q\", y]}\n");
    becomes("\u{feff}a: 1\n", "/a", json!(2), "\u{feff}a: 2\n");
}

#[test]
fn a_string_stays_a_string() {
    for text in [
        "\t\u{a0}\n",
        " a\nb",
        "yes",
        "1.0",
        "null",
        "",
        "a: b",
        "# x",
        "0x1F",
        "2020-01-01",
        "a\nb",
        "é\u{7f}",
    ] {
        let new = set("a: x\n", "/a", json!(text)).unwrap();
        assert_eq!(gotk_yaml::from_str(&new).unwrap(), json!({ "a": text }), "{new}");
        let new = set("a: x\n", "/b", json!(text)).unwrap();
        assert_eq!(gotk_yaml::from_str(&new).unwrap(), json!({ "a": "x", "b": text }), "{new}");
        Edit::new(&new).unwrap();
    }
}

#[test]
fn blocks_keep_their_indentation_and_comments() {
    becomes(
        "a: | # why\n    one\n    two\n\n# next\nb: 1\n",
        "/a",
        json!("three\n\nfour\n"),
        "a: | # why\n    three\n\n    four\n\n# next\nb: 1\n",
    );
    becomes("a: |\n  one\nb: 1\n", "/a", json!("x"), "a: x\nb: 1\n");
    becomes("a: >-\n  one\n", "/a", json!("x\ny"), "a: |-\n  x\n  y\n");
}

#[test]
fn a_missing_key_is_added_at_the_end() {
    becomes("a: 1\nb:\n    c: 2 # c\n", "/b/d", json!("x"), "a: 1\nb:\n    c: 2 # c\n    d: x\n");
    becomes("a: 1", "/b", json!(2), "a: 1\nb: 2");
    becomes("a:\r\n  b: 1\r\n", "/a/c", json!([1]), "a:\r\n  b: 1\r\n  c:\r\n  - 1\r\n");
    becomes("- a: |\n    x\n- b: 1\n", "/0/c", json!(1), "- a: |\n    x\n  c: 1\n- b: 1\n");
    becomes("a: {}\n", "/a/b", json!("x"), "a: {b: x}\n");
    becomes("a: {x: 1}\n", "/a/b", json!({ "c": [1] }), "a: {x: 1, b: {\"c\":[1]}}\n");
    becomes("a:\nb: 1\n", "/a", json!("x"), "a: x\nb: 1\n");
}

#[test]
fn line_ends_comments_anchors_and_quotes_around_a_change_stay() {
    let text = "# top\r\nspec: &s   # of spec\r\n    image: 'a:1'\t# pinned\r\n\r\n    args: [ 'x' , {k: \"v\"} ] # flow\r\n    <<: {z: 1}\r\nother: *s\r\n";
    let only = text.replace("other: *s\r\n", "");
    becomes(&only, "/spec/image", json!("a:2"), &only.replace("a:1", "a:2"));
    becomes(&only, "/spec/args/0", json!("y"), &only.replace("'x'", "'y'"));
    becomes(&only, "/spec/args/1/k", json!(3), &only.replace("\"v\"", "3"));
    let added = only.replace("{k: \"v\"}", "{k: \"v\", new: a}");
    becomes(&only, "/spec/args/1/new", json!("a"), &added);
    let added = format!("{only}    new: |\r\n      two\r\n      lines\r\n");
    becomes(&only, "/spec/new", json!("two\nlines\n"), &added);
    // What an alias stands for would change with it.
    set(text, "/spec/image", json!("a:2")).unwrap_err();
}

#[test]
fn a_text_that_ends_within_a_line_does_so_again_unless_a_value_needs_the_break() {
    becomes("a: 1", "/b", json!([1]), "a: 1\nb:\n- 1");
    becomes("a: 1", "/b", json!("x\ny\n"), "a: 1\nb: |\n  x\n  y\n");
    becomes("a: 1", "/b", json!("x\ny"), "a: 1\nb: |-\n  x\n  y");
}

#[test]
fn several_keys_can_be_added_at_one_place() {
    for (text, new) in [
        ("a: {}\n", "a: {b: 1, c: 2}\n"),
        ("a: {x: 0}\n", "a: {x: 0, b: 1, c: 2}\n"),
        ("a:\n  x: 0", "a:\n  x: 0\n  b: 1\n  c: 2"),
    ] {
        let mut edit = Edit::new(text).unwrap();
        edit.set(0, "/a/b", &json!(1)).unwrap();
        edit.set(0, "/a/c", &json!(2)).unwrap();
        let again = edit.set(0, "/a/b", &json!(3)).unwrap_err();
        assert_eq!(again.to_string(), "two changes are at one place");
        assert_eq!(edit.finish().as_deref(), Ok(new));
    }
}

#[test]
fn a_key_is_named_as_it_is_written() {
    becomes("on: {push: 1}\n", "/on/push", json!(2), "on: {push: 2}\n");
    becomes("0x1F:\n  y: 1\n", "/0x1F/y", json!(2), "0x1F:\n  y: 2\n");
    becomes("a/b: {c~d: 1}\n", "/a~1b/c~0d", json!(2), "a/b: {c~d: 2}\n");
}

#[test]
fn every_document_of_a_stream_can_be_changed() {
    let mut edit = Edit::new("a: 1\n---\na: 1 # second\n").unwrap();
    edit.set(1, "/a", &json!(2)).unwrap();
    assert_eq!(edit.finish().unwrap(), "a: 1\n---\na: 2 # second\n");
}

#[test]
fn what_cannot_be_done_in_place_is_refused() {
    let refusals = [
        ("a: {b: 1}\n", "/a", json!("x"), "only a scalar can be replaced in place"),
        ("a: 1\n", "/b/c", json!(1), "/b/c does not exist, and cannot be added in place"),
        ("a: 1\n", "/a/b", json!(1), "/a/b does not exist, and cannot be added in place"),
        ("a: 1\n", "a", json!(1), "\"a\" does not begin with /"),
        ("a: &x 1\nb: *x\n", "/a", json!(2), "the text cannot say this without other changes"),
        ("a: &x 1\nb: *x\n", "/b", json!(2), "only a scalar can be replaced in place"),
    ];
    for (text, pointer, value, error) in refusals {
        assert_eq!(set(text, pointer, value).unwrap_err(), error);
    }
}
