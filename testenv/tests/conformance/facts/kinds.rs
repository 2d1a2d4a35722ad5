//! Every built-in kind, as kube-apiserver 1.37.1 answered when it was asked.
//!
//! `kinds.jsonl` has a case a line: what is posted where, what is changed then, and the answer, with
//! managed fields. What differs from run to run is written as `<uid>`, `<ip>`, `<port>`.

use serde_json::{Map, Value};

use crate::fact::{Fact, fact};
use crate::server::Server;

pub(super) const FACTS: &[Fact] = &[
    fact!(a_new_object_of_every_kind_is_as_recorded, 37, [BuiltinRules]),
    fact!(what_every_kind_refuses_is_as_recorded, 37, [BuiltinRules]),
    fact!(what_every_kind_keeps_is_as_recorded, 37, [BuiltinRules]),
];

fn cases(which: fn(&str) -> bool) -> impl Iterator<Item = Value> {
    let lines = include_str!("../kinds.jsonl").lines();
    let cases = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    cases.filter(move |case| which(case["name"].as_str().unwrap()))
}

async fn a_new_object_of_every_kind_is_as_recorded(s: Server) {
    hold(&s, |name| !name.starts_with("bad ") && !name.starts_with("change ")).await;
}

async fn what_every_kind_refuses_is_as_recorded(s: Server) {
    hold(&s, |name| name.starts_with("bad ")).await;
}

async fn what_every_kind_keeps_is_as_recorded(s: Server) {
    hold(&s, |name| name.starts_with("change ")).await;
}

async fn hold(s: &Server, which: fn(&str) -> bool) {
    let mut differ = Vec::new();
    for case in cases(which) {
        let here = |text: String| text.replace("$NS", &s.namespace);
        let path = here(case["path"].as_str().unwrap().to_owned());
        let object: Value = serde_json::from_str(&here(case["object"].to_string())).unwrap();
        let one = format!("{path}/{}", object["metadata"]["name"].as_str().unwrap());
        let mut answer = s.post(&path, &object).await;
        if let (Some(change), 201) = (case["change"].as_object(), answer.code) {
            let mut changed = answer.body.clone();
            // Controllers write to these at once.
            const BUSY: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];
            if BUSY.contains(&object["kind"].as_str().unwrap()) {
                changed["metadata"].as_object_mut().unwrap().remove("resourceVersion");
            }
            for (pointer, value) in change {
                put(&mut changed, pointer, value.clone());
            }
            answer = s.put(&one, &changed).await;
        }
        s.delete(&format!("{one}?gracePeriodSeconds=0&propagationPolicy=Background")).await;
        let found = comparable(answer.body, "", &s.namespace);
        if answer.code != case["code"] || found != case["answer"] {
            differ.push(format!("{}: {}\n   not {}", case["name"], found, case["answer"]));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

fn put(object: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap()[name] = value;
}

/// An answer without what is another every time.
fn comparable(value: Value, name: &str, namespace: &str) -> Value {
    match value {
        Value::Object(map) => {
            const TIMES: [&str; 6] =
                ["uid", "resourceVersion", "creationTimestamp", "time", "manager", "conditions"];
            let kept = map.into_iter().filter(|(key, _)| !TIMES.contains(&key.as_str()));
            let kept = kept.map(|(key, value)| {
                let value = comparable(value, &key, namespace);
                (key, value)
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|it| comparable(it, name, namespace)).collect())
        }
        Value::Number(_) if name == "nodePort" => "<port>".into(),
        Value::String(text) => {
            let address = matches!(name, "clusterIP" | "clusterIPs") && text.starts_with("10.");
            if address {
                "<ip>".into()
            } else if text.len() == 36 && text.bytes().filter(|b| *b == b'-').count() == 4 {
                "<uid>".into()
            } else {
                text.replace(namespace, "$NS").into()
            }
        }
        other => other,
    }
}
