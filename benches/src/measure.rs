//! One process, one measurement: what `gotk-benches ours …` and every peer print.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::row::Outcome;
use crate::{Error, rows, say};

/// The line a measured process prints.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Measurement {
    pub(crate) row: String,
    pub(crate) iterations: u64,
    /// All iterations together.
    pub(crate) wall_ns: u64,
    /// User and system time of all threads, all iterations together.
    pub(crate) cpu_ns: u64,
    /// Size of the input one iteration works on.
    pub(crate) bytes: u64,
    /// Allocations of all iterations together, where the program counts them.
    pub(crate) allocs: Option<u64>,
    /// How many bytes one iteration made, where they are compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) made: Option<u64>,
    pub(crate) result: String,
}

/// Performs one of our rows and prints its measurement.
pub(crate) fn ours(name: &str, input: &str, iterations: &str) -> Result<(), Error> {
    let iterations: u32 =
        iterations.parse().map_err(|_| Error::Iterations(iterations.to_owned()))?;
    let row = rows::named(&[name])?.remove(0);
    let input = std::fs::read(input).map_err(|source| Error::File {
        action: "read",
        path: input.to_owned(),
        source,
    })?;

    black_box((row.ours)(&input));
    let mut last = Outcome::Count(0);
    let (wall, cpu) = (Instant::now(), cpu_time());
    let counted = allocation_counter::measure(|| {
        for _ in 0..iterations {
            last = black_box((row.ours)(black_box(&input)));
        }
    });
    let measurement = Measurement {
        row: name.to_owned(),
        iterations: iterations.into(),
        wall_ns: nanoseconds(wall.elapsed()),
        cpu_ns: nanoseconds(cpu_time().saturating_sub(cpu)),
        bytes: input.len() as u64,
        allocs: Some(counted.count_total),
        made: if let Outcome::Sized { made, .. } = last { Some(made) } else { None },
        result: fingerprint(&last),
    };
    say(&serde_json::to_string(&measurement).unwrap_or_default());
    Ok(())
}

/// What [`input`] says when it has written its file.
pub(crate) const MADE: &str = "made";

/// Writes the input of a row to a file, and stays until its own input ends.
pub(crate) fn input(name: &str, path: &str) -> Result<(), Error> {
    let row = rows::named(&[name])?.remove(0);
    let failed = |action| move |source| Error::File { action, path: path.to_owned(), source };
    std::fs::write(path, (row.input)()).map_err(failed("write"))?;
    say(MADE);
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).map_err(failed("keep"))?;
    Ok(())
}

fn fingerprint(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Bytes(bytes) => hex::encode(Sha256::digest(bytes)),
        Outcome::Digest(digest) => hex::encode(digest),
        Outcome::Count(count) | Outcome::Sized { count, .. } => count.to_string(),
    }
}

/// User and system time this process has used so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
