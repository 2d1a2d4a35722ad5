//! How much memory a build takes at its peak: bytes are counted, and the same in every run.

use allocation_counter::measure;
use gotk_artifact::{Tree, TreeBuilder};
use gotk_corpus::shop::{File, shop};
use gotk_kustomize::{Build, build};

fn overlay(files: &[File]) -> Tree {
    let add = |tree: TreeBuilder, (path, text): &File| {
        tree.file(path.as_str(), text.clone()).expect("a new path")
    };
    files.iter().fold(TreeBuilder::new(), add).build().at("overlay").expect("a folder")
}

/// How many times the input a build takes at its peak, the tree itself and what is made of the
/// result among it.
fn peak(apps: usize, in_a_file: usize, of_result: impl Fn(Build)) -> f64 {
    let files = shop(4 * apps, 4 * in_a_file);
    let input: usize = files.iter().map(|(_, text)| text.len()).sum();
    let run = |files: &[File]| {
        let build = build(&overlay(files)).expect("a build");
        assert!(build.len() > 4);
        of_result(build);
    };
    // What every program has once is not what a build takes.
    run(&shop(4, 4));
    measure(|| run(&files)).bytes_max as f64 / input as f64
}

fn write_away(build: Build) {
    build.into_documents().for_each(|document| drop(document.expect("YAML")));
}

#[test]
fn a_build_takes_less_than_ten_times_its_input() {
    for (apps, in_a_file) in [(300, 25), (300, 300), (150, 1)] {
        let written = peak(apps, in_a_file, write_away);
        let whole = peak(apps, in_a_file, |build| drop(build.to_yaml().expect("YAML")));
        println!(
            "{apps} times 4 objects, {in_a_file} to a file: {written:.2}, as one text {whole:.2}"
        );
        assert!(written <= 7.0, "{written:.2} times the input");
        assert!(whole <= 7.5, "{whole:.2} times the input");
    }
}

#[test]
fn what_a_build_takes_grows_with_its_input() {
    let (few, many) = (peak(100, 25, write_away), peak(400, 25, write_away));
    assert!(many / few < 1.1, "{few:.2} times the input became {many:.2}");
}
