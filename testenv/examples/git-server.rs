//! Serves a folder as a Git repository of one commit, without a git program.
//!
//! `cargo run -p gotk-testenv --features git --example git-server -- FOLDER`, then
//! `git clone http://localhost:PORT/repository.git`, until it is stopped.

#![expect(clippy::print_stdout, reason = "a program people run in a terminal")]

use std::error::Error;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gotk_testenv::git::{Change, GitServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder to serve")?;
    let server = GitServer::start().await?;
    let repository = server.create_repository("repository.git");
    let change = all_of(Path::new(&folder), Change::on("main").message("what the folder holds"))?;
    println!("main is {}", repository.apply(change)?);
    println!("{}\n{}", repository.url(), repository.ssh_url());
    std::future::pending::<()>().await;
    Ok(())
}

/// Every file and link of a folder, but for `.git`.
fn all_of(root: &Path, mut change: Change) -> Result<Change, Box<dyn Error>> {
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let name = path.to_str().ok_or("a name that is not UTF-8")?;
            let kind = entry.file_type()?;
            change = if entry.file_name() == ".git" {
                change
            } else if kind.is_dir() {
                open.push(path);
                change
            } else if kind.is_symlink() {
                change.link(name, fs::read_link(entry.path())?.as_os_str().as_bytes())
            } else if entry.metadata()?.permissions().mode() & 0o111 != 0 {
                change.executable(name, fs::read(entry.path())?)
            } else {
                change.write(name, fs::read(entry.path())?)
            };
        }
    }
    Ok(change)
}
