//! The node that pods are said to run on.

use serde_json::{Value, json};

use super::subject::Subject;
use super::{Place, seconds};
use crate::machine::Machine;
use crate::owning::Writer;
use crate::write::Edit;

/// The node that is there when workloads are simulated.
const NODE: &str = "simulated";

impl Machine {
    pub(crate) fn create_node(&mut self) {
        let Some(kind) = self.served("", "nodes") else { return };
        let edit = Edit {
            kind: std::sync::Arc::clone(&kind),
            namespace: None,
            subresource: String::new(),
            writer: Writer::named("kubelet"),
            dry_run: false,
        };
        let labels = json!({ "kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux" });
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": { "name": NODE, "labels": labels },
        });
        // The name is good and nothing is there yet: it cannot be refused.
        let _created = self.insert(&edit, node);
        let place = (kind.shelf, NODE.into());
        let Some(node) = self.subject(place) else { return };
        let mut object = node.object.clone();
        object["status"] = node_status(&seconds(self.clock.now()));
        self.report_status(&node, "kubelet", object);
    }

    /// The node that a pod names or is tied to, or the first there is.
    pub(super) fn node_for(&self, pod: &Subject) -> Option<String> {
        if let Some(name) = tied_to(pod.spec()) {
            return Some(name.to_owned());
        }
        let nodes = self.nodes(pod.spec());
        nodes.into_iter().next()
    }

    pub(super) fn is_node(&self, name: &str) -> bool {
        let kind = self.served("", "nodes");
        kind.is_some_and(|kind| self.store.get(kind.shelf, name).is_some())
    }

    /// The nodes that have the labels a pod's spec selects.
    pub(super) fn nodes(&self, spec: &Value) -> Vec<String> {
        let Some(kind) = self.served("", "nodes") else { return Vec::new() };
        let wanted = spec["nodeSelector"].as_object();
        let nodes = self.store.scan(kind.shelf, "").filter(|node| !node.deleting);
        let fits = nodes.filter(|node| {
            let mut wanted = wanted.into_iter().flatten();
            wanted.all(|(key, value)| node.label(key) == value.as_str())
        });
        fits.map(|node| node.name().to_owned()).collect()
    }

    pub(super) fn all_daemon_sets(&self) -> Vec<Place> {
        let Some(kind) = self.served("apps", "daemonsets") else { return Vec::new() };
        let sets = self.store.scan(kind.shelf, "");
        sets.map(|set| (kind.shelf, std::sync::Arc::clone(set.key()))).collect()
    }
}

/// The affinity by which a daemon set ties its pod to a node.
pub(super) fn tie(pod: &mut Value, node: &str) {
    let field = json!({ "key": "metadata.name", "operator": "In", "values": [node] });
    let terms = json!([{ "matchFields": [field] }]);
    pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] =
        json!({ "nodeSelectorTerms": terms });
}

pub(super) fn tied_to(spec: &Value) -> Option<&str> {
    const TERMS: &str = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0";
    spec["nodeName"].as_str().or_else(|| spec.pointer(TERMS)?.as_str())
}

fn node_status(now: &str) -> Value {
    let condition = |kind: &str, status: &str, reason: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": "simulated",
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    let size =
        json!({ "cpu": "64", "memory": "256Gi", "pods": "10000", "ephemeral-storage": "1Ti" });
    json!({
        "capacity": size, "allocatable": size,
        "addresses": [
            { "type": "InternalIP", "address": "192.0.2.1" },
            { "type": "Hostname", "address": NODE },
        ],
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID"),
            condition("Ready", "True", "KubeletReady"),
        ],
        "daemonEndpoints": { "kubeletEndpoint": { "Port": 0 } },
        "nodeInfo": {
            "architecture": "amd64", "operatingSystem": "linux", "osImage": "simulated",
            "kernelVersion": "simulated", "containerRuntimeVersion": "simulated://0",
            "kubeletVersion": "v1.37.1", "kubeProxyVersion": "",
            "machineID": "", "systemUUID": "", "bootID": "",
        },
    })
}
