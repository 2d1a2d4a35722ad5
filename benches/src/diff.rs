//! The peers as oracles: generated inputs go through the Go program and through ours.
//!
//! ```text
//! cargo run --release -p gotk-benches -- diff semver --seed 7 --count 10000
//! cargo run --release -p gotk-benches -- diff all --seed 7 --count 1000
//! ```
//!
//! Everything follows from the seed. What differs is made as small as it can be and still differ,
//! and printed as a line for `benches/cases/<room>.jsonl`, where a test keeps it mended.

mod dice;
mod oracle;
pub(crate) mod record;
pub(crate) mod rooms;
mod shrink;
mod sparse;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use self::dice::Dice;
use self::oracle::Oracle;
use self::record::Count;
use crate::{Error, peer, report, say};

/// One question that both sides answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// The folder under `benches/peers`.
    pub(crate) peer: &'static str,
    /// What is generated, for the record.
    pub(crate) inputs: &'static str,
    /// An input: a JSON object, whose members say all there is to say.
    pub(crate) generate: fn(&mut Dice) -> Value,
    /// What we make of it. An input that is not of the room's shape is answered with null.
    pub(crate) answer: fn(&Value) -> Value,
    /// Why the two may differ on this input, where it is upstream's doing: input, ours, theirs.
    pub(crate) excuse: fn(&Value, &Value, &Value) -> Option<&'static str>,
}

/// So many differences are made small and printed; the others are counted.
const SHOWN: usize = 5;

/// How many inputs are on their way at once.
const BATCH: u64 = 256;

/// Performs `diff <room> --seed S --count N`. `--sample` prints every input with its answer, and
/// `--unrecorded` leaves the counts out of the results.
pub(crate) fn run(arguments: &[&str]) -> Result<(), Error> {
    let mut rooms = Vec::new();
    let (mut seed, mut count, mut sample, mut record) = (1, 1_000, false, true);
    let mut words = arguments.iter();
    let number = |word: Option<&&str>| {
        let word = word.copied().unwrap_or_default();
        word.parse().map_err(|_| Error::Iterations(word.to_owned()))
    };
    while let Some(word) = words.next() {
        match *word {
            "--seed" => seed = number(words.next())?,
            "--count" => count = number(words.next())?,
            "--sample" => sample = true,
            "--unrecorded" => record = false,
            "all" => rooms.extend(rooms::all()),
            name => rooms.push(rooms::named(name)?),
        }
    }
    let mut different = 0;
    for room in if rooms.is_empty() { rooms::all() } else { rooms } {
        let counted = compare(&room, seed, count, sample)?;
        different += counted.different;
        say(&counted.to_string());
        if record && !sample {
            record::keep(counted)?;
            report::rewrite()?;
        }
    }
    if different > 0 { Err(Error::Different(different)) } else { Ok(()) }
}

fn compare(room: &Room, seed: u64, count: u64, sample: bool) -> Result<Count, Error> {
    let mut oracle = Oracle::start(room)?;
    let mut counted = Count::new(room, seed, peer::versions(room.peer));
    for start in (0..count).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let indices = start..count.min(start + BATCH);
        let inputs: Vec<Value> = indices.clone().map(|index| input(room, seed, index)).collect();
        let answers = oracle.ask_all(&inputs)?;
        for ((index, input), theirs) in indices.zip(&inputs).zip(answers) {
            let ours = ours(room, input);
            let name = format!("{}/{seed}/{index}", room.name);
            if sample {
                say(&case(&name, input, &theirs));
            }
            match verdict(room, &mut oracle, input, &ours, &theirs)? {
                Verdict::Same => counted.same += 1,
                Verdict::Excused(reason) => counted.excuse(reason),
                Verdict::Different => {
                    counted.different += 1;
                    if counted.different <= SHOWN as u64 {
                        show(room, &mut oracle, &name, input)?;
                    }
                }
            }
        }
    }
    counted.inputs = count;
    Ok(counted)
}

/// The input with this number: the same whatever came before.
fn input(room: &Room, seed: u64, index: u64) -> Value {
    (room.generate)(&mut Dice::new(seed, index))
}

/// Our answer. A panic is one too: no original says so.
fn ours(room: &Room, input: &Value) -> Value {
    let answered = catch_unwind(AssertUnwindSafe(|| (room.answer)(input)));
    answered.unwrap_or_else(|_| json!({ "panic": "here" }))
}

enum Verdict {
    Same,
    Excused(&'static str),
    Different,
}

fn verdict(
    room: &Room,
    oracle: &mut Oracle,
    input: &Value,
    ours: &Value,
    theirs: &Value,
) -> Result<Verdict, Error> {
    if same(ours, theirs) {
        return Ok(Verdict::Same);
    }
    if let Some(reason) = (room.excuse)(input, ours, theirs) {
        return Ok(Verdict::Excused(reason));
    }
    let by_them = theirs["panic"].is_string() && ours["panic"].is_null();
    if by_them {
        return Ok(Verdict::Excused("the original crashes"));
    }
    for _ in 0..8 {
        if !same(&oracle.ask(input)?, theirs) {
            return Ok(Verdict::Excused("the original answers at random"));
        }
    }
    Ok(Verdict::Different)
}

/// Whether two answers are the same; numbers are, when they are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn show(room: &Room, oracle: &mut Oracle, name: &str, input: &Value) -> Result<(), Error> {
    let small = shrink::smallest(input, |candidate| {
        let (ours, theirs) = (ours(room, candidate), oracle.ask(candidate)?);
        // Null is for what is no input of this room.
        let is_input = !ours.is_null() && !theirs.is_null();
        Ok(is_input
            && matches!(verdict(room, oracle, candidate, &ours, &theirs)?, Verdict::Different))
    })?;
    let theirs = oracle.ask(&small)?;
    say(&case(name, &small, &theirs));
    say(&format!("  ours: {}", ours(room, &small)));
    Ok(())
}

/// A line for `benches/cases`.
fn case(name: &str, input: &Value, theirs: &Value) -> String {
    let mut case = BTreeMap::from([("name", json!(name)), ("expect", theirs.clone())]);
    case.insert("input", input.clone());
    serde_json::to_string(&case).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The originals' answers to what once differed, and to a sample of what is generated.
    #[test]
    fn committed_cases_are_answered_as_the_originals_answered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        for room in rooms::all() {
            let text = std::fs::read_to_string(folder.join(format!("{}.jsonl", room.name)));
            for line in text.unwrap_or_default().lines() {
                let case: Value = serde_json::from_str(line).unwrap();
                let (ours, theirs) = (ours(&room, &case["input"]), &case["expect"]);
                assert!(same(&ours, theirs), "{}\nours {ours}\ntheirs {theirs}", case["name"]);
            }
        }
    }

    #[test]
    fn inputs_follow_from_the_seed_and_their_number() {
        for room in rooms::all() {
            let all = |seed| (0..50).map(|it| input(&room, seed, it)).collect::<Vec<_>>();
            assert_eq!(all(3), all(3), "{}", room.name);
            assert_ne!(all(3), all(4), "{}", room.name);
        }
    }

    #[test]
    fn what_is_no_input_is_answered_with_null_or_at_least_at_all() {
        for room in rooms::all() {
            for odd in [json!(null), json!([]), json!({}), json!({ "op": 1, "text": [] })] {
                assert!(ours(&room, &odd)["panic"].is_null(), "{} {odd}", room.name);
            }
        }
    }
}
