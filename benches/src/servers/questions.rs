//! What both servers are asked.

use std::time::{Duration, Instant};

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::process::{cpu, memory};
use crate::{Error, say};

/// A server: a client of it, and the processes it is made of.
pub(crate) struct Side {
    name: &'static str,
    client: Client,
    pids: Vec<u32>,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) question: String,
    pub(crate) answer: String,
    pub(crate) target: &'static str,
}

/// All answers of one server, in the order of the questions.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) rows: Vec<Row>,
}

/// How much is asked; a try-out asks for a part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    deployments: usize,
    config_maps: usize,
    listed: usize,
    watches: usize,
}

impl Sizes {
    /// All of it, or one part of so many.
    pub(crate) fn part_of(parts: usize) -> Self {
        Self {
            deployments: 1_000 / parts,
            config_maps: 50_000 / parts,
            listed: 10_000 / parts,
            watches: 1_000 / parts,
        }
    }
}

impl Side {
    pub(crate) fn new(name: &'static str, client: Client, pids: Vec<u32>) -> Self {
        Self { name, client, pids }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<usize, Error> {
        let asked = format!("{} {}", request.method(), request.uri());
        let response = self.client.send(request.map(Body::from)).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            read += frame?.into_data().map(|data| data.len()).unwrap_or_default();
        }
        if status.is_success() { Ok(read) } else { Err(format!("{asked}: {status}").into()) }
    }

    async fn get(&self, path: &str) -> Result<usize, Error> {
        self.send(Request::get(path).body(Vec::new())?).await
    }

    async fn post(&self, path: &str, object: &serde_json::Value) -> Result<usize, Error> {
        let request = Request::post(path).header("Content-Type", "application/json");
        self.send(request.body(object.to_string().into_bytes())?).await
    }

    async fn namespace(&self, name: &str) -> Result<(), Error> {
        let object =
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        self.post("/api/v1/namespaces", &object).await.map(|_| ())
    }
}

pub(crate) async fn ask(side: &Side, ready: Duration, sizes: Sizes) -> Result<Answers, Error> {
    let mut answers = Answers::default();
    let mut add = |question: &str, answer: String, target| {
        say(&format!("{}: {question}: {answer}", side.name));
        answers.rows.push(Row { question: question.to_owned(), answer, target });
    };
    let Sizes { config_maps: all, listed, watches: watching, .. } = sizes;
    let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    add("from starting the process to ready", milliseconds(ready), "10 ms");
    side.get("/readyz").await?;
    add("memory when empty", format!("{:.1} MB", memory(&side.pids, "VmRSS")?), "20 MB");
    let (applied, wall) = deployments(side, sizes.deployments).await?;
    add("new Deployments applied per CPU second", format!("{applied:.0}"), "10×");
    add("an apply, one after the other, wall clock", milliseconds(wall), "–");
    let told = milliseconds(watches(side, watching).await?);
    add(&format!("an event to {watching} watches"), told, "50 ms");
    let (before, after) = config_maps(side, all).await?;
    add(&format!("memory with {all} ConfigMaps of 1 KB"), format!("{after:.0} MB"), "250 MB");
    add("of which for the ConfigMaps", format!("{:.0} MB", after - before), "–");
    let (bytes, grown) = list(side, listed).await?;
    let list = format!("{grown:.1} MB for {:.1} MB sent", bytes as f64 / 1e6);
    add(&format!("memory that a list of {listed} objects takes"), list, "not doubled");
    let (first, last) = pages(side).await?;
    add("CPU of a page of 500, the first", format!("{first:.2} ms"), "–");
    add(
        &format!("CPU of a page of 500, the last of {all}"),
        format!("{last:.2} ms"),
        "as the first",
    );
    Ok(answers)
}

fn deployment(name: &str) -> serde_json::Value {
    let probe = json!({ "httpGet": { "path": "/healthz", "port": 8080 } });
    let container = json!({
        "name": "main", "image": "ghcr.io/example/web:1.4.2",
        "ports": [{ "containerPort": 8080, "name": "http" }],
        "env": [{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }],
        "resources": { "requests": { "cpu": "100m", "memory": "64Mi" }, "limits": { "memory": "128Mi" } },
        "livenessProbe": probe, "readinessProbe": probe,
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "labels": { "app": name } },
        "spec": {
            "replicas": 2, "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } }, "spec": { "containers": [container] },
            },
        },
    })
}

