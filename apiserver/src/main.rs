//! `gotk-apiserver serve`: an API server until you stop it.

use std::error::Error;
use std::future::pending;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use gotk_apiserver::{ApiServer, Options};

const USAGE: &str = "usage: gotk-apiserver serve [--port N] [--kubeconfig FILE]";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
struct Arguments {
    port: u16,
    kubeconfig: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(arguments) = parse(std::env::args().skip(1)) else {
        return fail(USAGE);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let served = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(serve(arguments)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    // Where even this cannot be written, the exit code has to do.
    let _written = writeln!(std::io::stderr(), "{message}");
    ExitCode::FAILURE
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Arguments> {
    if arguments.next()? != "serve" {
        return None;
    }
    let mut found = Arguments::default();
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--port" => found.port = arguments.next()?.parse().ok()?,
            "--kubeconfig" => found.kubeconfig = Some(arguments.next()?.into()),
            _ => return None,
        }
    }
    Some(found)
}

async fn serve(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let server = ApiServer::start_with(Options::default().address(address)).await?;
    let mut out = std::io::stdout();
    writeln!(out, "serving {}", server.url())?;
    match &arguments.kubeconfig {
        Some(file) => {
            std::fs::write(file, server.kubeconfig())?;
            writeln!(out, "try: kubectl --kubeconfig {} get namespaces", file.display())?;
        }
        None => writeln!(out, "try: kubectl --server {} get namespaces", server.url())?,
    }
    pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Arguments> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_read_whole_or_not_at_all() {
        assert_eq!(read("serve"), Some(Arguments::default()));
        assert_eq!(read("serve --port 8080").unwrap().port, 8080);
        assert!(read("serve --kubeconfig k").unwrap().kubeconfig.is_some());
        for bad in ["", "help", "serve --port", "serve --port x", "serve x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
