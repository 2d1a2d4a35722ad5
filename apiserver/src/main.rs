//! `gotk-apiserver serve`: an API server until you stop it.

mod arguments;

use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use gotk_apiserver::{ApiServer, Options};

use crate::arguments::{Arguments, Call};

fn main() -> ExitCode {
    let arguments = match arguments::parse(std::env::args().skip(1)) {
        Ok(Call::Serve(arguments)) => arguments,
        Ok(Call::Help) => return end(io::stdout().write_all(arguments::USAGE.as_bytes()).is_ok()),
        Err(why) => return fail(&format!("{why}\n\n{}", arguments::USAGE.trim_end())),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve(arguments)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&chain(&*error)),
    }
}

fn end(well: bool) -> ExitCode {
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fail(message: &str) -> ExitCode {
    // Where even this cannot be written, the exit code has to do.
    let _written = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// An error and its causes, on one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let mut options =
        Options::default().address(address).service_accounts(arguments.service_accounts);
    if let Some(delay) = arguments.simulate_workloads {
        options = options.simulate_workloads(delay);
    }
    let stopped = stopped()?;
    let server = ApiServer::start_with(options).await?;
    let mut out = io::stdout();
    for path in &arguments.seeds {
        let count = server.seed_from(path)?;
        writeln!(out, "seeded {count} objects from {}", path.display())?;
    }
    writeln!(out, "serving {} until ctrl-c", server.url())?;
    match &arguments.kubeconfig {
        Some(file) => {
            let written = std::fs::write(file, server.kubeconfig());
            written.map_err(|error| format!("failed to write {}: {error}", file.display()))?;
            writeln!(out, "try: kubectl --kubeconfig {} get namespaces", file.display())?;
        }
        None => writeln!(out, "try: kubectl --server {} get namespaces", server.url())?,
    }
    stopped.await;
    Ok(())
}

/// Ends when somebody wants the program to stop.
#[cfg(unix)]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends when somebody wants the program to stop.
#[cfg(not(unix))]
fn stopped() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
