//! Rows of `gotk-yaml`.

#[path = "../../../yaml/benches/manifests.rs"]
mod manifests;

use std::hint::black_box;
use std::sync::OnceLock;

use gotk_yaml::Document;
use serde_json::Value;

use crate::row::{Outcome, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "yaml/read",
        question: "what reading 10 MB of manifests into values costs, document by document",
        peer: "yaml",
        target: "40 MB/s",
        iterations: 10,
        input: stream,
        ours: |input| {
            let text = String::from_utf8_lossy(input);
            Outcome::Count(gotk_yaml::documents(&text).filter(Result::is_ok).count() as u64)
        },
    },
    Row {
        name: "yaml/events",
        question: "what the events of these 10 MB cost, without values",
        peer: "",
        target: "–",
        iterations: 10,
        input: stream,
        ours: |input| {
            let text = String::from_utf8_lossy(input);
            Outcome::Count(gotk_yaml::count_events(&text).unwrap_or(0) as u64)
        },
    },
    Row {
        name: "yaml/values",
        question: "what only making and dropping these values costs: a copy of what was read",
        peer: "",
        target: "–",
        iterations: 10,
        input: stream,
        ours: |input| {
            // One after the other, as they are read.
            let made = values(input).iter().filter(|value| black_box((*value).clone()).is_object());
            Outcome::Count(made.count() as u64)
        },
    },
    Row {
        name: "yaml/hold",
        question: "what having all of these 10 MB as values at once costs: see the peak RSS",
        peer: "yaml",
        target: "5× less memory",
        iterations: 2,
        input: stream,
        ours: |input| {
            let text = String::from_utf8_lossy(input);
            let all: Vec<Value> = gotk_yaml::documents(&text).filter_map(Result::ok).collect();
            Outcome::Count(black_box(all).len() as u64)
        },
    },
    Row {
        name: "yaml/emit",
        question: "what writing these values costs",
        peer: "yaml",
        target: "100 MB/s",
        iterations: 5,
        input: stream,
        ours: |input| {
            let written = values(input).iter().filter_map(|value| gotk_yaml::to_string(value).ok());
            Outcome::Bytes(written.collect::<String>().into_bytes())
        },
    },
    Row {
        name: "yaml/rewrite",
        question: "what reading 10 MB of manifests and writing them as toYaml does costs",
        peer: "yaml",
        target: "5×",
        iterations: 5,
        input: stream,
        ours: |input| {
            let text = String::from_utf8_lossy(input);
            let written = gotk_yaml::documents(&text)
                .map(|document| document.and_then(|value| gotk_yaml::to_string(&value)));
            Outcome::Bytes(written.filter_map(Result::ok).collect::<String>().into_bytes())
        },
    },
    Row {
        name: "yaml/keep",
        question: "what reading and writing 10 MB of manifests with comments and order costs",
        peer: "yaml",
        target: "5×",
        iterations: 5,
        input: stream,
        ours: |input| {
            let text = String::from_utf8_lossy(input);
            let kept = text.split("---\n").filter_map(|part| Document::parse(part).ok().flatten());
            Outcome::Bytes(
                kept.map(|document| document.to_string()).collect::<String>().into_bytes(),
            )
        },
    },
];

/// The documents, read once in a process.
fn values(input: &[u8]) -> &'static [Value] {
    static VALUES: OnceLock<Vec<Value>> = OnceLock::new();
    VALUES.get_or_init(|| {
        let text = String::from_utf8_lossy(input);
        gotk_yaml::documents(&text).filter_map(Result::ok).collect()
    })
}

fn stream() -> Vec<u8> {
    stream_of(10 << 20)
}

pub(crate) fn stream_of(bytes: usize) -> Vec<u8> {
    manifests::stream(bytes).into_bytes()
}
