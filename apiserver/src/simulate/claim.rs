//! Volumes for claims.

use serde_json::{Value, json};

use super::subject::{CONTROLLERS, Subject};
use super::wish::Fate;
use crate::machine::Machine;
use crate::meta;
use crate::object::{self, Stored};
use crate::query::DeleteOptions;

const DRIVER: &str = "simulated.gotk.dev";

impl Machine {
    /// Binds a claim to a volume of its own, once it has waited.
    pub(super) fn bind_claim(&mut self, claim: &Subject) {
        let bound = claim.status()["phase"] == "Bound";
        let wish = self.wish(claim);
        // A claim nobody can provision for pends: upstream has no other failure.
        if bound || claim.stored.deleting || wish.fate != Fate::Ready {
            return;
        }
        let at = self.ends_waiting(claim, wish.delay);
        if at > self.round() {
            self.look_again(at, claim);
            return;
        }
        self.stops_waiting(claim);
        let volume = match claim.spec()["volumeName"].as_str() {
            Some(name) => name.to_owned(),
            None => self.provision(claim),
        };
        let mut object = claim.object.clone();
        object["spec"]["volumeName"] = volume.into();
        super::replicas::annotate(
            &mut object,
            [
                ("pv.kubernetes.io/bind-completed", "yes".to_owned()),
                ("pv.kubernetes.io/bound-by-controller", "yes".to_owned()),
                ("volume.kubernetes.io/storage-provisioner", DRIVER.to_owned()),
            ],
        );
        self.amend(claim, object);
        let Some(claim) = self.subject(claim.place()) else { return };
        let mut object = claim.object.clone();
        object["status"] = json!({
            "phase": "Bound",
            "accessModes": claim.spec()["accessModes"],
            "capacity": { "storage": size(&claim) },
        });
        self.report_status(&claim, CONTROLLERS, object);
    }

    fn provision(&mut self, claim: &Subject) -> String {
        let name = volume_of(&claim.stored);
        let Some(kind) = self.served("", "persistentvolumes") else { return name };
        if !self.exists(&kind, claim, &name) {
            let mut spec = json!({
                "capacity": { "storage": size(claim) },
                "accessModes": claim.spec()["accessModes"],
                "volumeMode": claim.spec()["volumeMode"].as_str().unwrap_or("Filesystem"),
                "persistentVolumeReclaimPolicy": "Delete",
                "csi": { "driver": DRIVER, "volumeHandle": name },
                "claimRef": {
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": claim.name(),
                    "namespace": claim.stored.namespace(), "uid": &*claim.stored.uid,
                    "resourceVersion": claim.stored.version.to_string(),
                },
            });
            if let Some(class) = claim.spec()["storageClassName"].as_str() {
                spec["storageClassName"] = class.into();
            }
            let volume = json!({
                "apiVersion": "v1", "kind": "PersistentVolume",
                "metadata": {
                    "name": name, "annotations": { "pv.kubernetes.io/provisioned-by": DRIVER },
                },
                "spec": spec,
            });
            self.make(&kind, claim, volume);
        }
        if let Some(volume) = self.subject((kind.shelf, name.as_str().into())) {
            let mut object = volume.object.clone();
            object["status"] = json!({ "phase": "Bound" });
            self.report_status(&volume, CONTROLLERS, object);
        }
        name
    }

    /// A volume that was made for a claim goes with it.
    pub(super) fn release_volume(&mut self, claim: &Stored) {
        let Some(kind) = self.served("", "persistentvolumes") else { return };
        let key = object::key(None, &volume_of(claim));
        let place = (kind.shelf, key.as_str().into());
        if let Some(volume) = self.subject(place) {
            let mut object = volume.object.clone();
            object["status"]["phase"] = "Released".into();
            self.report_status(&volume, CONTROLLERS, object);
        }
        if let Some(volume) = self.store.get(kind.shelf, &key).map(std::sync::Arc::clone) {
            // A volume is never undeletable; one with finalizers waits for whoever put them there.
            let _deleted = self.delete_object(&kind, &volume, &DeleteOptions::default());
        }
    }
}

fn volume_of(claim: &Stored) -> String {
    format!("pvc-{}", claim.uid)
}

fn size(claim: &Subject) -> Value {
    claim.spec()["resources"]["requests"]["storage"].clone()
}

/// The claim of a pod of a stateful set.
pub(super) fn from_template(template: &Value, labels: &Value, name: &str) -> Value {
    let mut claim = template.clone();
    claim["apiVersion"] = "v1".into();
    claim["kind"] = "PersistentVolumeClaim".into();
    if let Some(map) = claim.as_object_mut() {
        map.remove("status");
    }
    meta::set(&mut claim, "name", name);
    let labels = labels.as_object().into_iter().flatten();
    let labels =
        labels.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default().to_owned()));
    super::replicas::label(&mut claim, labels);
    claim
}
