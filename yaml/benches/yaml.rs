//! Reading and writing 10 MB of manifests, beside the other YAML crates.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

mod manifests;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::Deserialize;
use serde_json::Value;

fn read(criterion: &mut Criterion) {
    let stream = manifests::stream(10 << 20);
    let mut group = criterion.benchmark_group("read 10 MB");
    group.sample_size(10).throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("gotk-yaml", |bench| {
        bench.iter(|| gotk_yaml::documents(black_box(&stream)).filter(Result::is_ok).count());
    });
    group.bench_function("gotk-yaml, events only", |bench| {
        bench.iter(|| gotk_yaml::count_events(black_box(&stream)));
    });
    group.bench_function("serde_yaml", |bench| {
        bench.iter(|| {
            let documents = serde_yaml::Deserializer::from_str(black_box(&stream));
            documents.filter_map(|it| Value::deserialize(it).ok()).count()
        });
    });
    group.bench_function("serde-saphyr", |bench| {
        bench.iter(|| {
            serde_saphyr::from_multiple_with_options::<Value>(black_box(&stream), boundless())
                .unwrap()
                .len()
        });
    });
    group.bench_function("saphyr-parser, events only", |bench| {
        bench.iter(|| saphyr_parser::Parser::new_from_str(black_box(&stream)).count());
    });
    group.finish();
}

/// Its default budget ends at 1,024 documents.
fn boundless() -> serde_saphyr::Options {
    serde_saphyr::options! { budget: None }
}

fn write(criterion: &mut Criterion) {
    let stream = manifests::stream(10 << 20);
    let values: Vec<Value> = gotk_yaml::documents(&stream).map(Result::unwrap).collect();
    let size: usize = values.iter().map(|value| gotk_yaml::to_string(value).unwrap().len()).sum();
    let mut group = criterion.benchmark_group("write 10 MB");
    group.sample_size(10).throughput(Throughput::Bytes(size as u64));
    group.bench_function("gotk-yaml", |bench| {
        bench.iter(|| -> usize {
            values.iter().map(|value| gotk_yaml::to_string(value).unwrap().len()).sum()
        });
    });
    group.bench_function("serde_yaml", |bench| {
        bench.iter(|| -> usize {
            values.iter().map(|value| serde_yaml::to_string(value).unwrap().len()).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, read, write);
criterion_main!(benches);
