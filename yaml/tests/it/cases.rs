//! One case for every rule, as the Go originals answer it.

use gotk_yaml::{Document, Format, Options};
use serde_json::{Value, json};

/// Text, value as Kubernetes reads it, value as kustomize reads it.
fn values() -> Vec<(&'static str, Value, Value)> {
    let same = |text, value: Value| (text, value.clone(), value);
    vec![
        // Words.
        ("v: yes", json!({ "v": true }), json!({ "v": "yes" })),
        ("v: 0o17", json!({ "v": 15 }), json!({ "v": 15 })),
        ("v: 2020-01-01", json!({ "v": "2020-01-01" }), json!({ "v": "2020-01-01T00:00:00Z" })),
        same("v: 0644", json!({ "v": 420 })),
        same("v: 1_000", json!({ "v": 1000 })),
        same("v: 1.0", json!({ "v": 1 })),
        same("v: ~", json!({ "v": null })),
        same("v: '1'", json!({ "v": "1" })),
        same("v: 12:30", json!({ "v": "12:30" })),
        same("v: 1e999", json!({ "v": "1e999" })),
        // Keys.
        ("y: 1", json!({ "true": 1 }), json!({ "y": 1 })),
        ("1: a", json!({ "1": "a" }), json!({ "1": "a" })),
        same("? a\n: b", json!({ "a": "b" })),
        // Anchors, aliases, merge keys: Kubernetes merges where `<<` stands, kustomize last.
        same("a: &x [1]\nb: *x", json!({ "a": [1], "b": [1] })),
        same(
            "a: &x {k: 1}\nb: {<<: *x, l: 2}",
            json!({ "a": { "k": 1 }, "b": { "k": 1, "l": 2 } }),
        ),
        (
            "a: &x {k: 1}\nb: {k: 2, <<: *x}",
            json!({ "a": { "k": 1 }, "b": { "k": 1 } }),
            json!({ "a": { "k": 1 }, "b": { "k": 2 } }),
        ),
        // Tags.
        same("v: !!str 5", json!({ "v": "5" })),
        same("v: !!float 5", json!({ "v": 5 })),
        same("v: !!binary aGk=", json!({ "v": "hi" })),
        same("v: !foo x", json!({ "v": "x" })),
        // Scalars of several lines.
        same("v: |\n  a\n   b\n\n  c\n", json!({ "v": "a\n b\n\nc\n" })),
        same("v: >-\n  a\n  b\n\n  c\n", json!({ "v": "a b\nc" })),
        same("v: |+2\n    a\n\n", json!({ "v": "  a\n\n" })),
        same("v: a\n  b\n\n  c", json!({ "v": "a b\nc" })),
        same("v: \"a\\\n  b\\u00e9\"", json!({ "v": "abé" })),
        // Text.
        same("\u{feff}a: 1\r\nb: |\r\n  x\r\n", json!({ "a": 1, "b": "x\n" })),
        same("{\"a\": [1, \"b\", null]}", json!({ "a": [1, "b", null] })),
        same("", Value::Null),
        same("# nothing", Value::Null),
        same("a: 1\n---\nb: 2", json!({ "a": 1 })),
    ]
}

#[test]
fn values_are_read() {
    for (text, kubernetes, kustomize) in values() {
        assert_eq!(gotk_yaml::from_str(text), Ok(kubernetes), "{text:?}");
        let read = gotk_yaml::from_slice(text.as_bytes(), &Options::kyaml());
        assert_eq!(read, Ok(kustomize), "{text:?}");
    }
}

#[test]
fn utf16_is_read() {
    let little: Vec<u8> = "\u{feff}a: é".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "\u{feff}a: é".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        assert_eq!(gotk_yaml::from_slice(&bytes, &Options::sigs()), Ok(json!({ "a": "é" })));
    }
}

#[test]
fn of_equal_keys_the_last_counts_or_both_are_an_error() {
    assert_eq!(gotk_yaml::from_str("a: 1\na: 2"), Ok(json!({ "a": 2 })));
    assert!(gotk_yaml::from_str_strict("a: 1\na: 2").is_err());
    assert!(gotk_yaml::from_slice(b"a: 1\na: 2", &Options::kyaml()).is_err());
}

