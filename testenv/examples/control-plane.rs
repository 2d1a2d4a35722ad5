//! A Kubernetes to play with, until Enter is pressed.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run -p gotk-testenv --example control-plane          # or `-- 1.34` to answer as 1.34
//! ```

use std::io::{self, Write};

use gotk_testenv::{Controllers, Error, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut options = Options::default().controllers(Controllers::Usual).audit_log(true);
    if let Some(minor) = std::env::args().nth(1) {
        options = options.emulate(minor);
    }
    let control_plane = options.start().await?;
    let started = control_plane.requests().await?;

    say(&format!("Kubernetes {} is ready:", control_plane.version().await?));
    say(&format!("  export KUBECONFIG={}", control_plane.kubeconfig().display()));
    say("Enter ends it, and shows who asked it what.");
    let _ = io::stdin().read_line(&mut String::new());

    let asked = control_plane.requests().await?.since(&started);
    say(&asked.by("gotk-testenv").to_string());
    say(&format!(
        "and its own controllers asked {} times",
        asked.filter(|r| r.user.starts_with("system:")).total()
    ));
    Ok(())
}

/// A terminal that is gone is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