async fn deployments(side: &Side, count: usize) -> Result<(f64, Duration), Error> {
    side.namespace("applied").await?;
    let apply = async |number: usize| {
        let name = format!("web-{number}");
        let path = format!(
            "/apis/apps/v1/namespaces/applied/deployments/{name}?fieldManager=bench&force=true"
        );
        let request = Request::patch(path).header("Content-Type", "application/apply-patch+yaml");
        side.send(request.body(deployment(&name).to_string().into_bytes())?).await
    };
    for number in 0..50 {
        apply(number).await?; // what happens once is nobody's price
    }
    let (before, begun) = (cpu(&side.pids)?, Instant::now());
    for number in 50..50 + count {
        apply(number).await?;
    }
    let wall = begun.elapsed() / u32::try_from(count)?;
    Ok((count as f64 / (cpu(&side.pids)? - before).max(0.01), wall))
}

/// From sending an object to the last watch having read its event.
async fn watches(side: &Side, count: usize) -> Result<Duration, Error> {
    side.namespace("watched").await?;
    let path = "/api/v1/namespaces/watched/configmaps";
    let ready = std::sync::Arc::new(Barrier::new(count + 1));
    let mut all = JoinSet::new();
    for _ in 0..count {
        let request = Request::get(format!("{path}?watch=true")).body(Body::empty())?;
        let mut body = side.client.send(request).await?.into_body();
        let ready = std::sync::Arc::clone(&ready);
        all.spawn(async move {
            ready.wait().await;
            while let Some(Ok(frame)) = body.frame().await {
                if frame.into_data().is_ok_and(|data| data.ends_with(b"\n")) {
                    break;
                }
            }
            Instant::now()
        });
    }
    ready.wait().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "news" } });
    let begun = Instant::now();
    side.post(path, &object).await?;
    let mut last = begun;
    while let Some(at) = all.join_next().await {
        last = last.max(at?);
    }
    Ok(last - begun)
}

async fn config_maps(side: &Side, count: usize) -> Result<(f64, f64), Error> {
    side.namespace("many").await?;
    let before = memory(&side.pids, "VmRSS")?;
    let text = "x".repeat(1_000);
    // A few at once, or most of the time is spent on waiting.
    let (each, writers) = (count / 8, 8);
    let write = async |writer: usize| {
        for number in 0..each {
            let name = format!("c-{writer}-{number:05}");
            let object = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name },
                "data": { "text": text },
            });
            side.post("/api/v1/namespaces/many/configmaps", &object).await?;
        }
        Ok::<(), Error>(())
    };
    let all = (0..writers).map(write);
    futures_util::future::try_join_all(all).await?;
    Ok((before, memory(&side.pids, "VmRSS")?))
}

/// The bytes of a list, and by how much the processes' highest mark rose.
async fn list(side: &Side, count: usize) -> Result<(usize, f64), Error> {
    let resident = memory(&side.pids, "VmRSS")?;
    for pid in &side.pids {
        // Forgets the highest mark so far.
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
    }
    let path = format!("/api/v1/namespaces/many/configmaps?limit={count}");
    let bytes = side.get(&path).await?;
    Ok((bytes, memory(&side.pids, "VmHWM")? - resident))
}

/// Milliseconds of CPU for the first page and for one far behind.
async fn pages(side: &Side) -> Result<(f64, f64), Error> {
    let page = async |token: &str| {
        let token = form_encode(token);
        let path = format!("/api/v1/namespaces/many/configmaps?limit=500&continue={token}");
        let response = side.client.send(Request::get(path).body(Body::empty())?).await?;
        let bytes = response.into_body().collect().await?.to_bytes();
        let list: serde_json::Value = serde_json::from_slice(&bytes)?;
        let next = list["metadata"]["continue"].as_str().unwrap_or_default();
        Ok::<String, Error>(next.to_owned())
    };
    let mut tokens = vec![String::new()];
    while let Some(next) =
        Some(page(tokens.last().map_or("", |t| t)).await?).filter(|n| !n.is_empty())
    {
        tokens.push(next);
    }
    let many = 20;
    let mut costs = Vec::new();
    for token in [tokens.first(), tokens.last()] {
        let before = cpu(&side.pids)?;
        for _ in 0..many {
            page(token.map_or("", |token| token)).await?;
        }
        costs.push((cpu(&side.pids)? - before) * 1e3 / f64::from(many));
    }
    Ok((costs[0], costs[1]))
}

fn form_encode(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}