#[test]
fn streams_are_cut_before_they_are_read() {
    let read = |text: &str| -> Vec<Value> {
        gotk_yaml::documents(text).collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(read("a: 1\n--- # c\nb: 2\n---\n"), [json!({ "a": 1 }), json!({ "b": 2 })]);
    assert_eq!(
        read("---\na: 1\n---\n\n---\nb: 2"),
        [json!({ "a": 1 }), Value::Null, json!({ "b": 2 })]
    );
    assert_eq!(read("{\"a\": 1}{\"b\": 2}\n"), [json!({ "a": 1 }), json!({ "b": 2 })]);
    assert_eq!(read("{\"a\": 1}\n---\nb: 2\n"), [json!({ "a": 1 }), json!({ "b": 2 })]);
    assert!(gotk_yaml::documents("a: 'x\n---\ny'\n").any(|document| document.is_err()));
}

#[test]
fn values_are_written() {
    let long = "word ".repeat(20).trim_end().to_owned();
    for (value, sigs, kyaml) in [
        (json!({ "b": [], "a": {} }), "a: {}\nb: []\n", "a: {}\nb: []\n"),
        (json!({ "l": [[1], { "k": 1 }] }), "l:\n- - 1\n- k: 1\n", "l:\n- - 1\n- k: 1\n"),
        (json!({ "a10": 1, "a2": 2 }), "a2: 2\na10: 1\n", "a2: 2\na10: 1\n"),
        (json!({ "v": "yes" }), "v: \"yes\"\n", "v: \"yes\"\n"),
        (json!({ "v": "12:30" }), "v: \"12:30\"\n", "v: \"12:30\"\n"),
        (json!({ "v": "a: b" }), "v: 'a: b'\n", "v: 'a: b'\n"),
        (json!({ "v": " a\n" }), "v: |2\n   a\n", "v: |2\n   a\n"),
        (json!({ "v": "a\n\n" }), "v: |+\n  a\n\n", "v: |+\n  a\n\n"),
        (json!({ "v": "a\tb" }), "v: \"a\\tb\"\n", "v: \"a\\tb\"\n"),
        (json!({ "v": "😀" }), "v: \"\\U0001F600\"\n", "v: \"\\U0001F600\"\n"),
    ] {
        assert_eq!(gotk_yaml::to_string(&value).as_deref(), Ok(sigs));
        assert_eq!(gotk_yaml::to_string_with(&value, Format::kyaml()).as_deref(), Ok(kyaml));
    }
    let folded = gotk_yaml::to_string(&json!({ "v": long })).unwrap();
    assert_eq!(folded.lines().count(), 2);
    let indented = gotk_yaml::to_string_with(&json!({ "l": [1] }), Format::goyaml3(4));
    assert_eq!(indented.as_deref(), Ok("l:\n    - 1\n"));
}

#[test]
fn comments_stay_with_what_they_are_about() {
    for text in [
        "# head\na: 1 # line\n# foot\n\nb: 2\n",
        "a:\n# of b\n- b # line\n# of c\n- c\n",
        "# document\n\n# of a\na: 1\n",
        "a: {b: 1, c: [x, y]} # flow\n",
        "a: &x !!str 5\nb: *x\nc: |- # header\n  text\n",
        "a:\n  b: 1\n  # end of a\nc: 2\n",
    ] {
        assert_eq!(Document::parse(text).unwrap().unwrap().to_string(), text);
    }
}

#[test]
fn a_line_of_blanks_in_a_block_is_an_empty_line_to_the_comment_below() {
    let document = Document::parse("c: |-\n   more\n    \n  # below\n").unwrap().unwrap();
    assert_eq!(document.to_string(), "c: \"more\\n \"\n\n# below\n");
}

#[test]
fn a_fault_behind_a_commented_item_is_told_as_the_scanner_meets_it_again() {
    let faults = [
        (
            "- |-\n more\n# apart\n- y\n- |\n  \ttab\n",
            "line 6: found character that cannot start any token",
        ),
        ("#\n- \"\"\n\n- \"\\q\" # line\n", "line 4: found unknown escape character"),
        ("# head\n- a\n- |-ead\n- b\n", "line 3: did not find expected comment or line break"),
        (
            "- a # line\n\n# apart\n\n- !!int\n  - b\n  - !<<: *base\n!str {? e : []}\n",
            "line 7: did not find expected tag URI",
        ),
        (
            "b:\n- several\n# head\n- c\n- \"\\x!!str <: \n- \"\\x41\" # line\n",
            "line 5: did not find expected hexdecimal number",
        ),
    ];
    for (text, words) in faults {
        assert_eq!(Document::parse(text).unwrap_err().original(), format!("yaml: {words}"));
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_until_json_replaces_them() {
    use gotk_yaml::{Typed, typed_from_slice, typed_to_string};

    assert_eq!(
        gotk_yaml::from_str("v: !!binary true"),
        Ok(json!({ "v": "\u{fffd}\u{fffd}\u{fffd}" }))
    );
    let error = gotk_yaml::from_str("? {v: !!binary true}\n: 1\n").unwrap_err();
    let words = r#"yaml: invalid map key: map[interface {}]interface {}{"v":"\xb6\xbb\x9e"}"#;
    assert_eq!(error.original(), words);
    let bytes = typed_from_slice(b"!!binary true", &Options::kyaml()).unwrap();
    assert_eq!(bytes, Typed::Bytes(vec![0xb6, 0xbb, 0x9e]));
    for format in [Format::sigs(), Format::goyaml3(4)] {
        assert_eq!(typed_to_string(&bytes, format).as_deref(), Ok("!!binary true\n"));
    }
    let long = Typed::Bytes(vec![255; 54]);
    let text = format!("!!binary |\n    {}\n    //\n", "/".repeat(70));
    assert_eq!(typed_to_string(&long, Format::goyaml3(4)), Ok(text));
}

/// The originals lose text where the mark is the last of the 512 bytes that they read at once.
#[test]
fn a_mark_that_opens_a_later_line_is_read_the_same_wherever_it_stands() {
    for width in 500..516 {
        let text = format!("#{}\n\u{feff}k: 1\nabc: 2\n", "x".repeat(width - 2));
        assert_eq!(gotk_yaml::from_str(&text), Ok(json!({ "\u{feff}k": 1, "abc": 2 })), "{width}");
    }
    // At the beginning of a text the first is no part of it, and the second costs a line its
    // first character, as in the originals.
    let twice = |text: &str| gotk_yaml::from_str(&format!("\u{feff}\u{feff}{text}"));
    assert_eq!(twice("k: 1\nabc: 2\n"), Ok(json!({ "k": 1, "bc": 2 })));
    assert_eq!(twice("  k: 1\n  abc: 2\n"), Ok(json!({ "k": 1 })));
}

/// goyaml.v3's own decoder lets an alias name an anchor of an earlier document. Nothing that reads
/// manifests asks it to: they cut a stream before they read it.
#[test]
fn an_anchor_ends_with_its_document() {
    let text = "a: &x 1\n---\nb: *x\n";
    let error = gotk_yaml::documents(text).find_map(Result::err).unwrap();
    let words = "error converting YAML to JSON: yaml: unknown anchor 'x' referenced";
    assert_eq!(error.original(), words);
    let error = Document::parse_all(text).unwrap_err();
    assert_eq!(error.original(), "MalformedYAMLError: yaml: unknown anchor 'x' referenced");
    // All of a stream is read before aliases are followed.
    let error = Document::parse_all("a: &x {b: *x}\n---\nc: *x\n").unwrap_err();
    assert_eq!(error.original(), "MalformedYAMLError: yaml: unknown anchor 'x' referenced");
}

#[test]
fn kustomize_takes_lists_and_aliases_apart() {
    let all = |text: &str| -> Vec<String> {
        let documents = Document::parse_all(text).unwrap();
        documents.iter().map(ToString::to_string).collect()
    };
    assert_eq!(all("kind: List\nitems:\n- a: 1\n- b: 2\n"), ["a: 1\n", "b: 2\n"]);
    assert_eq!(all("a: &x {k: 1}\nb: *x\n"), ["a: {k: 1}\nb: {k: 1}\n"]);
    assert_eq!(all("a: &x {k: 1}\nb: {<<: *x, l: 2}\n"), ["a: {k: 1}\nb: {l: 2, k: 1}\n"]);
    assert_eq!(all("null\n---\na: 1\n"), ["a: 1\n"]);
}

#[test]
fn floats_of_json_documents_are_the_nearest_ones() {
    for text in ["0.30000000000000001665", "2.2250738585072011e-308", "1.7976931348623157081e308"] {
        let document = format!(r#"{{"v": {text}}}"#);
        let read = gotk_yaml::documents(&document).next().unwrap().unwrap();
        assert_eq!(read["v"].as_f64(), text.parse().ok(), "{text}");
    }
}
