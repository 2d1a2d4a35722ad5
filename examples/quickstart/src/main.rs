//! From a Git repository to running objects and back in sync, in one process.
//!
//! `cargo run --profile quickstart -p quickstart` tells a story on an API server and a Git server that
//! live inside the process; `-- --help` says how to use a repository and a cluster of one's own.
//!
//! What a controller would do stands in `sync.rs`, on one screen. `story.rs` is what happens to it.

mod arguments;
mod manifests;
mod place;
mod screen;
mod story;
mod sync;
mod tree;

use std::process::ExitCode;

use crate::arguments::{Arguments, USAGE};
use crate::manifests::Manifests;
use crate::place::Place;
use crate::screen::{Screen, say};
use crate::sync::Sync;

type Error = Box<dyn std::error::Error + Send + std::marker::Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("\nfailed: {}", chain(&*error)));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::read(lexopt::Parser::from_env())?;
    if arguments.help {
        say(USAGE);
        return Ok(());
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let place = Place::prepare(&arguments).await?;
    match &arguments.repository {
        None => story::tell(&place).await?,
        Some(repository) => {
            let sync = Sync::new(Manifests::of(repository, &arguments)?, &place)?;
            let mut screen = Screen::new(place.transport.clone());
            sync.keep_up(&mut screen, &place, arguments.watch).await?;
        }
    }
    place.keep(&arguments).await
}

/// An error and all that caused it, on one line; a cause that was said already is not said twice.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !line.contains(&words) {
            line = format!("{line}: {words}");
        }
        next = cause.source();
    }
    line
}
