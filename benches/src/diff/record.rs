//! How many inputs came out the same, by room and seed.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Room, rooms};
use crate::Error;

/// The outcome for one seed of one room.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Count {
    pub(crate) room: String,
    pub(crate) seed: u64,
    pub(crate) inputs: u64,
    pub(crate) same: u64,
    pub(crate) different: u64,
    /// Differences that are the original's doing, by reason.
    pub(crate) excused: BTreeMap<String, u64>,
    pub(crate) peer_versions: Vec<String>,
    pub(crate) date: String,
}

impl Count {
    pub(crate) fn new(room: &Room, seed: u64, peer_versions: Vec<String>) -> Self {
        Self {
            room: room.name.to_owned(),
            seed,
            inputs: 0,
            same: 0,
            different: 0,
            excused: BTreeMap::new(),
            peer_versions,
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        }
    }

    pub(crate) fn excuse(&mut self, reason: &str) {
        *self.excused.entry(reason.to_owned()).or_default() += 1;
    }

    fn reasons(&self) -> String {
        let told = self.excused.iter().map(|(reason, count)| format!("{count} ({reason})"));
        let told: Vec<_> = told.collect();
        if told.is_empty() { "0".to_owned() } else { told.join(", ") }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, seed, inputs, same, different, .. } = self;
        let reasons = self.reasons();
        write!(
            f,
            "diff {room}, seed {seed}: {inputs} inputs, {same} same, {different} different; upstream's doing: {reasons}"
        )
    }
}

/// Puts a count in place of an older one of the same room and seed that saw fewer inputs.
pub(crate) fn keep(new: Count) -> Result<(), Error> {
    let mut all = read();
    all.retain(|old| (&old.room, old.seed) != (&new.room, new.seed));
    all.push(new);
    all.sort_by(|a, b| (&a.room, a.seed).cmp(&(&b.room, b.seed)));
    let text = serde_json::to_string_pretty(&all).unwrap_or_default();
    let path = path();
    let failed = |source| Error::File { action: "write", path: path.display().to_string(), source };
    fs::write(&path, text).map_err(failed)
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("differential.json")
}

fn read() -> Vec<Count> {
    let known = |count: &Count| rooms::named(&count.room).is_ok();
    let text = fs::read_to_string(path()).unwrap_or_default();
    let all: Vec<Count> = serde_json::from_str(&text).unwrap_or_default();
    all.into_iter().filter(known).collect()
}

/// The part of `RESULTS.md` about them; nothing before the first count.
pub(crate) fn markdown() -> String {
    let all = read();
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n## Differential\n\n\
         Generated inputs through the Go original and through ours: \
         `cargo run --release -p gotk-benches -- diff <room> --seed S --count N`.\n\
         What differed and was mended is in `benches/cases`; *upstream's doing* are answers that nobody should repeat.\n\n\
         | room | inputs are | seed | inputs | same | different | upstream's doing | against | date |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for count in &all {
        let Count { room, seed, inputs, same, different, peer_versions, date, .. } = count;
        let what = rooms::named(room).map_or("", |room| room.inputs);
        let (reasons, against) = (count.reasons(), peer_versions.join(", "));
        let _ = writeln!(
            text,
            "| {room} | {what} | {seed} | {inputs} | {same} | {different} | {reasons} | {against} | {date} |"
        );
    }
    text
}
