//! How long it takes to judge one object.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gotk_kstatus::compute_at;
use jiff::Timestamp;
use serde_json::{Value, json};

fn compute(c: &mut Criterion) {
    let mut group = c.benchmark_group("kstatus/compute");
    for object in objects() {
        let name = object["kind"].as_str().unwrap_or_default().to_owned();
        group.bench_function(name, |bencher| {
            bencher
                .iter(|| compute_at(black_box(&object), Timestamp::UNIX_EPOCH).map(|it| it.status));
        });
    }
    group.finish();
}

/// One object per way through the rules, all of them current.
fn objects() -> Vec<Value> {
    vec![
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "settings" } }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "web", "generation": 3 },
            "spec": { "replicas": 2, "progressDeadlineSeconds": 600 },
            "status": {
                "observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2,
                "availableReplicas": 2,
                "conditions": [
                    { "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable" },
                    { "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" },
                ],
            },
        }),
        json!({
            "apiVersion": "example.dev/v1", "kind": "Widget",
            "metadata": { "name": "w", "generation": 1 },
            "status": {
                "observedGeneration": 1,
                "conditions": [{ "type": "Ready", "status": "True", "reason": "Succeeded" }],
            },
        }),
    ]
}

criterion_group!(benches, compute);
criterion_main!(benches);
