//! The short way through an apply comes out where the long one does.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::*;
use crate::filter::Filters;
use crate::managers::Operation;
use crate::path::Path;
use crate::schema::Schema;
use crate::versions::OneShape;

thread_local! {
    pub(super) static ALWAYS_IN_FULL: Cell<bool> = const { Cell::new(false) };
}

/// An object with a bit of everything: keyed items, sets, maps, atomic values, free-form content.
fn object() -> impl Strategy<Value = Value> {
    let ports = subsequence(vec![80, 81, 82], 0..=3).prop_shuffle();
    let finalizers = subsequence(vec!["a", "b", "c"], 0..=3).prop_shuffle();
    let labels = subsequence(vec!["a", "b"], 0..=2);
    (ports, finalizers, labels, 0..3_u8, any::<bool>()).prop_map(|(ports, finalizers, labels, flavour, named)| {
        let port = |port: &i32| {
            let mut item = json!({"port": port, "targetPort": flavour});
            if named {
                item["name"] = json!(format!("p{port}"));
            }
            item
        };
        let labels: Value = labels.iter().map(|it| ((*it).to_owned(), json!(flavour.to_string()))).collect();
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "s", "labels": labels, "finalizers": finalizers},
            "spec": {"ports": ports.iter().map(port).collect::<Vec<_>>(), "selector": {"x": flavour.to_string()}},
        })
    })
}

/// What a manager is said to own: any of the object's paths and a few that are not there, whether
/// a server would ever have written such a set or not.
fn owned() -> impl Strategy<Value = FieldSet> {
    let paths = vec![
        "metadata",
        "metadata.labels",
        "metadata.labels.a",
        "metadata.labels.b",
        "metadata.finalizers",
        "metadata.finalizers[=a]",
        "metadata.finalizers[=b]",
        "spec",
        "spec.selector",
        "spec.ports",
        "spec.ports[port=80,protocol=TCP]",
        "spec.ports[port=80,protocol=TCP].port",
        "spec.ports[port=80,protocol=TCP].name",
        "spec.ports[port=81,protocol=TCP]",
        "spec.ports[port=81,protocol=TCP].targetPort",
        "spec.type",
        "status",
    ];
    let path = |text: &str| Path::parse(text).unwrap();
    subsequence(paths, 0..=8).prop_map(move |paths| paths.into_iter().map(path).collect())
}

#[test]
fn the_short_way_comes_out_where_the_long_one_does() {
    let cases = std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(300);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let deduced = OneShape::new("v1", ObjectType::deduced());
    let typed = OneShape::of_kind(&Schema::builtin(), "", "Service");
    let check = |(live, config, covered, mine, theirs, free, force): (
        Value,
        Value,
        bool,
        _,
        _,
        bool,
        bool,
    )| {
        let versions = if free { &deduced } else { &typed };
        let updater =
            Updater { versions, api_version: "v1", kind: "Service", filters: &Filters::default() };
        let mut managed = ManagedFields::default();
        // Half of the time the manager owns no more than it applies now: that is the short way.
        let of = updater.type_in("v1").unwrap();
        let mine: FieldSet = mine;
        let mine = if covered { mine.intersection(&of.fields_of(&config)) } else { mine };
        managed.insert(Entry::new(Manager::new("me", Operation::Apply, "v1"), mine));
        managed.insert(Entry::new(Manager::new("other", Operation::Update, "v1"), theirs));
        managed.entries.retain(|it| !it.fields.is_empty());
        let on_conflict = if force { OnConflict::Force } else { OnConflict::Fail };
        let own = Manager::new("me", Operation::Apply, "v1");
        let run = |in_full: bool| {
            ALWAYS_IN_FULL.set(in_full);
            let mut managed = managed.clone();
            let outcome = updater.apply(live.clone(), &config, &mut managed, &own, on_conflict);
            ALWAYS_IN_FULL.set(false);
            let outcome = outcome.map(|it| (it.object, it.changed, it.changes));
            (outcome.map_err(|error| error.to_string()), managed)
        };
        let (short, long) = (run(false), run(true));
        prop_assert_eq!(&short.0, &long.0);
        if short.0.is_ok() {
            prop_assert_eq!(short.1, long.1);
        }
        Ok(())
    };
    let input = (
        object(),
        object(),
        any::<bool>(),
        owned(),
        owned(),
        any::<bool>(),
        select(vec![true, true, false]),
    );
    TestRunner::new_with_rng(config, random).run(&input, check).unwrap();
}
