//! Running the program, and reading what it says.

use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use gotk_testenv::git::{GitServer, Repository};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A program that runs until it is interrupted.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// A server with a repository of one `ConfigMap`.
pub(crate) async fn repository() -> (GitServer, Repository) {
    let server = GitServer::start().await.unwrap();
    let repository = server.create_repository("team/app.git");
    repository.commit("main", [("app/settings.yaml", settings("red"))]).unwrap();
    (server, repository)
}

pub(crate) fn settings(colour: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata:\n  colour: {colour}\n"
    )
}

/// What names that repository, or another of the same content.
pub(crate) fn of(url: &str) -> Vec<&str> {
    vec!["--repo", url, "--path", "app", "--namespace", "default"]
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    command.args(arguments).stdin(Stdio::null()).env_remove("KUBECONFIG").kill_on_drop(true);
    command
}

pub(crate) async fn quickstart(arguments: &[&str]) -> Output {
    command(arguments).output().await.unwrap()
}

/// Runs it, and answers its question.
pub(crate) async fn answered(arguments: &[&str], answer: &str) -> Output {
    let mut command = command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(answer.as_bytes()).await.unwrap();
    child.wait_with_output().await.unwrap()
}

pub(crate) fn start(arguments: &[&str]) -> Running {
    let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Running { child, lines }
}

impl Running {
    /// Reads on until a line has these words, and returns it.
    pub(crate) async fn until(&mut self, words: &str) -> String {
        let mut said = String::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            if line.contains(words) {
                return line;
            }
            said = format!("{said}{line}\n");
        }
        panic!("{words:?} was not said, but:\n{said}");
    }

    /// Presses Ctrl-C, and waits for the end.
    pub(crate) async fn interrupt(mut self) -> ExitStatus {
        let id = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(id, Signal::INT).unwrap();
        self.child.wait().await.unwrap()
    }
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn assert_in_order(text: &str, words: &[&str]) {
    let mut rest = text;
    for word in words {
        let Some(at) = rest.find(word) else { panic!("{word:?} does not follow in\n{text}") };
        rest = &rest[at + word.len()..];
    }
}
