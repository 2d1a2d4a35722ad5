//! Our side of a run.

use std::time::Instant;

use gotk_client::{Options, Transport, Verb};
use gotk_ssa::{Applier, FieldManager, MemoryInventory, Owner, manifests};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::{BoxError, Cost};

/// Plans, records and applies the objects of a file in a namespace twice, as a process that knows
/// nothing yet and as one that has seen them.
pub(crate) async fn apply(
    kubeconfig: &str,
    file: &str,
    namespace: &str,
) -> Result<Vec<Cost>, BoxError> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    let transport = Transport::new(&config, Options::default())?;
    let mut objects = manifests::read(&std::fs::read_to_string(file)?)?;
    for object in &mut objects {
        manifests::set_namespace(object, namespace);
    }
    let applier = Applier::new(&transport, FieldManager::new("kustomize-controller")?)
        .owned_by(Owner::flux(namespace, "bench"));
    let inventory = MemoryInventory::default();
    // Connections are nobody's price.
    transport.client().apiserver_version().await?;
    let mut costs = Vec::new();
    for objects in [objects.clone(), objects] {
        let (before, cpu, start) = (transport.counts(), cpu_ms(), Instant::now());
        let applied = applier.plan(objects).await?.record(&inventory).await?.apply().await?;
        drop(applied);
        let counts = transport.counts().since(&before);
        // Discovery is not counted on either side.
        let discovery: u64 = counts
            .iter()
            .filter(|(subject, _)| subject.verb == Verb::Get && subject.resource.starts_with('/'))
            .map(|(_, count)| count.requests)
            .sum();
        costs.push(Cost {
            requests: counts.total() - discovery,
            cpu_ms: cpu_ms() - cpu,
            wall_ms: start.elapsed().as_secs_f64() * 1000.0,
        });
    }
    Ok(costs)
}

/// What this process has used of the CPU, user and system, all threads.
fn cpu_ms() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.tv_sec as f64 * 1e3 + used.tv_nsec as f64 / 1e6
}
