//! How the cost of an operation grows with its input, ours beside the peer's.
//!
//! ```text
//! cargo run --release -p gotk-benches -- growth
//! ```

mod plot;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::plot::Plot;
use crate::{Error, report, rows, say};

/// A row, measured with inputs of several sizes.
struct Curve {
    row: &'static str,
    /// What is counted along the axis.
    unit: &'static str,
    sizes: [usize; 5],
    input: fn(usize) -> Vec<u8>,
}

const CURVES: [Curve; 4] = [
    Curve {
        row: "merge/service-200-ports",
        unit: "ports of the Service that is applied",
        sizes: [25, 100, 400, 1_600, 6_400],
        input: rows::merge::service_of,
    },
    Curve {
        row: "yaml/read",
        unit: "kB of manifests that are read",
        sizes: [16, 64, 256, 1_024, 4_096],
        input: |size| rows::yaml::stream_of(size << 10),
    },
    Curve {
        row: "expr/best",
        unit: "tags the best of which is chosen",
        sizes: [100, 400, 1_600, 6_400, 25_600],
        input: rows::expr::tags_of,
    },
    Curve {
        row: "kustomize/objects-1000",
        unit: "objects that an overlay is about",
        sizes: [80, 160, 320, 640, 1_280],
        input: rows::kustomize::shop_of,
    },
];

/// What came out for one curve.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Growth {
    row: String,
    unit: String,
    /// Size, and nanoseconds of CPU for one operation: ours, the peer's.
    points: Vec<(usize, f64, f64)>,
    date: String,
}

/// Measures every curve, and writes the record and the plots.
pub(crate) fn run() -> Result<(), Error> {
    let mut all = Vec::new();
    for curve in CURVES {
        say(&format!("measuring how {} grows …", curve.row));
        let row = rows::named(&[curve.row])?.remove(0);
        let mut points = Vec::new();
        for size in curve.sizes {
            // About as much work for every size.
            let iterations =
                (row.iterations * 200 / u32::try_from(size).unwrap_or(1)).clamp(2, 2_000);
            let (ours, peer) = report::cpu(&row, &(curve.input)(size), iterations)?;
            points.push((size, ours, peer));
        }
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        all.push(Growth { row: curve.row.to_owned(), unit: curve.unit.to_owned(), points, date });
    }
    for growth in &all {
        write(&here().join(growth.file()), &growth.plot().to_string())?;
    }
    write(&here().join("growth.json"), &serde_json::to_string_pretty(&all).unwrap_or_default())?;
    report::rewrite()
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("growth")
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
    fs::create_dir_all(here()).and_then(|()| fs::write(path, text)).map_err(failed)
}

/// The part of `RESULTS.md` about growth.
pub(crate) fn markdown() -> String {
    let text = fs::read_to_string(here().join("growth.json")).unwrap_or_default();
    let all: Vec<Growth> = serde_json::from_str(&text).unwrap_or_default();
    let mut text = String::new();
    if !all.is_empty() {
        text += "\n## Growth\n\nCPU of one operation, both axes logarithmic; a straight line at 45° is growth in line with \
                 the input. Again: `cargo run --release -p gotk-benches -- growth`\n\n";
    }
    for growth in &all {
        let Growth { row, unit, points, date } = growth;
        let _ = writeln!(text, "![{row}: {unit}](growth/{})\n", growth.file());
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let larger = last.0 as f64 / first.0 as f64;
            let side = |of: fn(&(usize, f64, f64)) -> f64| {
                let dearer = of(last) / of(first);
                format!("{dearer:.0} times the CPU, a power of {:.2}", dearer.ln() / larger.ln())
            };
            let _ = writeln!(
                text,
                "`{row}`, {date}: {larger:.0} times the {unit}: ours {}; the peer's {}.\n",
                side(|point| point.1),
                side(|point| point.2),
            );
        }
    }
    text
}

impl Growth {
    fn file(&self) -> String {
        format!("{}.svg", self.row.replace('/', "-"))
    }

    fn plot(&self) -> Plot<'_> {
        let line = |of: fn(&(usize, f64, f64)) -> f64| {
            self.points.iter().map(|point| (point.0 as f64, of(point) / 1e6)).collect()
        };
        Plot {
            title: &self.row,
            x: &self.unit,
            y: "ms of CPU",
            lines: vec![("ours", line(|point| point.1)), ("the original", line(|point| point.2))],
        }
    }
}
