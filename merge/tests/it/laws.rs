//! What holds of every set, and of every sequence of writes.

use gotk_merge::{
    FieldManager, FieldSet, Gvk, Live, ManagedFields, OnConflict, OneShape, Path, PathElement,
    Proof, Schema,
};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// The same cases in every run; `GOTK_CASES` asks for more.
fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

fn element() -> impl Strategy<Value = PathElement> {
    prop_oneof![
        select(vec!["a", "b", "c", "a b", "é"]).prop_map(PathElement::field),
        (0..3_i64).prop_map(PathElement::index),
        select(vec![json!(1), json!(1.5), json!("x"), json!(true)])
            .prop_map(|it| PathElement::value(&it)),
        (0..2, select(vec!["x", "y"])).prop_map(|(port, name)| {
            PathElement::key([("port", json!(port)), ("name", json!(name))])
        }),
    ]
}

fn set() -> impl Strategy<Value = FieldSet> {
    let path = prop::collection::vec(element(), 1..4).prop_map(Path::from);
    prop::collection::vec(path, 0..12).prop_map(FieldSet::from_iter)
}

#[test]
fn sets_keep_the_laws_of_sets() {
    let check = |(a, b, c): (FieldSet, FieldSet, FieldSet)| {
        let union = |x: &FieldSet, y: &FieldSet| x.clone().union(y);
        let minus = |x: &FieldSet, y: &FieldSet| x.clone().difference(y);
        prop_assert_eq!(union(&a, &b), union(&b, &a));
        prop_assert_eq!(union(&union(&a, &b), &c), union(&a, &union(&b, &c)));
        prop_assert_eq!(&union(&a, &a), &a);
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.intersection(&b), minus(&a, &minus(&a, &b)));
        prop_assert_eq!(&union(&minus(&a, &b), &a.intersection(&b)), &a);
        prop_assert!(minus(&a, &b).intersection(&b).is_empty());
        prop_assert_eq!(minus(&a, &b).is_empty(), a.is_subset(&b));
        prop_assert!(a.clone().recursive_difference(&b).is_subset(&minus(&a, &b)));
        prop_assert!(a.clone().leaves().is_subset(&a));
        prop_assert_eq!(&FieldSet::parse(&a.to_string()).unwrap(), &a);
        prop_assert_eq!(&FieldSet::from_iter(a.paths()), &a);
        prop_assert!(a.paths().iter().all(|path| a.has(path)));
        prop_assert_eq!(a.paths().len(), a.len());
        Ok(())
    };
    runner(300).run(&(set(), set(), set()), check).unwrap();
}

/// A configuration of a Service: any of some labels, ports and finalizers, in any order.
fn config() -> impl Strategy<Value = Value> {
    let labels = subsequence(vec!["a", "b", "c"], 0..=3);
    let ports = subsequence(vec![80, 81, 82, 83], 0..=4).prop_shuffle();
    let finalizers = subsequence(vec!["x/a", "x/b", "x/c"], 0..=3).prop_shuffle();
    let kind = select(vec![None, Some("ClusterIP"), Some("NodePort")]);
    (labels, ports, finalizers, kind, 0..3_u8).prop_map(
        |(labels, ports, finalizers, kind, flavour)| {
            let mut object = empty();
            for label in labels {
                object["metadata"]["labels"][label] = json!(format!("v{flavour}"));
            }
            if !finalizers.is_empty() {
                object["metadata"]["finalizers"] = json!(finalizers);
            }
            let named = |port: &i32| json!({"port": port, "name": format!("p{port}-{flavour}")});
            if !ports.is_empty() {
                object["spec"]["ports"] = ports.iter().map(named).collect();
            }
            if let Some(kind) = kind {
                object["spec"]["type"] = json!(kind);
            }
            object
        },
    )
}

fn empty() -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"}})
}

#[derive(Clone, Debug)]
struct Write {
    manager: &'static str,
    apply: bool,
    config: Value,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (select(vec!["a", "b", "c"]), prop::bool::weighted(0.75), config());
    let write = write.prop_map(|(manager, apply, config)| Write { manager, apply, config });
    prop::collection::vec(write, 1..7)
}

struct Server {
    versions: OneShape,
}

impl Server {
    fn new() -> Self {
        Self { versions: OneShape::of_kind(&Schema::builtin(), "", "Service") }
    }

