//! What the pieces of a write cost. Ours beside the Go original is in `benches/`.

use criterion::{Criterion, criterion_group, criterion_main};
use gotk_merge::{FieldManager, FieldSet, Gvk, Live, OnConflict, OneShape, Schema};
use jiff::Timestamp;
use serde_json::{Value, json};

fn deployment() -> Value {
    let container = |name: &str| {
        let env: Vec<_> =
            (0..8).map(|it| json!({"name": format!("V{it}"), "value": "x"})).collect();
        json!({"name": name, "image": "registry.test/web:1", "env": env, "ports": [{"containerPort": 80}]})
    };
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [container("a"), container("b")]}}},
    })
}

fn writes(criterion: &mut Criterion) {
    let versions = OneShape::of_kind(&Schema::builtin(), "apps", "Deployment");
    let gvk = Gvk::new("apps", "v1", "Deployment");
    let manager = FieldManager::new(gvk.clone(), &versions);
    let (config, now) = (deployment(), Timestamp::UNIX_EPOCH);
    let Ok(written) = manager.apply(Live::absent(&gvk), &config, "me", OnConflict::Fail, now)
    else {
        return;
    };
    let bytes = written.to_vec();
    let Ok(live) = Live::from_slice(&bytes) else { return };
    let fields = written.managed.applier("me").map(|it| it.fields.to_string()).unwrap_or_default();

    criterion.bench_function("read", |it| it.iter(|| Live::from_slice(&bytes)));
    criterion.bench_function("fields/parse", |it| it.iter(|| FieldSet::parse(&fields)));
    criterion.bench_function("prove", |it| it.iter(|| manager.prove(&live, &config, "me")));
    criterion.bench_function("apply/unchanged", |it| {
        it.iter(|| manager.apply(live.clone(), &config, "me", OnConflict::Fail, now));
    });
    criterion.bench_function("write", |it| it.iter(|| written.to_vec()));
}

fn schema(criterion: &mut Criterion) {
    let table = Schema::builtin().to_table();
    criterion.bench_function("schema/read the built-in table", |it| {
        it.iter(|| Schema::from_table(&table));
    });
}

criterion_group!(benches, writes, schema);
criterion_main!(benches);
