//! What a person reads when a text is broken.

use gotk_yaml::{Document, Error};

#[track_caller]
fn reports(error: &Error, report: &str) {
    assert_eq!(error.report().to_string(), report);
}

#[test]
fn a_value_that_looks_like_a_key() {
    let text = "spec:\n  containers:\n  - name: web\n    image: web: 1.0\n";
    reports(
        &gotk_yaml::from_str(text).unwrap_err(),
        "mapping values are not allowed in this context
 --> document 1, line 4, column 15
  |
4 |     image: web: 1.0
  |               ^
",
    );
}

#[test]
fn a_tab_where_spaces_are_needed() {
    reports(
        &gotk_yaml::from_str("data:\n\tkey: value\n").unwrap_err(),
        "found character that cannot start any token
 --> document 1, line 2, column 1
  |
2 | \tkey: value
  | ^
",
    );
}

#[test]
fn an_open_bracket_in_the_second_document() {
    let stream = "kind: A\n---\nkind: B\nargs: [a, b\n";
    let error = gotk_yaml::documents(stream).find_map(Result::err).unwrap();
    reports(
        &error,
        "did not find expected ',' or ']'
 --> document 2, line 5, column 1
  |
5 | \n  | ^
",
    );
    let original = "error converting YAML to JSON: yaml: line 2: did not find expected ',' or ']'";
    assert_eq!(error.original(), original);
}

#[test]
fn a_key_that_is_set_twice() {
    let error = gotk_yaml::from_str_strict("a: 1\nb: 2\na: 3\n").unwrap_err();
    assert!(matches!(error, Error::DuplicateKey(_)));
    reports(
        &error,
        "key \"a\" already set in map
 --> document 1, line 3, column 4
  |
3 | a: 3
  |    ^
",
    );
    let error = Document::parse("a: 1\na: 2\n").unwrap().unwrap().to_value().unwrap_err();
    assert_eq!(
        error.original(),
        "yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 1"
    );
}

#[test]
fn a_separator_with_text_behind_it() {
    let error = gotk_yaml::documents("a: 1\n--- b\n").find_map(Result::err).unwrap();
    reports(
        &error,
        "invalid Yaml document separator: b
 --> document 1, line 2, column 4
  |
2 | --- b
  |    ^
",
    );
}

#[test]
fn a_control_character() {
    let error = gotk_yaml::from_str("a: 1\nb: \u{7}\n").unwrap_err();
    assert!(matches!(error, Error::Syntax(_)));
    assert_eq!(
        error.to_string(),
        "document 1, line 2, column 4: control characters are not allowed"
    );
    assert_eq!(error.original(), "yaml: control characters are not allowed");
}

#[test]
fn a_long_line_is_shown_in_part() {
    let text = format!("a: {}: b\n", "x".repeat(1000));
    let report = gotk_yaml::from_str(&text).unwrap_err().report().to_string();
    assert!(report.lines().all(|line| line.chars().count() < 120), "{report}");
    assert!(report.contains("xx: b"), "{report}");
}

/// What `cargo run -p gotk-yaml --example yaml -- check yaml/examples/broken/*.yaml` prints.
#[test]
fn five_broken_files_are_explained() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/broken");
    let mut told = String::new();
    for name in ["alias", "bracket", "colon", "tab", "twice"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let strict = gotk_yaml::Options::default().strict();
        let mut documents = gotk_yaml::documents_from_slice(text.as_bytes(), strict);
        let error = documents.find_map(Result::err).unwrap();
        told += &format!("{name}.yaml: {}\n", error.report());
    }
    assert_eq!(told, include_str!("../../examples/broken/expected.txt"));
}
