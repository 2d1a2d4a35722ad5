//! Functions by themselves; `benches/` has them beside the Go originals.

use std::hint::black_box;
use std::io;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gotk_artifact::{
    CacheOptions, Digest, IgnoreRules, Kind, PackOptions, Tree, TreeBuilder, TreeCache, TreePath,
    UnpackOptions, pack, unpack,
};

/// Manifests that differ as those of a repository do, about 4 KB each.
fn tree(files: usize) -> Tree {
    let manifest = |file: usize| {
        let line = |line: usize| {
            let noise = file.wrapping_mul(2_654_435_761).wrapping_add(line * 40_503) % 100_003;
            format!("  setting-{line}: value-{noise} # of service {}\n", noise % 97)
        };
        let lines: String = (0..90).map(line).collect();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-{file}\ndata:\n{lines}")
    };
    let add = |tree: TreeBuilder, file: usize| {
        let path = format!("apps/team-{}/config-{file}.yaml", file % 60);
        tree.file(path, manifest(file)).unwrap_or_default()
    };
    (0..files).fold(TreeBuilder::new(), add).build()
}

fn packed(tree: &Tree) -> (Digest, Vec<u8>) {
    let mut archive = Vec::new();
    pack(tree, &mut archive, &PackOptions::default()).map_or_else(
        |error| unreachable!("packing into memory: {error}"),
        |packed| (packed.digest, archive),
    )
}

fn archives(criterion: &mut Criterion) {
    let tree = tree(1000);
    let (digest, archive) = packed(&tree);
    let mut group = criterion.benchmark_group("artifact");
    group.sample_size(10).throughput(Throughput::Elements(1000));
    for threads in [1, 2] {
        let options = PackOptions::default().threads(threads);
        group.bench_with_input(BenchmarkId::new("pack", threads), &options, |bencher, options| {
            bencher.iter(|| black_box(pack(&tree, io::sink(), options)));
        });
    }
    group.bench_function("unpack", |bencher| {
        let options = UnpackOptions::default();
        bencher.iter(|| black_box(unpack(&archive[..], &digest, &options)));
    });
    group.bench_function("digest of a tree", |bencher| {
        bencher.iter(|| black_box(tree.at("").and_then(|tree| tree.digest())));
    });
    group.bench_function("a tree from the cache", |bencher| {
        let cache = TreeCache::new(CacheOptions::default());
        bencher.iter(|| black_box(cache.get(&digest, || Ok(&archive[..]))));
    });
    group.finish();
}

fn rules(criterion: &mut Criterion) {
    let rules = IgnoreRules::defaults();
    let path = TreePath::new("apps/team-1/overlays/production/kustomization.yaml");
    let path = path.unwrap_or_default();
    criterion.bench_function("ignore/one path", |bencher| {
        bencher.iter(|| black_box(rules.excludes(black_box(&path), Kind::File)));
    });
}

criterion_group!(benches, archives, rules);
criterion_main!(benches);
