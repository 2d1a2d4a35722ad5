//! Server-side apply without a server: what would an apply do to this object?
//!
//! ```text
//! cargo run -p gotk-merge --example explain -- live.yaml applied.yaml --manager me
//! cargo run -p gotk-merge --example explain -- live.yaml --path spec.replicas
//! ```
//!
//! `live.yaml` is what `kubectl get --show-managed-fields -o yaml` prints; without the second file,
//! the owners of a path are told. A kind that is not built in needs `--crd definition.yaml`.

#![expect(clippy::print_stdout, reason = "a program that talks to a person")]

use std::error::Error;
use std::fs;
use std::sync::Arc;

use gotk_merge::{FieldManager, Gvk, Live, ObjectType, OneShape, Path, Proof, Schema, Share};
use jiff::Timestamp;
use serde_json::Value;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let live = Live::new(read(&arguments.live)?);
    if let Some(path) = &arguments.path {
        let path = Path::parse(path).ok_or("not a path")?;
        return owners(&live, &path);
    }
    let applied = arguments.applied.as_ref().ok_or(USAGE)?;
    apply(&live, &read(applied)?, &arguments)
}

const USAGE: &str = "usage: explain <live.yaml> <applied.yaml> --manager <name> [--crd <file>]\n       \
                     explain <live.yaml> --path <path>";

#[derive(Default)]
struct Arguments {
    live: String,
    applied: Option<String>,
    manager: Option<String>,
    path: Option<String>,
    crd: Option<String>,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut arguments = Self::default();
        let mut files = Vec::new();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--manager" => arguments.manager = words.next(),
                "--path" => arguments.path = words.next(),
                "--crd" => arguments.crd = words.next(),
                _ => files.push(word),
            }
        }
        let mut files = files.into_iter();
        arguments.live = files.next().ok_or(USAGE)?;
        arguments.applied = files.next();
        Ok(arguments)
    }
}

fn read(path: &str) -> Result<Value, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    gotk_yaml::from_str(&text).map_err(|error| format!("{path}: {error}").into())
}

fn owners(live: &Live, path: &Path) -> Result<(), Failure> {
    let managed = live.managed_fields()?;
    let value = path.find(live.object()).map_or_else(|| "nothing".to_owned(), Value::to_string);
    println!("{path} is {value}");
    let owners = managed.owners(path);
    if owners.is_empty() {
        println!("  nobody owns it: a default, or status, or written before anybody applied");
    }
    for (entry, share) in owners {
        let how = match share {
            Share::Itself => "owns it",
            Share::Above => "owns the value it is part of",
            _ => "owns something beneath it",
        };
        let since = entry.time.map_or_else(String::new, |time| format!(" since {time}"));
        println!("  {} ({:?}) {how}{since}", entry.manager.name, entry.manager.operation);
    }
    Ok(())
}

fn apply(live: &Live, applied: &Value, arguments: &Arguments) -> Result<(), Failure> {
    let by = arguments.manager.as_deref().unwrap_or("me");
    let gvk = Gvk::of(applied);
    let versions = versions(&gvk, arguments)?;
    let manager = FieldManager::new(gvk.clone(), &versions);

    println!("{by} applies {gvk}\n");
    println!("{}", manager.preview(live, applied, by, Timestamp::now())?);
    match manager.prove(live, applied, by) {
        Proof::NoOp => println!("A forced apply would do nothing: proved."),
        Proof::Changes { reason } => println!("A forced apply would write: {reason}."),
        Proof::Unknown { reason } => {
            println!("Whether a forced apply would write only the server knows: {reason}.");
        }
        _ => {}
    }
    Ok(())
}

fn versions(gvk: &Gvk, arguments: &Arguments) -> Result<OneShape, Failure> {
    if let Some(path) = &arguments.crd {
        let schema = Arc::new(Schema::from_crd(&read(path)?, &gvk.version)?);
        return Ok(OneShape::of_kind(&schema, &gvk.group, &gvk.kind));
    }
    let builtin = Schema::builtin();
    if builtin.kind(&gvk.group, &gvk.version, &gvk.kind).is_some() {
        return Ok(OneShape::of_kind(&builtin, &gvk.group, &gvk.kind));
    }
    println!(
        "{gvk} is not built in: lists are merged as single values. Name its definition with --crd.\n"
    );
    Ok(OneShape::new(&gvk.api_version(), ObjectType::deduced()))
}
