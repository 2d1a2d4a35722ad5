//! Repositories made by the git program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder of repositories, and the program that makes them.
pub(crate) struct Lab {
    pub(crate) root: TempDir,
}

impl Lab {
    /// `None`, said aloud, where there is no git program.
    pub(crate) fn new() -> Option<Self> {
        if Command::new("git").arg("--version").stdout(Stdio::null()).status().is_err() {
            println!("skipped: this test needs the git program as the server");
            return None;
        }
        Some(Self { root: tempfile::tempdir().unwrap() })
    }

    /// A bare repository `<name>` with a working copy beside it.
    pub(crate) fn repository(&self, name: &str) -> Repository {
        self.repository_with(name, &[])
    }

    pub(crate) fn repository_with(&self, name: &str, init: &[&str]) -> Repository {
        let bare = self.root.path().join(name);
        let work = self.root.path().join(format!("{name}.work"));
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        git(
            self.root.path(),
            &[&["init", "-q", "--bare", "-b", "main"], init, &[&text(&bare)]].concat(),
        );
        git(self.root.path(), &[&["init", "-q", "-b", "main"], init, &[&text(&work)]].concat());
        git(&work, &["remote", "add", "origin", &text(&bare)]);
        git(&bare, &["config", "http.receivepack", "true"]);
        Repository { bare, work }
    }
}

pub(crate) struct Repository {
    pub(crate) bare: PathBuf,
    pub(crate) work: PathBuf,
}

impl Repository {
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.work, arguments)
    }

    /// Runs git in the repository that is served.
    pub(crate) fn bare(&self, arguments: &[&str]) -> String {
        git(&self.bare, arguments)
    }

    pub(crate) fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.work.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    /// Commits everything and pushes the branch; returns the id of the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.push();
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn push(&self) {
        self.git(&["push", "-q", "--force", "--all", "origin"]);
        self.git(&["push", "-q", "--force", "--tags", "origin"]);
    }

    /// A commit of one file.
    pub(crate) fn commit_file(&self, path: &str, contents: impl AsRef<[u8]>) -> String {
        self.write(path, contents);
        self.commit(&format!("write {path}"))
    }
}

/// Runs git away from every configuration of this machine, and returns what it prints.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let output =
        isolated(Command::new("git").current_dir(directory)).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

pub(crate) fn isolated(command: &mut Command) -> &mut Command {
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ann Author")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_AUTHOR_DATE", "1700000000 +0100")
        .env("GIT_COMMITTER_NAME", "Carl Committer")
        .env("GIT_COMMITTER_EMAIL", "carl@example.com")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000")
}
