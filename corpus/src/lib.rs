//! Finds the recorded answers of the Go originals and counts how many we give too.
//!
//! The corpora lie outside the repository, in the folder that `GOTK_DATA` names (default:
//! `../shared/data` beside the checkout). A test opens one, gives every case to a [`Tally`], and
//! closes it with a line `corpus <name>: <passed>/<total>`. Where the folder is absent the test
//! says so and passes: a stranger's `cargo test` is carried by the cases in the repository.
//!
//! ```
//! use gotk_corpus::Tally;
//!
//! let mut tally = Tally::new("arithmetic").except("one/third", "upstream rounds at random");
//! tally.equal("one/plus-one", &(1 + 1), &2);
//! tally.case("one/half", Ok(()));
//! assert_eq!(tally.finish(), (2, 2));
//! ```
//!
//! Inputs of any size, for counting and measuring, are made by [`shop`].
//!
//! # Exceptions
//!
//! A case that differs is either mended or excepted by name with the upstream reason. An
//! exception that no longer differs fails the test too, so that the list never outlives its cause,
//! and more than one case in a hundred cannot be excepted at all.

pub mod shop;
mod tally;

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

pub use crate::tally::Tally;

/// The path of a file or folder of the corpora, or `None` after saying on the terminal that it is
/// not there.
///
/// # Panics
///
/// When `GOTK_DATA` is set and the path is missing below it: whoever names a folder wants it used.
pub fn find(path: &str) -> Option<PathBuf> {
    let named = env::var_os("GOTK_DATA").map(PathBuf::from);
    let found = named.clone().unwrap_or_else(beside_the_checkout).join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(named.is_none(), "GOTK_DATA is set, but {} does not exist", found.display());
    tally::say(&format!("corpus {path}: skipped, set GOTK_DATA to the folder that holds it"));
    None
}

/// The records of a file with one JSON value a line, each with its line number (from 1).
///
/// Lines are read with `serde_json`, so numbers beyond `u64` become `f64` as they do everywhere
/// else in this workspace.
///
/// # Panics
///
/// When the file cannot be read or a line is not JSON: the corpus is broken, not the code.
pub fn json_lines(path: &Path) -> Vec<(usize, Value)> {
    let text = read(path);
    let record = |(index, line): (usize, &str)| {
        let value = serde_json::from_str(line)
            .unwrap_or_else(|error| broken(path, &format!("line {}: {error}", index + 1)));
        (index + 1, value)
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(record).collect()
}

/// The text of a file of the corpora.
///
/// # Panics
///
/// When it cannot be read.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| broken(path, &error.to_string()))
}

fn beside_the_checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data")
}

#[expect(clippy::panic, reason = "used by tests only, and a broken corpus must stop them")]
fn broken(path: &Path, why: &str) -> ! {
    panic!("{}: {why}", path.display())
}
