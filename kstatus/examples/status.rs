//! Prints where the objects in some files stand, and why.
//!
//! `cargo run -p gotk-kstatus --example status -- FILE…`, JSON documents, alone or in a `List`;
//! `-` reads standard input: `kubectl get all -o json | cargo run … -- -`.

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::{env, fs};

use gotk_kstatus::{Readers, Status, Subject, aggregate};
use jiff::Timestamp;
use serde_json::{Deserializer, Value};

fn main() -> ExitCode {
    match show(env::args().skip(1)) {
        Ok(Status::Current) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn show(files: impl Iterator<Item = String>) -> Result<Status, Box<dyn std::error::Error>> {
    let mut objects = Vec::new();
    for file in files {
        read(&file, &mut objects).map_err(|error| format!("{file}: {error}"))?;
    }
    if objects.is_empty() {
        return Err("no objects: name the files to read, or - for standard input".into());
    }

    let (readers, now) = (Readers::flux(), Timestamp::now());
    let reports: Vec<_> = objects.iter().map(|object| readers.judge(object, now)).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "{:<44} {:<12} WHY", "OBJECT", "STATUS")?;
    for (object, report) in objects.iter().zip(&reports) {
        let name = Subject::of(object).to_string();
        writeln!(out, "{name:<44} {:<12} {}", report.status, report.message)?;
    }

    let all = aggregate(reports.iter().map(|report| report.status), Status::Current);
    writeln!(out, "\n{} objects, as a whole {all}", objects.len())?;
    let stuck = objects.iter().zip(&reports).filter(|(_, it)| it.status != Status::Current);
    for (object, report) in stuck {
        writeln!(out, "- {}", report.explain(object))?;
    }
    Ok(all)
}

fn read(file: &str, objects: &mut Vec<Value>) -> Result<(), Box<dyn std::error::Error>> {
    let text = if file == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        text
    } else {
        fs::read_to_string(file)?
    };
    for document in Deserializer::from_str(&text).into_iter() {
        let mut document: Value = document?;
        match document["items"].take() {
            Value::Array(items) => objects.extend(items),
            _ => objects.push(document),
        }
    }
    Ok(())
}
