//! Prints where the objects in some files stand, and why.
//!
//! ```text
//! cargo run -p gotk-kstatus --example status -- kstatus/examples/cluster.yaml
//! kubectl get deployments,pods -o yaml | cargo run -p gotk-kstatus --example status -- -
//! ```
//!
//! YAML or JSON, one document after the other, alone or in a `List`. Ends with 0 if all objects are
//! current, 1 if not, 2 if something could not be read.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fs};

use gotk_kstatus::{Readers, Status, Subject, aggregate};
use jiff::Timestamp;
use serde_json::Value;

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

fn show(files: impl Iterator<Item = String>) -> Result<Status, Box<dyn Error>> {
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
    let names: Vec<_> = objects.iter().map(|object| Subject::of(object).to_string()).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    writeln!(out, "{:<width$}  {:<11}  WHY", "OBJECT", "STATUS")?;
    for (name, report) in names.iter().zip(&reports) {
        writeln!(out, "{name:<width$}  {:<11}  {}", report.status, report.message)?;
    }

    let all = aggregate(reports.iter().map(|report| report.status), Status::Current);
    writeln!(out, "\n{} objects, as a whole {all}", objects.len())?;
    let stuck = objects.iter().zip(&reports).filter(|(_, it)| it.status != Status::Current);
    for (object, report) in stuck {
        writeln!(out, "- {}", report.explain(object))?;
    }
    Ok(all)
}

fn read(file: &str, objects: &mut Vec<Value>) -> Result<(), Box<dyn Error>> {
    let text = match file {
        "-" => io::read_to_string(io::stdin())?,
        file => fs::read_to_string(file)?,
    };
    for document in gotk_yaml::documents(&text) {
        match document? {
            Value::Null => {}
            Value::Object(mut list) if list.contains_key("items") => {
                if let Some(Value::Array(items)) = list.remove("items") {
                    objects.extend(items);
                }
            }
            object => objects.push(object),
        }
    }
    Ok(())
}
