//! Reading and writing 10 MB of manifests, beside the other YAML crates and Go's sigs yaml.
//!
//! `cargo bench -p gotk-yaml` measures all of them in one run and writes the table
//! `benches/YAML.md`. The Go program is `benches/peers/yaml`; without Go it is left out, and so is
//! the table.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

mod manifests;
mod peer;
mod table;

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput};
use serde::Deserialize;
use serde_json::Value;

use crate::peer::Peer;
use crate::table::{EVENTS, OURS, READ, WRITE};

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("yaml-bench");
    let measures = std::env::args().any(|argument| argument == "--bench");
    let stream = manifests::stream(10 << 20);
    let go = if measures { Peer::build(&folder, &stream) } else { None };
    let mut criterion = Criterion::default().output_directory(&folder).configure_from_args();
    read(&mut criterion, &stream, go.as_ref());
    let written = write(&mut criterion, &stream, go.as_ref());
    criterion.final_summary();
    if go.is_some() {
        table::write(&folder, stream.len(), written);
    }
}

fn read(criterion: &mut Criterion, stream: &str, go: Option<&Peer>) {
    let mut group = criterion.benchmark_group(READ);
    group.sample_size(10).throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function(OURS, |bench| {
        bench.iter(|| gotk_yaml::documents(black_box(stream)).filter(Result::is_ok).count());
    });
    group.bench_function(EVENTS[0], |bench| {
        bench.iter(|| gotk_yaml::count_events(black_box(stream)));
    });
    group.bench_function(EVENTS[1], |bench| {
        bench.iter(|| saphyr_parser::Parser::new_from_str(black_box(stream)).count());
    });
    group.bench_function("serde_yaml", |bench| {
        bench.iter(|| {
            let documents = serde_yaml::Deserializer::from_str(black_box(stream));
            documents.filter_map(|it| Value::deserialize(it).ok()).count()
        });
    });
    group.bench_function("serde-saphyr", |bench| {
        bench.iter(|| {
            serde_saphyr::from_multiple_with_options::<Value>(black_box(stream), boundless())
                .unwrap()
                .len()
        });
    });
    if let Some(go) = go {
        group.bench_function("sigs.k8s.io/yaml (Go)", |bench| {
            bench.iter_custom(|iterations| go.measure("yaml/read", iterations));
        });
    }
    group.finish();
}

/// Its default budget ends at 1,024 documents.
fn boundless() -> serde_saphyr::Options {
    serde_saphyr::options! { budget: None }
}

/// Returns how many bytes are written.
fn write(criterion: &mut Criterion, stream: &str, go: Option<&Peer>) -> usize {
    let values: Vec<Value> = gotk_yaml::documents(stream).map(Result::unwrap).collect();
    let all = |text: fn(&Value) -> String| values.iter().map(|value| text(value).len()).sum();
    let size: usize = all(|value| gotk_yaml::to_string(value).unwrap());
    let mut group = criterion.benchmark_group(WRITE);
    group.sample_size(10).throughput(Throughput::Bytes(size as u64));
    group.bench_function(OURS, |bench| {
        bench.iter(|| -> usize { all(|value| gotk_yaml::to_string(value).unwrap()) });
    });
    group.bench_function("serde_yaml", |bench| {
        bench.iter(|| -> usize { all(|value| serde_yaml::to_string(value).unwrap()) });
    });
    group.bench_function("serde-saphyr", |bench| {
        bench.iter(|| -> usize { all(|value| serde_saphyr::to_string(value).unwrap()) });
    });
    if let Some(go) = go {
        group.bench_function("sigs.k8s.io/yaml (Go)", |bench| {
            bench.iter_custom(|iterations| go.measure("yaml/emit", iterations));
        });
    }
    group.finish();
    size
}
