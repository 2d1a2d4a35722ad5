//! Scenario files, and the answers recorded beside them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{env, fs};

use serde_json::{Value, json};

/// One scenario, its table filled in.
pub(crate) struct Scenario {
    pub(crate) file: String,
    pub(crate) name: String,
    /// The text of the document, with `$ns` for the namespace.
    pub(crate) text: String,
    differs: Option<String>,
    /// Whether the embedded server answers otherwise.
    embedded_differs: bool,
    golden: Value,
    ours: Option<Value>,
}

/// What somebody did, or what we did, and what came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) steps: Vec<Value>,
    pub(crate) objects: BTreeMap<String, Value>,
}

impl Scenario {
    pub(crate) fn all() -> Vec<Arc<Self>> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|it| it == "yaml"));
        files.sort();
        files.iter().flat_map(|file| of_file(file)).map(Arc::new).collect()
    }

    /// Compares our outcome with Flux's, or, where they differ on purpose, with our own of before.
    pub(crate) fn judge(&self, ours: &Outcome, on_real_server: bool) -> Result<(), String> {
        if on_real_server {
            return self.compare(ours);
        }
        match (self.compare(ours), self.embedded_differs) {
            (Ok(()), true) => Err(format!("{} does not differ any more: embedded.txt", self.name)),
            (Err(_), true) => Ok(()),
            (judged, false) => judged,
        }
    }

    fn compare(&self, ours: &Outcome) -> Result<(), String> {
        let got = json!({"name": self.name, "steps": ours.steps, "objects": ours.objects});
        let difference = differences(&self.golden, &got);
        let Some(reason) = &self.differs else {
            return difference.map_or(Ok(()), |it| Err(format!("{}\n{it}", self.name)));
        };
        if difference.is_none() {
            return Err(format!("{} does not differ any more ({reason})", self.name));
        }
        if env::var_os("GOTK_WRITE").is_some() {
            remember(&self.file, &self.name, &got);
            return Ok(());
        }
        let before = self.ours.as_ref().ok_or("our answer is not recorded: GOTK_WRITE=1")?;
        differences(before, &got).map_or(Ok(()), |it| Err(format!("{}\n{it}", self.name)))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn of_file(path: &Path) -> Vec<Scenario> {
    let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let (golden, ours) = (answers(&file, "golden"), answers(&file, "ours"));
    let embedded = fs::read_to_string(folder().join("embedded.txt")).unwrap();
    let text = fs::read_to_string(path).unwrap();
    let texts = text.split("\n---\n").flat_map(rows);
    let scenario = |text: String| {
        let head = gotk_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let string = |key: &str| head[key].as_str().map(str::to_owned);
        let name = string("name").unwrap();
        let golden =
            golden.get(&name).unwrap_or_else(|| panic!("{file}: {name} has no golden")).clone();
        let ours = ours.get(&name).cloned();
        let listed = format!("{file}::{name} ");
        let embedded_differs = embedded.lines().any(|line| line.starts_with(&listed));
        Scenario {
            file: file.clone(),
            name,
            text,
            differs: string("differs"),
            embedded_differs,
            golden,
            ours,
        }
    };
    texts.map(scenario).collect()
}

/// The document once for each row of its table.
fn rows(document: &str) -> Vec<String> {
    let head = gotk_yaml::from_str(document).unwrap_or_else(|error| panic!("{error}: {document}"));
    let Some(table) = head["for"].as_array() else { return vec![document.to_owned()] };
    let fill = |row: &Value| {
        let mut keys: Vec<(&String, &Value)> = row.as_object().unwrap().iter().collect();
        keys.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
        keys.into_iter().fold(document.to_owned(), |text, (key, value)| {
            text.replace(&format!("${key}"), value.as_str().unwrap())
        })
    };
    table.iter().map(fill).collect()
}

fn answers(file: &str, whose: &str) -> BTreeMap<String, Value> {
    let text =
        fs::read_to_string(folder().join(format!("{file}.{whose}.jsonl"))).unwrap_or_default();
    let answer = |line: &str| {
        let answer: Value = serde_json::from_str(line).unwrap();
        (answer["name"].as_str().unwrap().to_owned(), answer)
    };
    text.lines().map(answer).collect()
}

/// Records our own answer; trials run at once, so one at a time.
fn remember(file: &str, name: &str, answer: &Value) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap();
    let mut all = answers(file, "ours");
    all.insert(name.to_owned(), answer.clone());
    let text = all.values().fold(String::new(), |mut text, answer| {
        writeln!(text, "{answer}").unwrap();
        text
    });
    fs::write(folder().join(format!("{file}.ours.jsonl")), text).unwrap();
}

/// What the two say differently, one line each. What a failed step had done by then, and its words,
/// are not compared: the objects are.
fn differences(wanted: &Value, got: &Value) -> Option<String> {
    let mut lines = Vec::new();
    let (theirs, ours) = (steps(wanted), steps(got));
    if theirs.len() != ours.len() {
        lines.push(format!("{} steps, not {}", ours.len(), theirs.len()));
    }
    for (number, (theirs, ours)) in theirs.iter().zip(&ours).enumerate() {
        let failed = |step: &Value| step["error"].is_string();
        match (failed(theirs), failed(ours)) {
            (true, true) => {}
            (false, false) => compare(&format!("step {}", number + 1), theirs, ours, &mut lines),
            _ => lines.push(format!("step {}: {} where Flux had {}", number + 1, ours, theirs)),
        }
    }
    compare("objects", &wanted["objects"], &got["objects"], &mut lines);
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn steps(outcome: &Value) -> Vec<Value> {
    outcome["steps"].as_array().cloned().unwrap_or_default()
}

fn compare(path: &str, wanted: &Value, got: &Value, lines: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let of = |map: &serde_json::Map<String, Value>| {
                    map.get(key).cloned().unwrap_or_default()
                };
                compare(&format!("{path}.{key}"), &of(a), &of(b), lines);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{index}]"), a, b, lines);
            }
        }
        _ if wanted == got => {}
        _ => lines.push(format!("{path}: {got} where Flux had {wanted}")),
    }
}
