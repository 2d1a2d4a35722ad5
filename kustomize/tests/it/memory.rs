//! How much memory a build takes at its peak: bytes are counted, and the same in every run.

use allocation_counter::measure;
use gotk_artifact::{Tree, TreeBuilder};
use gotk_corpus::shop::{File, shop, terse};
use gotk_kustomize::{Build, build};

fn overlay(files: &[File]) -> Tree {
    let add = |tree: TreeBuilder, (path, text): &File| {
        tree.file(path.as_str(), text.clone()).expect("a new path")
    };
    files.iter().fold(TreeBuilder::new(), add).build().at("overlay").expect("a folder")
}

/// How many times the input a build takes at its peak, the tree itself and what is made of the
/// result among it.
fn peak(files: &[File], of_result: impl Fn(Build)) -> f64 {
    let input: usize = files.iter().map(|(_, text)| text.len()).sum();
    let run = |files: &[File]| {
        let build = build(&overlay(files)).expect("a build");
        assert!(build.len() > 4);
        of_result(build);
    };
    // What every program has once is not what a build takes.
    run(&shop(4, 4));
    measure(|| run(files)).bytes_max as f64 / input as f64
}

fn write_away(build: Build) {
    build.into_documents().for_each(|document| drop(document.expect("YAML")));
}

/// A shop of so many times four objects.
fn apps(apps: usize, in_a_file: usize) -> Vec<File> {
    shop(4 * apps, 4 * in_a_file)
}

#[test]
fn a_build_takes_less_than_ten_times_its_input() {
    // Objects of short texts weigh more than their text does.
    for (what, files, most) in [
        ("1,200 objects", apps(300, 25), [7.0, 7.5]),
        ("in one file", apps(300, 300), [7.0, 7.5]),
        ("a file each", apps(150, 1), [7.0, 7.5]),
        ("of short texts", terse(apps(300, 25)), [9.0, 9.5]),
    ] {
        let written = peak(&files, write_away);
        let whole = peak(&files, |build| drop(build.to_yaml().expect("YAML")));
        println!("{what}: {written:.2}, as one text {whole:.2}");
        assert!(written <= most[0], "{what}: {written:.2} times the input");
        assert!(whole <= most[1], "{what}: {whole:.2} times the input");
    }
}

#[test]
fn what_a_build_takes_grows_with_its_input() {
    let [few, many] = [100, 400].map(|count| peak(&apps(count, 25), write_away));
    assert!(many / few < 1.1, "{few:.2} times the input became {many:.2}");
}
