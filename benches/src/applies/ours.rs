//! Our side of a run.

use std::collections::BTreeMap;
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
        let mut verbs = BTreeMap::new();
        for (subject, count) in counts.iter() {
            if subject.verb == Verb::Get && subject.resource.starts_with('/') {
                continue;
            }
            let dry = if subject.dry_run { " (dry-run)" } else { "" };
            *verbs.entry(format!("{}{dry}", subject.verb)).or_default() += count.requests;
        }
        costs.push(Cost {
            verbs,
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
