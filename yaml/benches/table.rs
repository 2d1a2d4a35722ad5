//! What criterion measured, as a page for people.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

pub(crate) const READ: &str = "read 10 MB";
pub(crate) const WRITE: &str = "write 10 MB";
pub(crate) const OURS: &str = "gotk-yaml";
/// The scanners by themselves, without values.
pub(crate) const EVENTS: [&str; 2] = ["gotk-yaml, events only", "saphyr-parser, events only"];
const OTHERS: [&str; 3] = ["serde_yaml", "serde-saphyr", "sigs.k8s.io/yaml (Go)"];

const HEAD: &str = "\
# YAML, beside other programs

Written by `cargo bench -p gotk-yaml`: one run of criterion, medians of ten samples and, in brackets, the 95 % interval, wall
clock, one thread (Go collects its garbage on a second). `serde_yaml` and `serde-saphyr` read YAML 1.2 and know nothing of
Go's rules.
";

/// Writes `benches/YAML.md`, unless something was left out of this run.
pub(crate) fn write(folder: &Path, read: usize, written: usize) {
    let mut page = HEAD.to_owned();
    let readers = [OURS].iter().chain(&EVENTS).chain(&OTHERS);
    let complete = section(&mut page, folder, READ, read, readers.copied()).and_then(|ours| {
        let own = median(folder, READ, EVENTS[0])?;
        let saphyr = median(folder, READ, EVENTS[1])?;
        let _ = write!(
            page,
            "\nReading to values goes at {:.0} % of the rate of our own scanner's bare events, and at {:.0} % of \
             saphyr-parser's.\n",
            100.0 * own / ours,
            100.0 * saphyr / ours,
        );
        section(&mut page, folder, WRITE, written, [OURS].iter().chain(&OTHERS).copied())
    });
    if complete.is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/YAML.md");
        std::fs::write(path, page).unwrap();
    }
}

/// Adds the table of a group; our own median in nanoseconds.
fn section<'n>(
    page: &mut String,
    folder: &Path,
    group: &str,
    bytes: usize,
    names: impl Iterator<Item = &'n str>,
) -> Option<f64> {
    let ours = median(folder, group, OURS)?;
    let _ =
        write!(page, "\n## {group}\n\n| program | time | MB/s | times ours |\n|---|---|---|---|\n");
    for name in names {
        let [low, middle, high] = estimate(folder, group, name)?.map(|nanos| nanos / 1e6);
        let rate = bytes as f64 / middle / 1e3;
        let times = middle * 1e6 / ours;
        let _ = writeln!(
            page,
            "| {name} | {middle:.1} ms ({low:.1}–{high:.1}) | {rate:.0} | {times:.1} |"
        );
    }
    Some(ours)
}

fn median(folder: &Path, group: &str, name: &str) -> Option<f64> {
    estimate(folder, group, name).map(|[_, middle, _]| middle)
}

/// The median in nanoseconds, between the bounds of its interval.
fn estimate(folder: &Path, group: &str, name: &str) -> Option<[f64; 3]> {
    let path = folder.join(group).join(name).join("new/estimates.json");
    let estimates: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let (median, interval) = (&estimates["median"], &estimates["median"]["confidence_interval"]);
    let (low, high) = (interval["lower_bound"].as_f64()?, interval["upper_bound"].as_f64()?);
    Some([low, median["point_estimate"].as_f64()?, high])
}
