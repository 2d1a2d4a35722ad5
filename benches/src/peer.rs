//! The Go originals: built once into the cache, then run like our own side.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::{Error, host};

/// The folder beside the peers with the loop that is timed and the conversation.
const HARNESS: &str = "harness";

/// Builds `benches/peers/<name>` unless the cache holds it already, and returns the program.
pub(crate) fn build(name: &str) -> Result<PathBuf, Error> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name);
    let program = host::cache().join("peers").join(format!("{name}-{}", sources(&folder)?));
    if program.exists() {
        return Ok(program);
    }
    let output = Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(&folder)
        .env("GOTOOLCHAIN", "local")
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::File { action: "run", path: "go".to_owned(), source })?;
    if output.status.success() {
        return Ok(program);
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Program { program: format!("go build of peer {name}"), stderr })
}

/// The versions a peer pins, for the record: `module version` of every direct requirement.
pub(crate) fn versions(name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name);
    let text = fs::read_to_string(folder.join("go.mod")).unwrap_or_default();
    let direct = text.lines().map(str::trim).filter(|line| !line.contains("// indirect"));
    direct
        .map(|line| line.trim_start_matches("require "))
        .filter(|line| line.contains('.') && line.split(' ').nth(1).is_some_and(is_version))
        .filter(|line| {
            !line.contains("=>") && !["module ", "gotk.rs/"].iter().any(|own| line.starts_with(own))
        })
        .map(str::to_owned)
        .collect()
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A short digest of a peer's sources and of what all peers share, so that a changed peer is built anew.
fn sources(folder: &Path) -> Result<String, Error> {
    let mut digest = Sha256::new();
    for folder in [folder, &folder.with_file_name(HARNESS)] {
        let unreadable = |source| Error::File {
            action: "read the peer",
            path: folder.display().to_string(),
            source,
        };
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .map_err(unreadable)?;
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            digest.update(fs::read(file).map_err(unreadable)?);
        }
    }
    Ok(hex::encode(&digest.finalize()[..6]))
}
