//! `INDEX.md` is complete and true.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use crate::facts;

const INDEX: &str = include_str!("INDEX.md");

/// One promise: a row of a table in the index.
struct Row<'a> {
    promise: &'a str,
    holds: Vec<&'a str>,
    refuses: Vec<&'a str>,
    must: bool,
}

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, check: fn()| {
        Trial::test(format!("index::{name}"), move || {
            check();
            Ok(())
        })
    };
    vec![
        trial("every_fact_is_indexed_and_every_indexed_fact_exists", names_agree),
        trial("every_must_has_facts_of_its_own_that_hold_and_that_refuse", musts_are_covered),
        trial("every_difference_is_one_of_a_fact", differences_are_of_facts),
        trial("no_fact_has_the_name_of_another", names_are_unique),
    ]
}

fn differences_are_of_facts() {
    let facts: BTreeSet<String> = facts::all().map(|fact| fact.path()).collect();
    for fact in crate::embedded::differences().keys() {
        assert!(facts.contains(*fact), "DIFFERENCES.md names {fact}, which is no fact");
    }
}

fn rows() -> Vec<Row<'static>> {
    let mut must = false;
    let mut rows = Vec::new();
    for line in INDEX.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            must = title.starts_with("Must");
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, promise, holds, refuses, _] = cells[..]
            && holds.contains("::")
        {
            rows.push(Row { promise, holds: names(holds), refuses: names(refuses), must });
        }
    }
    rows
}

/// The names between back quotes.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn names_agree() {
    let rows = rows();
    let indexed: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.holds.iter().chain(&row.refuses))
        .map(|&n| n.to_owned())
        .collect();
    let facts: BTreeSet<String> = facts::all().map(|fact| fact.path()).collect();
    let missing: Vec<_> = facts.difference(&indexed).collect();
    let unknown: Vec<_> = indexed.difference(&facts).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "not indexed: {missing:#?}\nno such fact: {unknown:#?}"
    );
}

/// What a server must do, and the topics whose facts speak of it. A refusal may be one of `errors`.
const MUSTS: [(&str, &[&str]); 16] = [
    ("Legacy and aggregated discovery", &["discovery"]),
    ("Create, read, update, delete, delete of a collection", &["objects"]),
    ("One rising resource version, optimistic concurrency", &["versions"]),
    ("Lists with limit, continue and version semantics", &["lists"]),
    ("Watches with a window of history, bookmarks, 410", &["watches"]),
    ("Label and field selectors", &["selectors"]),
    ("Four kinds of patches, and dry-run", &["patches"]),
    ("Server-side apply with managed fields", &["apply", "managers"]),
    ("The status subresource is apart", &["status"]),
    ("Finalizers, deletion timestamp, grace", &["deletion"]),
    ("uid, generation, creation timestamp, generated names", &["metadata"]),
    ("Refusals: their shape and their exact messages", &["errors"]),
    ("Registered kinds: conditions, pruning, defaults, versions", &["crds", "conversions"]),
    ("Default namespaces, and how a namespace goes", &["namespaces"]),
    ("Garbage collection in the background, by owner references", &["garbage"]),
    ("Hooks: latency, dropped watches, a request log", &["hooks"]),
];

fn musts_are_covered() {
    let musts: Vec<_> = rows().into_iter().filter(|row| row.must).collect();
    assert_eq!(musts.len(), MUSTS.len(), "one row for each must");
    let mut named = BTreeSet::new();
    for (row, (promise, topics)) in musts.iter().zip(MUSTS) {
        assert!(row.promise.starts_with(promise), "{} is not about: {promise}", row.promise);
        assert!(!row.holds.is_empty() && !row.refuses.is_empty(), "{promise}");
        let topic = |fact: &str| fact.split_once("::").map(|(topic, _)| topic.to_owned()).unwrap();
        for fact in &row.holds {
            assert!(topics.contains(&&*topic(fact)), "{fact} does not show: {promise}");
        }
        for fact in &row.refuses {
            let of = topic(fact);
            assert!(of == "errors" || topics.contains(&&*of), "{fact} does not show: {promise}");
        }
        for fact in row.holds.iter().chain(&row.refuses) {
            assert!(named.insert(*fact), "{fact} shows two musts, or both sides of one");
        }
    }
}

fn names_are_unique() {
    let names: BTreeSet<String> = facts::all().map(|fact| fact.path()).collect();
    assert_eq!(names.len(), facts::all().count());
}
