//! What holds for every value and every text.

use gotk_yaml::{Document, Edit, Format, Options};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

/// Always the same cases; `GOTK_CASES` asks for more of them.
fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("GOTK_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    let config = Config {
        cases,
        max_local_rejects: u32::MAX,
        max_global_rejects: u32::MAX,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

/// Texts that YAML could take for something else.
///
/// The originals write `<<` without quotes and line separators as they are, and cannot read either
/// back; so these are left out.
fn text() -> impl Strategy<Value = String> {
    let odd = "[ \\-?:,#&*!|>'\"%@`{}\\[\\]~<=\\\\\n\té😀\u{a0}a-f0-3._+]{0,12}";
    let words =
        "(yes|no|on|null|~|true|0x1F|0o7|1_0|1e3|\\.5|\\.inf|2020-01-01|12:30|=|---|\\.\\.\\.)";
    let texts = prop_oneof![odd, words, "[a-z ]{0,120}", "[ \n]{0,4}[a-z]{0,3}[ \n]{0,4}"];
    texts.prop_filter("reads as a merge key", |text| text != "<<")
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|int| Value::from(f64::from(int) / 8.0 + 0.0625)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map(text(), inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

#[test]
fn what_is_written_reads_as_it_was() {
    let check = |value: Value| {
        let yaml = gotk_yaml::to_string(&value).unwrap();
        prop_assert_eq!(&gotk_yaml::from_str(&yaml).unwrap(), &value, "{}", yaml);
        prop_assert_eq!(&gotk_yaml::from_str_strict(&yaml).unwrap(), &value, "{}", yaml);
        prop_assert_eq!(gotk_yaml::to_string(&gotk_yaml::from_str(&yaml).unwrap()).unwrap(), yaml);
        Ok(())
    };
    runner(400).run(&value(), check).unwrap();
}

#[test]
fn kustomize_reads_what_it_writes() {
    let check = |value: Value| {
        // The original writes blocks that begin with a tab, and cannot read them.
        prop_assume!(!value.to_string().contains("\\t"));
        let yaml = gotk_yaml::to_string_with(&value, Format::kyaml()).unwrap();
        let read = gotk_yaml::from_slice(yaml.as_bytes(), &Options::kyaml()).unwrap();
        prop_assert_eq!(&read, &value, "{}", yaml);
        let document = Document::parse(&yaml).unwrap().unwrap();
        prop_assert_eq!(document.to_string(), yaml);
        Ok(())
    };
    runner(400).run(&value(), check).unwrap();
}

#[test]
fn a_stream_of_documents_is_its_documents() {
    let check = |values: Vec<Value>| {
        let texts: Vec<String> =
            values.iter().map(|value| gotk_yaml::to_string(value).unwrap()).collect();
        // A line of a text may look like a separator: then the cut is elsewhere, as upstream.
        prop_assume!(!texts.iter().any(|text| text.contains("---") || text.starts_with('{')));
        let stream = texts.join("---\n");
        let read: Vec<Value> = gotk_yaml::documents(&stream).map(Result::unwrap).collect();
        prop_assert_eq!(read, values);
        Ok(())
    };
    runner(100).run(&vec(value(), 1..5), check).unwrap();
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let check = |(mut value, new): (Value, String)| {
        // As above: what kustomize cannot read cannot be edited.
        prop_assume!(!value.to_string().contains("\\t"));
        value = serde_json::json!({ "first": value, "name": "old", "last": [1] });
        let yaml = gotk_yaml::to_string(&value).unwrap();
        let mut edit = Edit::new(&yaml).unwrap();
        edit.set(0, "/name", &new.clone().into()).unwrap();
        let edited = edit.finish().unwrap();
        value["name"] = new.into();
        prop_assert_eq!(gotk_yaml::from_str(&edited).unwrap(), value);
        Ok(())
    };
    runner(200).run(&(value(), text()), check).unwrap();
}

#[test]
fn no_text_makes_anything_panic() {
    let seeds = [
        "a: &x {b: [1, 'c', \"d\\n\"]} # e\n<<: *x\n? |+2\n  k\n: >-\n  v\n---\n...\n%YAML 1.1\n---\n!t b\n",
        "{\"a\": [1e3, null, true], \"b\": {\"c\": \"\\u00e9\"}}",
        "\u{feff}- - ? a\n    : b\n- *z\n- !!binary aGk=\n- 2020-01-01T00:00:00Z\n",
    ];
    let mutation =
        (0..seeds.len(), vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..8));
    let check = |(seed, mutations): (usize, Vec<(prop::sample::Index, u8, u8)>)| {
        let mut bytes = seeds[seed].as_bytes().to_vec();
        for (place, byte, how) in mutations {
            let at = place.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 => bytes.truncate(at),
                2 if at < bytes.len() => {
                    bytes[at] = b" \n\t:-?[]{},#&*!|>'\"%@`"[usize::from(byte) % 22];
                }
                _ => bytes.extend_from_within(at..),
            }
        }
        gotk_yaml::fuzz(&bytes);
        Ok(())
    };
    runner(1000).run(&mutation, check).unwrap();
}
