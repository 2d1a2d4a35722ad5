//! Our side of a run.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::future::try_join_all;
use gotk_client::Verb;
use gotk_ssa::MemoryInventory;

use crate::engine::{self, Set, cpu_ms};
use crate::{BoxError, Cost};

/// Plans, records and applies the objects of a file in a namespace twice, as a process that knows
/// nothing yet and as one that has seen them.
pub(crate) async fn apply(
    kubeconfig: &str,
    file: &str,
    namespace: &str,
) -> Result<Vec<Cost>, BoxError> {
    let Set { transport, applier, objects } = engine::set(kubeconfig, file, namespace).await?;
    let inventory = MemoryInventory::default();
    // Connections are nobody's price. The peer has one for all requests, we have one for each that is
    // under way.
    let caller = transport.caller();
    let versions = (0..transport.concurrency()).map(|_| async {
        let request = http::Request::get("/version").body(Default::default())?;
        Ok::<_, BoxError>(caller.call(request).await?)
    });
    try_join_all(versions).await?;
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
