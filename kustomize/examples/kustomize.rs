//! `kustomize build`, without kustomize.
//!
//! ```text
//! cargo run --release -p gotk-kustomize --example kustomize -- build overlays/production
//! ```
//!
//! It prints what `kustomize build` prints, or writes it with `-o` to a file, or to a folder with a file
//! for each object. Nothing is fetched and no program is run.

#![expect(clippy::print_stderr, reason = "a program for a terminal")]

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use gotk_artifact::Tree;
use gotk_kustomize::{BoxError, Build, LoadRestrictions, Options, Order, build_with};
use serde_json::Value;

const USAGE: &str = "usage: kustomize build [DIR] [-o FILE|DIR] \
                     [--load-restrictor LoadRestrictionsNone|LoadRestrictionsRootOnly] \
                     [--reorder legacy|none]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("  because {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), BoxError> {
    let arguments = Arguments::parse(env::args().skip(1))?;
    let folder = fs::canonicalize(&arguments.folder)
        .map_err(|error| format!("{}: {error}", arguments.folder.display()))?;
    // Bases may lie anywhere, as they may for kustomize.
    let below_root = folder.strip_prefix("/").unwrap_or(&folder);
    let tree = Tree::directory("/")?.at(below_root.as_os_str().as_encoded_bytes())?;
    let build = build_with(&tree, &arguments.options)?;
    for warning in build.warnings() {
        eprintln!("# Warning: {warning}");
    }
    match &arguments.output {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            for document in build.into_documents() {
                out.write_all(document?.as_bytes())?;
            }
            out.flush()?;
        }
        Some(path) if path.is_dir() => write_each(path, &build)?,
        Some(path) => fs::write(path, build.to_yaml()?)?,
    }
    Ok(())
}

/// Writes every object to a file that is named after it.
fn write_each(folder: &Path, build: &Build) -> Result<(), BoxError> {
    for object in build.objects() {
        let object = object?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        let (kind, metadata) = (text(&object["kind"]), &object["metadata"]);
        let version = text(&object["apiVersion"]).replace('/', "_");
        let namespace = match text(&metadata["namespace"]) {
            namespace if namespace.is_empty() => namespace,
            namespace => format!("{namespace}_"),
        };
        let name = format!("{namespace}{version}_{kind}_{}.yaml", text(&metadata["name"]));
        fs::write(folder.join(name.replace('/', "_")), gotk_yaml::to_string(&object)?)?;
    }
    Ok(())
}

struct Arguments {
    folder: PathBuf,
    output: Option<PathBuf>,
    options: Options,
}

impl Arguments {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, BoxError> {
        let mut words = arguments.flat_map(|word| match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => {
                vec![flag.to_owned(), value.to_owned()]
            }
            _ => vec![word],
        });
        if words.next().as_deref() != Some("build") {
            return Err(USAGE.into());
        }
        // The program sorts, the library does not.
        let options = Options::default().order(Order::Legacy);
        let mut parsed = Self { folder: ".".into(), output: None, options };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} lacks its value"));
            match word.as_str() {
                "-o" | "--output" => parsed.output = Some(value()?.into()),
                "--load-restrictor" => {
                    let restrictions = match value()?.as_str() {
                        "LoadRestrictionsNone" => LoadRestrictions::None,
                        "LoadRestrictionsRootOnly" => LoadRestrictions::RootOnly,
                        other => return Err(format!("no load restrictor is called {other}").into()),
                    };
                    parsed.options = parsed.options.load_restrictions(restrictions);
                }
                "--reorder" => {
                    let order = match value()?.as_str() {
                        "legacy" => Order::Legacy,
                        "none" => Order::Fifo,
                        other => return Err(format!("no order is called {other}").into()),
                    };
                    parsed.options = parsed.options.order(order);
                }
                flag if flag.starts_with('-') => return Err(format!("{flag}? {USAGE}").into()),
                _ => parsed.folder = word.into(),
            }
        }
        Ok(parsed)
    }
}
