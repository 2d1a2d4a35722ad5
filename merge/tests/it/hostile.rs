//! Input that is made to hurt: large, deep, broken.

use gotk_merge::{
    FieldManager, FieldSet, Gvk, Live, ObjectType, OnConflict, OneShape, Path, Schema, patch,
};
use jiff::Timestamp;
use serde_json::{Value, json};

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn service(ports: impl Iterator<Item = usize>, name: &str) -> Value {
    let ports: Vec<_> =
        ports.map(|port| json!({"port": port, "name": format!("{name}{port}")})).collect();
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}})
}

/// Applies a keyed list, then the same in another order with changes, then half of it.
fn churn(items: usize) {
    let versions = OneShape::of_kind(&Schema::builtin(), "", "Service");
    let gvk = Gvk::new("", "v1", "Service");
    let manager = FieldManager::new(gvk.clone(), &versions);
    let mut live = Live::absent(&gvk);
    let configs = [
        service((0..items).rev(), "a"),
        service(0..items, "b"),
        service((0..items).filter(|port| port % 2 == 0), "b"),
    ];
    for (config, left) in configs.iter().zip([items, items, items.div_ceil(2)]) {
        let written = manager.apply(live, config, "me", OnConflict::Fail, now()).unwrap();
        assert_eq!(written.object["spec"]["ports"].as_array().unwrap().len(), left);
        live = Live::from_slice(&written.to_vec()).unwrap();
    }
}

#[test]
fn ten_thousand_items_take_ten_times_the_work_of_a_thousand() {
    let work = |items| allocation_counter::measure(|| churn(items));
    churn(10); // the schema is read at first use
    let (small, large) = (work(1_000), work(10_000));
    let grown = |small: u64, large: u64| large as f64 / small as f64;
    assert!(grown(small.count_total, large.count_total) < 12.0, "{small:?} {large:?}");
    assert!(grown(small.bytes_total, large.bytes_total) < 14.0, "{small:?} {large:?}");
}

#[test]
fn depth_is_refused_and_not_followed() {
    let mut deep = json!({});
    for _ in 0..1_000 {
        deep = json!({ "a": deep });
    }
    let object =
        json!({"apiVersion": "v1", "kind": "Odd", "metadata": {"name": "n"}, "spec": deep});
    let versions = OneShape::new("v1", ObjectType::deduced());
    let gvk = Gvk::new("", "v1", "Odd");
    let manager = FieldManager::new(gvk.clone(), &versions);
    let error =
        manager.apply(Live::absent(&gvk), &object, "me", OnConflict::Fail, now()).unwrap_err();
    assert!(error.to_string().ends_with("nested deeper than 160"), "{error}");
    let error = manager.update(&Live::absent(&gvk), Live::new(object), "me", now()).unwrap_err();
    assert!(error.to_string().ends_with("nested deeper than 160"), "{error}");
}

/// Reads bytes as everything that this crate reads from outside.
fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(set) = FieldSet::parse(&text) {
        assert_eq!(FieldSet::parse(&set.to_string()).unwrap(), set);
    }
    let _ = Path::parse(&text).map(|path| path.to_string());
    let _ = Schema::from_table(bytes);
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        let _ = Schema::from_openapi([&value]);
        let _ = Schema::from_crd(&value, "v1");
        let _ = Schema::from_smd(&value);
        let pod = Schema::builtin().kind("", "v1", "Service").unwrap();
        let _ = patch::strategic(service(0..3, "a"), &value, &pod);
        let _ = patch::json(service(0..3, "a"), &value);
    }
    if let Ok(live) = Live::from_slice(bytes) {
        let versions = OneShape::of_kind(&Schema::builtin(), "", "Service");
        let manager = FieldManager::new(Gvk::new("", "v1", "Service"), &versions);
        let config = service(0..3, "b");
        let _ = manager.preview(&live, &config, "me", now()).map(|it| it.to_string());
        let _ = manager.prove(&live, &config, "me");
        let _ = manager.apply(Live::default(), live.object(), "me", OnConflict::Force, now());
        let _ = manager.update(&Live::new(service(0..3, "c")), live, "me", now());
    }
}

#[test]
fn broken_bytes_are_errors_and_never_a_panic() {
    let managed = json!([{"manager": "me", "operation": "Apply", "apiVersion": "v1", "time": "2024-01-02T03:04:05Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:ports": {"k:{\"port\":1,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}}}]);
    let mut object = service(0..3, "a");
    object["metadata"]["managedFields"] = managed.clone();
    let patch = json!({"spec": {"$retainKeys": ["ports"], "$setElementOrder/ports": [{"port": 1}],
        "ports": [{"port": 1, "$patch": "delete"}, {"port": 9}]}, "metadata": {"$deleteFromPrimitiveList/finalizers": ["x"]}});
    let definition = json!({"spec": {"group": "g", "names": {"kind": "K"}, "versions": [{"name": "v1", "schema":
        {"openAPIV3Schema": {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"},
        "x-kubernetes-list-type": "set"}}}}}]}});
    let texts = [object, managed, patch, definition].map(|it| it.to_string().into_bytes());
    let mut seeds = texts.to_vec();
    seeds.push(br#"{"f:a":{".":{},"k:{\"n\":1}":{},"v:true":{},"i:3":{}}}"#.to_vec());
    seeds.push(b"spec.containers[name=web,port=80].x[=v][3][\"a.b\"]".to_vec());
    seeds.push(Schema::builtin().to_table()[..4_000].to_vec());
    seeds.iter().for_each(|seed| fuzz(seed));

    let cases = std::env::var("GOTK_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(600_u64);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..cases {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(4) {
            random.mutate(&mut bytes);
        }
        fuzz(&bytes);
    }
}

/// A xorshift generator: the same cases in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        const INTERESTING: &[&[u8]] =
            &[b"{", b"}", b"[", b"null", b"\"", b":", b"-1", b"1e999", b"$patch", b"k:{", b"\xff"];
        let at = self.below(bytes.len());
        match self.below(4) {
            0 if !bytes.is_empty() => bytes[at] = self.below(256) as u8,
            1 => drop(bytes.drain(at..(at + self.below(8)).min(bytes.len()))),
            2 => drop(
                bytes.splice(at..at, INTERESTING[self.below(INTERESTING.len())].iter().copied()),
            ),
            _ => {
                let end = (at + self.below(40)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
        }
    }
}
