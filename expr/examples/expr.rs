//! Says what a version constraint or a CEL expression means.
//!
//! ```text
//! expr semver '<constraint>' VERSION…
//! expr cel '<expression>' object.json        as Flux's health checks see the object
//! expr cel-k8s '<expression>' object.json    as Kubernetes checks and evaluates it, as `self`
//! ```

use std::error::Error as StdError;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fs};

use gotk_expr::Error;
use gotk_expr::cel::{Bindings, Environment, Program, Type};
use gotk_expr::semver::{Constraint, Version};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["semver", constraint, versions @ ..] => semver(constraint, versions),
        ["cel", expression, path] => cel(expression, path, &Environment::flux()),
        ["cel-k8s", expression, path] => {
            cel(expression, path, &Environment::kubernetes().with_variable("self", Type::Dyn))
        }
        _ => Err("usage: expr semver CONSTRAINT VERSION… | cel[-k8s] EXPRESSION FILE".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", explain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The message, and for an expression the place in it.
fn explain(error: &(dyn StdError + 'static)) -> String {
    let position = error.downcast_ref::<Error>().and_then(Error::position);
    let pointing = position.map(|position| format!("\n{}", position.pointing()));
    format!("{error}{}", pointing.unwrap_or_default())
}

fn semver(constraint: &str, versions: &[&str]) -> Result<(), Box<dyn StdError>> {
    let constraint = Constraint::parse(constraint)?;
    let mut out = io::stdout().lock();
    for text in versions {
        let verdict = match Version::parse(text) {
            Ok(version) if constraint.matches(&version) => "matches".to_owned(),
            Ok(_) => "does not match".to_owned(),
            Err(error) => error.to_string(),
        };
        writeln!(out, "{text}: {verdict}")?;
    }
    match constraint.best(versions.iter().copied()) {
        Some(best) => writeln!(out, "best for {constraint}: {}", best.original())?,
        None => writeln!(out, "none for {constraint}")?,
    }
    Ok(())
}

fn cel(expression: &str, path: &str, environment: &Environment) -> Result<(), Box<dyn StdError>> {
    let object = serde_json::from_str(&fs::read_to_string(path)?)?;
    let program = Program::compile(expression, environment)?;
    let (outcome, steps) =
        program.evaluate_counting(Bindings::fields_of(&object).with("self", &object));
    writeln!(io::stdout(), "{}\n{steps} steps", outcome?)?;
    Ok(())
}
