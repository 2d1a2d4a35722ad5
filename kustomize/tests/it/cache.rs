//! Builds that share what they parse, and say what they depend on.

use std::thread;

use gotk_artifact::{Tree, TreeBuilder};
use gotk_kustomize::{Cache, Options, build, build_with};

fn object(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

fn tenants(count: usize) -> Tree {
    let base = "resources: [one.yaml, two.yaml]\n";
    let tree = TreeBuilder::new()
        .file("base/kustomization.yaml", base)
        .and_then(|tree| tree.file("base/one.yaml", object("one")))
        .and_then(|tree| tree.file("base/two.yaml", object("two")))
        .expect("new paths");
    let add = |tree: TreeBuilder, tenant: usize| {
        let text = format!("namespace: tenant-{tenant}\nresources: [../../base]\n");
        tree.file(format!("tenants/{tenant}/kustomization.yaml"), text).expect("a new path")
    };
    (0..count).fold(tree, add).build()
}

#[test]
fn three_hundred_overlays_parse_their_base_once() {
    let tree = tenants(300);
    let cache = Cache::default();
    let options = Options::default().cache(&cache);
    let one = |tenant: usize| {
        let folder = tree.at(format!("tenants/{tenant}")).expect("a folder");
        let text = build_with(&folder, &options).expect("a build").to_yaml().expect("YAML");
        assert_eq!(text, build(&folder).expect("a build").to_yaml().expect("YAML"));
        assert_eq!(text.matches(&format!("namespace: tenant-{tenant}\n")).count(), 2);
    };
    thread::scope(|scope| {
        for half in [0..150, 150..300] {
            scope.spawn(|| half.for_each(one));
        }
    });
    // Two threads may both come first.
    assert!((2..=4).contains(&cache.parsed()), "{}", cache.parsed());
    assert_eq!(cache.parsed() + cache.shared(), 600);
}

#[test]
fn a_build_says_what_it_depends_on() {
    let tree = tenants(2);
    let build = build(&tree.at("tenants/1").expect("a folder")).expect("a build");
    let paths: Vec<_> = build.paths().iter().map(ToString::to_string).collect();
    for path in ["base", "base/kustomization.yaml", "base/one.yaml", "tenants/1/kustomization.yaml"]
    {
        assert!(paths.iter().any(|known| known == path), "{path} is not among {paths:?}");
    }
    // A file of this name would be refused beside the other.
    assert!(paths.iter().any(|known| known == "tenants/1/Kustomization"), "{paths:?}");
    assert!(!paths.iter().any(|known| known.starts_with("tenants/0")), "{paths:?}");
}
