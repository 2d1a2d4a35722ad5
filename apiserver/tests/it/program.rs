//! The program, as somebody who has only a terminal uses it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::client::config_map;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotk-apiserver"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends the program with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
    }
}

#[tokio::test]
async fn it_seeds_says_how_to_use_it_and_stops_when_told() {
    let folder = std::env::temp_dir().join(format!("gotk-program-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.yaml"), config_map("a").to_string()).unwrap();
    let (folder_name, config) = (folder.display().to_string(), folder.join("config"));
    let config_name = config.display().to_string();
    let mut running =
        Running(program(&["serve", "--kubeconfig", &config_name, &folder_name]).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert_eq!(line(), format!("seeded 1 objects from {folder_name}"));
    let serving = line();
    let url = serving.strip_prefix("serving ").unwrap().strip_suffix(" until ctrl-c").unwrap();
    assert_eq!(line(), format!("try: kubectl --kubeconfig {config_name} get namespaces"));

    let written: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    assert_eq!(written["clusters"][0]["cluster"]["server"], url);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let path = format!("{url}/api/v1/namespaces/default/configmaps/a");
    let answer = client.get(path.parse().unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());

    let pid = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn it_says_what_is_wrong() {
    let said = |arguments: &[&str]| {
        let output = program(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(said(&["serve", "--nope"]), "error: --nope is no option");
    let missing = said(&["serve", "/nonexistent"]);
    assert!(missing.starts_with("error: failed to read /nonexistent: "), "{missing}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let taken = said(&["serve", "--port", &port]);
    assert!(
        taken.starts_with(&format!("error: failed to listen on 127.0.0.1:{port}: ")),
        "{taken}"
    );
}