    fn manager(&self) -> FieldManager<'_> {
        FieldManager::new(Gvk::new("", "v1", "Service"), &self.versions)
    }

    fn apply(&self, live: &Value, config: &Value, by: &str, second: i64) -> Value {
        let now = Timestamp::from_second(second).unwrap();
        let live = Live::new(live.clone());
        self.manager().apply(live, config, by, OnConflict::Force, now).unwrap().into_value()
    }

    fn update(&self, live: &Value, new: &Value, by: &str, second: i64) -> Value {
        let now = Timestamp::from_second(second).unwrap();
        let mut new = new.clone();
        new["metadata"]["uid"] = json!("u");
        self.manager()
            .update(&Live::new(live.clone()), Live::new(new), by, now)
            .unwrap()
            .into_value()
    }

    /// Plays the writes, all forced, and checks what holds after each.
    fn play(&self, writes: &[Write]) -> Result<(), TestCaseError> {
        let mut live =
            self.apply(&json!({"apiVersion": "v1", "kind": "Service"}), &empty(), "a", 1);
        live["metadata"]["uid"] = json!("u");
        for (index, Write { manager, apply, config }) in writes.iter().enumerate() {
            let second = 10 * (index as i64 + 1);
            if *apply {
                live = self.apply(&live, config, manager, second);
                self.check_applied(&live, config, manager, second + 1)?;
            } else {
                live = self.update(&live, config, manager, second);
                // To write the same again is to change nothing.
                prop_assert_eq!(&self.update(&live, &live.clone(), "d", second + 1), &live);
            }
            self.check_withdrawal(&live, manager, second + 2)?;
        }
        Ok(())
    }

    fn check_applied(
        &self,
        live: &Value,
        config: &Value,
        by: &str,
        second: i64,
    ) -> Result<(), TestCaseError> {
        // Again is no change, and that can be known without doing it.
        prop_assert_eq!(&self.apply(live, config, by, second), live);
        let proof = self.manager().prove(&Live::new(live.clone()), config, by);
        if owns_anything(live, by) {
            prop_assert_eq!(proof, Proof::NoOp);
        }
        // What I own can be read back, and covers what I applied.
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        let Some(own) = managed(live).applier(by).map(|it| it.fields.clone()) else {
            return Ok(());
        };
        let mut extracted = kind.extract_with_keys(&content(live), &own.clone().leaves());
        let owned = kind.fields(&extracted).unwrap();
        let leaves = kind.fields(config).unwrap().leaves().intersection(&own);
        prop_assert!(leaves.is_subset(&owned), "{} not in {}", leaves, owned);
        // To apply with force what I own changes nothing.
        for name in ["apiVersion", "kind"] {
            extracted[name] = config[name].clone();
        }
        extracted["metadata"]["name"] = json!("s");
        extracted["metadata"]["namespace"] = json!("n");
        prop_assert_eq!(&self.apply(live, &extracted, by, second), live);
        Ok(())
    }

    /// A manager that withdraws takes nothing from anybody else.
    fn check_withdrawal(&self, live: &Value, by: &str, second: i64) -> Result<(), TestCaseError> {
        let left = self.apply(live, &empty(), by, second);
        for entry in managed(live).iter().filter(|entry| entry.manager.name != by) {
            let still = managed(&left).get(&entry.manager).map(|it| it.fields.clone());
            prop_assert_eq!(still, Some(entry.fields.clone()));
            for path in entry.fields.clone().leaves().paths() {
                let (had, has) = (path.find(live), path.find(&left));
                // A container whose content was the manager's may be empty now; it is still there.
                if had.is_some_and(|it| it.is_object() || it.is_array()) {
                    prop_assert!(has.is_some(), "{}", path);
                } else {
                    prop_assert_eq!(has, had, "{}", path);
                }
            }
        }
        Ok(())
    }
}

fn owns_anything(live: &Value, by: &str) -> bool {
    managed(live).applier(by).is_some()
}

fn managed(object: &Value) -> ManagedFields {
    Live::new(object.clone()).managed_fields().unwrap()
}

fn content(object: &Value) -> Value {
    Live::new(object.clone()).object().clone()
}

#[test]
fn any_sequence_of_writes_keeps_the_laws_of_ownership() {
    let server = Server::new();
    runner(80).run(&writes(), |writes| server.play(&writes)).unwrap();
}
