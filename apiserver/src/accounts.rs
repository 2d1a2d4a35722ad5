//! What every namespace is given: a service account, and the certificates of the server.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::kind::Kind;
use crate::machine::Machine;
use crate::object;
use crate::owning::Writer;
use crate::store::Event;
use crate::write::Edit;

const ACCOUNT: &str = "default";
const CERTIFICATES: &str = "kube-root-ca.crt";

impl Machine {
    /// Looks after a namespace that is new, or that has lost what it was given.
    pub(crate) fn follow_accounts(&mut self, kind: &Kind, event: &Event) {
        let object = &event.object;
        let namespace = match (&*kind.group, &*kind.kind, object.name()) {
            ("", "Namespace", name) => Some(name),
            ("", "ServiceAccount", ACCOUNT) | ("", "ConfigMap", CERTIFICATES) => object.namespace(),
            _ => None,
        };
        let Some(namespace) = namespace.map(str::to_owned) else { return };
        let here = self.registry.find("", "v1", "namespaces");
        let here = here.and_then(|kind| self.store.get(kind.shelf, &namespace));
        if here.is_none_or(|namespace| namespace.deleting) {
            return;
        }
        self.provide("serviceaccounts", &namespace, ACCOUNT, account());
        self.provide("configmaps", &namespace, CERTIFICATES, certificates());
    }

    fn provide(&mut self, plural: &str, namespace: &str, name: &str, object: Value) {
        let Some(kind) = self.registry.find("", "v1", plural) else { return };
        let old = self.store.get(kind.shelf, &object::key(Some(namespace), name)).map(Arc::clone);
        let edit = Edit {
            kind: Arc::clone(&kind),
            namespace: Some(namespace.to_owned()),
            subresource: String::new(),
            writer: Writer::named("kube-controller-manager"),
            dry_run: false,
        };
        // The names are good and the namespace takes objects: nothing here can be refused.
        match old {
            None => drop(self.insert(&edit, object)),
            Some(old) if !old.deleting && old.value(&kind)["data"] != object["data"] => {
                let mut restored = old.value(&kind);
                restored["data"] = object["data"].clone();
                drop(self.replace(&edit, &old, restored));
            }
            Some(_) => {}
        }
    }
}

fn account() -> Value {
    json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": ACCOUNT } })
}

/// There is no TLS, so there is nothing to verify the server by: the bundle is empty.
fn certificates() -> Value {
    let about = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": CERTIFICATES, "annotations": { "kubernetes.io/description": about },
        },
        "data": { "ca.crt": "" },
    })
}
