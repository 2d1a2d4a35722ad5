//! What objects cost that are waited for.
//!
//! ```text
//! export KUBEBUILDER_ASSETS=$(hack/control-plane/build)
//! cargo run --release -p gotk-benches --features control-plane --bin waits      # or `-- 50000`
//! ```
//!
//! Ten thousand volume claims that nobody binds are applied to a kube-apiserver without controllers and
//! waited for. `WAITS.md` is written anew.

#[path = "../applies/engine.rs"]
mod engine;

use std::fmt::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use gotk_client::Verb;
use gotk_ssa::MemoryInventory;
use gotk_testenv::Options;
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::engine::{Set, cpu_ms};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What it cost to wait for objects that do not become ready.
struct Waits {
    objects: usize,
    /// Until all are known and watched.
    requests_at_first: u64,
    cpu_ms_at_first: f64,
    /// After that, until the time was over.
    seconds: u64,
    requests_then: u64,
    cpu_ms_then: f64,
    /// What the waiting holds meanwhile.
    bytes: i64,
}

fn main() -> ExitCode {
    let count = std::env::args().nth(1).map_or(Ok(10_000), |count| count.parse());
    match count.map_err(BoxError::from).and_then(run) {
        Ok(waits) => {
            say(&waits);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Measures and writes down.
fn run(count: usize) -> Result<Waits, BoxError> {
    // One thread, so that what it allocates is all there is.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let plane = runtime.block_on(Options::default().start())?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), claims(count))?;
    runtime.block_on(engine::make_namespace(&plane, "waits"))?;
    let [kubeconfig, file] =
        [plane.kubeconfig().as_path(), file.path()].map(|it| it.display().to_string());
    let waits = measure(&runtime, runtime.block_on(engine::set(&kubeconfig, &file, "waits"))?)?;
    let version = runtime.block_on(plane.version())?;
    let text = format!(
        "# What waiting costs\n\nkube-apiserver {version}. \
         `cargo run --release -p gotk-benches --features control-plane --bin waits` writes this file.\n\n{waits}"
    );
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("WAITS.md"), text)?;
    Ok(waits)
}

/// Applies the objects and waits for them for a while.
fn measure(runtime: &Runtime, set: Set) -> Result<Waits, BoxError> {
    let Set { transport, applier, objects } = set;
    let count = objects.len();
    let applied = runtime.block_on(async {
        let inventory = MemoryInventory::default();
        Ok::<_, BoxError>(applier.plan(objects).await?.record(&inventory).await?.apply().await?)
    })?;

    let before = transport.counts();
    let asked = || transport.counts().since(&before);
    let cpu = cpu_ms();
    let mut waiting = Box::pin(applied.ready(Duration::from_secs(3600)));
    let watched = async {
        while asked().of(Verb::Watch) == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_secs(1)).await; // the watch is open by then
    };
    let mut ended = false;
    let held = allocation_counter::measure(|| {
        runtime.block_on(async {
            tokio::select! {
                _ = &mut waiting => ended = true,
                () = watched => {}
            }
        });
    });
    let (requests_at_first, cpu_ms_at_first) = (asked().total(), cpu_ms() - cpu);
    let cpu = cpu_ms();
    runtime.block_on(async {
        tokio::select! {
            _ = &mut waiting => ended = true,
            () = sleep(WHILE) => {}
        }
    });
    if ended {
        return Err("the objects did not wait".into());
    }
    Ok(Waits {
        objects: count,
        requests_at_first,
        cpu_ms_at_first,
        seconds: WHILE.as_secs(),
        requests_then: asked().total() - requests_at_first,
        cpu_ms_then: cpu_ms() - cpu,
        bytes: held.bytes_current,
    })
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Waiting for {} volume claims that nobody binds: {} requests and {:.0} ms of CPU until all were seen \
             and watched, then {} requests and {:.1} ms in {} s; {} bytes an object meanwhile.",
            self.objects,
            self.requests_at_first,
            self.cpu_ms_at_first,
            self.requests_then,
            self.cpu_ms_then,
            self.seconds,
            self.bytes / i64::try_from(self.objects).unwrap_or(i64::MAX).max(1),
        )
    }
}

/// So many volume claims, which stay pending where nobody binds them.
fn claims(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(
            text,
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{ name: data-{number} }}\n\
             spec:\n  accessModes: [ReadWriteOnce]\n  resources: {{ requests: {{ storage: 1Gi }} }}\n---"
        ); // a String takes everything
    }
    text
}

/// This program's only way to the terminal.
#[expect(clippy::print_stdout, reason = "a program people run in a terminal")]
fn say(line: &dyn fmt::Display) {
    println!("{line}");
}

const WHILE: Duration = Duration::from_secs(20);
