//! Checks, converts, rewrites and edits YAML as Kubernetes reads it.
//!
//! `cargo run -p gotk-yaml --example yaml -- check|json|emit FILE…`
//! `cargo run -p gotk-yaml --example yaml -- set POINTER VALUE FILE…`
//!
//! A file called `-` is the standard input. `set` prints the changed text.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use gotk_yaml::{Edit, Error, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["check", files @ ..] => each(files, check),
        ["json", files @ ..] => each(files, json),
        ["emit", files @ ..] => each(files, emit),
        ["set", pointer, value, files @ ..] => each(files, |text| set(text, pointer, value)),
        _ => {
            complain("usage: yaml check|json|emit FILE…\n       yaml set POINTER VALUE FILE…");
            false
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints what `then` makes of every file; false if one of them is at fault.
fn each(files: &[&str], then: impl Fn(&str) -> Result<String, Error>) -> bool {
    files.iter().fold(!files.is_empty(), |good, file| {
        let outcome = match read(file) {
            Ok(text) => then(&text).map_err(|error| error.report().to_string()),
            Err(error) => Err(error.to_string()),
        };
        match outcome {
            Ok(text) => io::stdout().write_all(text.as_bytes()).is_ok() && good,
            Err(report) => {
                complain(&format!("{file}: {report}"));
                false
            }
        }
    })
}

fn read(file: &str) -> io::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn complain(line: &str) {
    // Nothing is left to do if the terminal is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

fn check(text: &str) -> Result<String, Error> {
    // Keys that are set twice are at fault here, though most readers take the last one.
    let strict = Options::default().strict();
    let documents = gotk_yaml::documents_from_slice(text.as_bytes(), strict);
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    let empty = documents.iter().filter(|document| document.is_null()).count();
    Ok(format!("{} documents, {empty} of them empty\n", documents.len()))
}

fn json(text: &str) -> Result<String, Error> {
    gotk_yaml::documents(text).map(|document| Ok(format!("{}\n", document?))).collect()
}

fn emit(text: &str) -> Result<String, Error> {
    let documents = gotk_yaml::documents(text).filter(|document| !is_empty(document));
    let texts = documents.map(|document| gotk_yaml::to_string(&document?));
    Ok(texts.collect::<Result<Vec<_>, Error>>()?.join("---\n"))
}

fn is_empty(document: &Result<serde_json::Value, Error>) -> bool {
    matches!(document, Ok(value) if value.is_null())
}

/// The value is read as YAML: `3` is a number, `"3"` a string.
fn set(text: &str, pointer: &str, value: &str) -> Result<String, Error> {
    let mut edit = Edit::new(text)?;
    edit.set(0, pointer, &gotk_yaml::from_str(value)?)?;
    edit.finish()
}
