//! `apiserver/KUBECTL.md` is true: its commands are run, and say what it says they say.
//!
//! With `GOTK_BLESS` set, the page is written anew from what they say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gotk_apiserver::{ApiServer, Clock, Options};
use gotk_testenv::Assets;

const PAGE: &str = include_str!("../../../apiserver/KUBECTL.md");

/// A block of the page, by the line that opens its fence.
fn blocks(kind: &str) -> Vec<&'static str> {
    let opening = format!("```{kind}\n");
    let blocks = PAGE.split(opening.as_str()).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// A command, and what it is said to print.
fn commands() -> Vec<(&'static str, String)> {
    let all = blocks("console");
    let commands = all.iter().flat_map(|block| block.split("$ kubectl ").skip(1));
    commands
        .map(|command| {
            let (line, said) = command.split_once('\n').unwrap_or((command, ""));
            (line, said.trim_end().to_owned())
        })
        .collect()
}

fn run(kubectl: &Path, folder: &Path, line: &str) -> String {
    let output = Command::new(kubectl)
        .args(line.split_whitespace())
        .current_dir(folder)
        .env("KUBECONFIG", folder.join("kubeconfig"))
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    // Names of temporary files.
    let kept = text
        .lines()
        .filter(|line| !["diff ", "--- ", "+++ "].iter().any(|it| line.starts_with(it)));
    kept.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_about_kubectl_is_true() {
    let Some(assets) = Assets::or_skip("the page about kubectl").unwrap() else { return };
    let kubectl: PathBuf = assets.folder().join("kubectl");
    if !kubectl.is_file() {
        return;
    }
    let clock = Clock::stopped("2026-01-01T00:00:00Z".parse().unwrap());
    let server = ApiServer::start_with(Options::default().clock(clock).seed(7)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kubeconfig"), server.kubeconfig()).unwrap();
    for (name, text) in ["web.yaml", "widgets.yaml"].into_iter().zip(blocks("yaml")) {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let commands = commands();
    assert!(commands.len() > 15, "{}", commands.len());
    let mut page = PAGE.to_owned();
    for (line, said) in commands {
        let found = run(&kubectl, folder.path(), line);
        if std::env::var_os("GOTK_BLESS").is_none() {
            assert_eq!(found, said, "$ kubectl {line}");
        }
        let whole = |text: &str| format!("$ kubectl {line}\n{text}");
        page = page.replacen(&whole(&said), &whole(&found), 1);
    }
    if std::env::var_os("GOTK_BLESS").is_some() {
        fs::write("../apiserver/KUBECTL.md", page).unwrap();
    }
}
