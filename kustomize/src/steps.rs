//! How the work of a build grows: keys that are compared are counted, and not the time it takes.

use std::cell::Cell;
use std::fmt::Write as _;

use gotk_artifact::{Tree, TreeBuilder};

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Counts keys that were looked at to find one.
pub(crate) fn count(keys: usize) {
    STEPS.with(|steps| steps.set(steps.get() + keys as u64));
}

/// An overlay over so many Deployments, each with a `ConfigMap` that it names.
fn overlay(apps: usize) -> Tree {
    let mut objects = String::new();
    for app in 0..apps {
        let metadata = format!("metadata: {{name: web-{app}, labels: {{app: web-{app}}}}}");
        writeln!(
            objects,
            "apiVersion: v1\nkind: ConfigMap\n{metadata}\ndata: {{a: b}}\n---\napiVersion: \
             apps/v1\nkind: Deployment\n{metadata}\nspec:\n  template:\n    spec:\n      containers:\n      \
             - name: web\n        image: web:1\n        envFrom: [{{configMapRef: {{name: web-{app}}}}}]\n---"
        )
        .expect("memory");
    }
    let says = "namespace: shop\nnamePrefix: a-\nresources: [../base]\nimages: [{name: web, newTag: '2'}]\n\
                labels: [{pairs: {env: prod}, includeSelectors: true}]\ncommonAnnotations: {team: x}\n\
                configMapGenerator: [{name: settings, literals: [a=b]}]\n\
                patches: [{target: {kind: Deployment}, patch: '[{\"op\": \"add\", \"path\": \"/spec/replicas\", \
                \"value\": 2}]'}]\n";
    TreeBuilder::new()
        .file("base/kustomization.yaml", "resources: [objects.yaml]\n")
        .and_then(|tree| tree.file("base/objects.yaml", objects))
        .and_then(|tree| tree.file("overlay/kustomization.yaml", says))
        .and_then(|tree| tree.build().at("overlay"))
        .expect("a tree")
}

fn steps(apps: usize) -> u64 {
    let tree = overlay(apps);
    STEPS.with(|steps| steps.set(0));
    let build = crate::build(&tree).expect("a build");
    assert_eq!(build.len(), 2 * apps + 1);
    STEPS.with(Cell::get)
}

#[test]
fn four_times_the_objects_take_four_times_the_steps() {
    let (few, many) = (steps(150), steps(600));
    let growth = many as f64 / few as f64;
    assert!((3.5..4.5).contains(&growth), "{few} steps became {many}: {growth:.2} times");
}
