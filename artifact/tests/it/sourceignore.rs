//! The recorded answers of Flux's matcher.

use gotk_artifact::{IgnoreRules, Kind, TreePath};
use gotk_corpus::{Tally, find, json_lines};
use serde_json::Value;

#[test]
fn every_recorded_path_is_judged_as_flux_judged_it() {
    let Some(path) = find("sourceignore/golden.jsonl") else { return };
    let mut tally = Tally::new("sourceignore");
    for (line, record) in json_lines(&path) {
        let recorded = record["excluded"].as_bool().expect("a record has an answer");
        tally.equal(&format!("{line}"), &excluded(&record), &recorded);
    }
    tally.finish();
}

fn excluded(record: &Value) -> bool {
    let text = |value: &Value| value.as_str().expect("patterns and paths are text").to_owned();
    let rules = match record["mode"].as_str() {
        Some("plain") => IgnoreRules::none(),
        Some("vcs") => IgnoreRules::vcs(),
        Some("default") => IgnoreRules::defaults(),
        other => panic!("mode {other:?}"),
    };
    let patterns: Vec<String> =
        record["patterns"].as_array().expect("patterns are a list").iter().map(text).collect();
    let domain = match &record["domain"] {
        Value::Null => TreePath::root(),
        Value::Array(names) => {
            let names: Vec<String> = names.iter().map(text).collect();
            TreePath::new(names.join("/")).expect("a domain is a path")
        }
        other => TreePath::new(text(other)).expect("a domain is a path"),
    };
    let rules = rules.and(patterns.join("\n"), &domain).expect("rules are short");
    let kind = if record["dir"] == true { Kind::Directory } else { Kind::File };
    let path = TreePath::new(text(&record["path"])).expect("a path is relative");
    rules.excludes(&path, kind)
}
