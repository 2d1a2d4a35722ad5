//! Our engine, ready to apply the objects of a file.

use gotk_client::{Options, Transport};
use gotk_ssa::{Applier, FieldManager, Owner, manifests};
use gotk_testenv::ControlPlane;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::BoxError;

/// What is applied where.
pub(crate) struct Set {
    pub(crate) transport: Transport,
    pub(crate) applier: Applier,
    pub(crate) objects: Vec<serde_json::Value>,
}

/// Reads the objects of a file, for a namespace.
pub(crate) async fn set(kubeconfig: &str, file: &str, namespace: &str) -> Result<Set, BoxError> {
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
    Ok(Set { transport, applier, objects })
}

/// A namespace to apply into.
pub(crate) async fn make_namespace(plane: &ControlPlane, name: &str) -> Result<(), BoxError> {
    let object =
        serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let request =
        http::Request::post("/api/v1/namespaces").header("Content-Type", "application/json");
    let request = request.body(serde_json::to_vec(&object)?)?;
    plane.client()?.request::<serde_json::Value>(request).await?;
    Ok(())
}

/// What this process has used of the CPU, user and system, all threads.
pub(crate) fn cpu_ms() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    used.tv_sec as f64 * 1e3 + used.tv_nsec as f64 / 1e6
}
