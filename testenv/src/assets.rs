//! Where the binaries are, and whether they fit this machine.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::{Component, Error};

/// A folder with the binaries of a control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    folder: PathBuf,
}

impl Assets {
    /// The variable that names the folder, as in controller-runtime's envtest.
    pub const VARIABLE: &str = "KUBEBUILDER_ASSETS";

    /// The folder that `KUBEBUILDER_ASSETS` names.
    pub fn from_env() -> Result<Self, Error> {
        let folder =
            env::var_os(Self::VARIABLE).filter(|v| !v.is_empty()).ok_or(Error::NoAssets)?;
        Self::at(folder)
    }

    /// The binaries in this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        if folder.is_dir() {
            Ok(Self { folder })
        } else {
            Err(Error::FolderMissing { path: folder })
        }
    }

    /// The folder that `KUBEBUILDER_ASSETS` names, or `None` after telling the person at the
    /// terminal that `what` is skipped and why.
    ///
    /// Where `CI` is `true` nothing is ever skipped: there the missing variable is the error.
    pub fn or_skip(what: &str) -> Result<Option<Self>, Error> {
        match Self::from_env() {
            Err(error @ Error::NoAssets) if env::var_os("CI").is_none_or(|ci| ci != "true") => {
                // Not `eprintln!`, which the test harness keeps to itself when a test passes.
                let _ = writeln!(io::stderr(), "skipped: {what}: {error}");
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a component's program, once it is known to be one for this machine.
    pub fn program(&self, component: Component) -> Result<PathBuf, Error> {
        let path = self.folder.join(component.program());
        let mut header = Vec::new();
        File::open(&path).and_then(|file| file.take(20).read_to_end(&mut header)).map_err(
            |source| match source.kind() {
                io::ErrorKind::NotFound => Error::BinaryMissing { path: path.clone() },
                _ => Error::File { action: "read", path: path.clone(), source },
            },
        )?;
        let found = built_for(&header);
        let expected = format!("{}-{}", env::consts::OS, env::consts::ARCH);
        if runs_here(&found) {
            Ok(path)
        } else {
            Err(Error::WrongArchitecture { path, found, expected })
        }
    }
}

/// Looked at by ourselves: `execvp` runs what it does not know as a shell script, and the shell's
/// complaint about the first bytes of a foreign program helps nobody.
fn built_for(header: &[u8]) -> String {
    match header {
        [0x7f, b'E', b'L', b'F', _, order, ..] if header.len() >= 20 => {
            let machine = [header[18], header[19]];
            let machine = match order {
                2 => u16::from_be_bytes(machine),
                _ => u16::from_le_bytes(machine),
            };
            format!("linux-{}", elf_machine(machine))
        }
        [0xcf, 0xfa, 0xed, 0xfe, 0x07, ..] => "macos-x86_64".into(),
        [0xcf, 0xfa, 0xed, 0xfe, 0x0c, ..] => "macos-aarch64".into(),
        [0xca, 0xfe, 0xba, 0xbe, ..] => "macos-any".into(),
        [b'#', b'!', ..] => "a script".into(),
        [b'M', b'Z', ..] => "windows".into(),
        _ => "nothing that can be run".into(),
    }
}

fn elf_machine(machine: u16) -> &'static str {
    match machine {
        3 => "x86",
        20 => "powerpc",
        21 => "powerpc64",
        22 => "s390x",
        40 => "arm",
        62 => "x86_64",
        183 => "aarch64",
        243 => "riscv64",
        258 => "loongarch64",
        _ => "an unknown machine",
    }
}

fn runs_here(found: &str) -> bool {
    let os = match env::consts::OS {
        "macos" => "macos",
        _ => "linux", // the BSDs use ELF too, and only the machine can be told from its header
    };
    found == "a script"
        || found == format!("{os}-{}", env::consts::ARCH)
        || (os == "macos" && matches!(found, "macos-any" | "macos-x86_64")) // Rosetta
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_missing_folder_is_named() {
        let error = Assets::at("/nowhere/at/all").unwrap_err();
        assert_eq!(
            error.to_string(),
            "folder /nowhere/at/all of KUBEBUILDER_ASSETS does not exist"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Assets::at(folder.path()).unwrap().program(Component::Etcd).unwrap_err();
        assert_eq!(error.to_string(), format!("{}/etcd is missing", folder.path().display()));
    }

    #[test]
    fn a_program_for_another_machine_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut header = [0_u8; 64];
        header[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 2]);
        header[19] = 22;
        fs::write(folder.path().join("etcd"), header).unwrap();
        let error = Assets::at(folder.path()).unwrap().program(Component::Etcd).unwrap_err();
        let (os, arch) = (env::consts::OS, env::consts::ARCH);
        assert_eq!(
            error.to_string(),
            format!(
                "{}/etcd is built for linux-s390x, this machine is {os}-{arch}",
                folder.path().display()
            )
        );
    }

    #[test]
    fn a_short_file_is_not_a_program_and_this_test_is_one() {
        assert_eq!(built_for(b"\x7fELF"), "nothing that can be run");
        assert_eq!(built_for(b""), "nothing that can be run");
        let me = fs::read(env::current_exe().unwrap()).unwrap();
        assert!(runs_here(&built_for(&me[..20])));
    }
}
