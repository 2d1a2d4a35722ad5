//! The command line of the program.

use std::path::PathBuf;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
A Kubernetes API server in memory, for tests and demos.

usage: gotk-apiserver serve [OPTION…] [DIR|FILE…]

Applies the manifests (.yaml, .yml, .json) of each DIR or FILE, then serves on loopback until stopped.

  --port N                     listen there; a free port by default
  --kubeconfig FILE            write a kubeconfig
  --simulate-workloads DELAY   move workloads to ready after DELAY: 500ms, 2s, 1m
  --service-accounts           give each namespace its default service account
";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Call {
    Help,
    Serve(Arguments),
}

/// How to serve.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) port: u16,
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) simulate_workloads: Option<Duration>,
    pub(crate) service_accounts: bool,
    pub(crate) seeds: Vec<PathBuf>,
}

/// Reads the line whole, or says what of it is not understood.
pub(crate) fn parse(mut line: impl Iterator<Item = String>) -> Result<Call, String> {
    match line.next().as_deref() {
        Some("serve") => {}
        Some("help" | "--help" | "-h") => return Ok(Call::Help),
        Some(other) => return Err(format!("{other:?} is no command")),
        None => return Err("no command".to_owned()),
    }
    let mut found = Arguments::default();
    while let Some(word) = line.next() {
        let (option, mut given) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (&*word, None),
        };
        let mut value = || {
            let given = given.take().or_else(|| line.next());
            given.ok_or_else(|| format!("{option} needs a value"))
        };
        match option {
            "--help" | "-h" => return Ok(Call::Help),
            "--port" => found.port = port(&value()?)?,
            "--kubeconfig" => found.kubeconfig = Some(value()?.into()),
            "--simulate-workloads" => found.simulate_workloads = Some(delay(&value()?)?),
            "--service-accounts" => found.service_accounts = true,
            option if option.starts_with('-') => return Err(format!("{option} is no option")),
            _ => found.seeds.push(word.into()),
        }
    }
    Ok(Call::Serve(found))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{text:?} is no port: a number from 0 to 65535"))
}

fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no delay: a number and its unit, as 500ms, 2s or 1m");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Call, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn every_option_is_read() {
        let line =
            "serve --port 8080 --kubeconfig=k --simulate-workloads 2s a --service-accounts b";
        let expected = Arguments {
            port: 8080,
            kubeconfig: Some("k".into()),
            simulate_workloads: Some(Duration::from_secs(2)),
            service_accounts: true,
            seeds: vec!["a".into(), "b".into()],
        };
        assert_eq!(read(line), Ok(Call::Serve(expected)));
        assert_eq!(read("serve"), Ok(Call::Serve(Arguments::default())));
        assert_eq!(read("serve --help"), Ok(Call::Help));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let rows = [
            ("", "no command"),
            ("run", "\"run\" is no command"),
            ("serve --port", "--port needs a value"),
            ("serve --port x", "\"x\" is no port: a number from 0 to 65535"),
            ("serve --tls", "--tls is no option"),
            (
                "serve --simulate-workloads 2",
                "\"2\" is no delay: a number and its unit, as 500ms, 2s or 1m",
            ),
        ];
        for (line, why) in rows {
            assert_eq!(read(line), Err(why.to_owned()), "{line}");
        }
    }
}
