//! The inventory in the status of the object that describes the set.

use async_trait::async_trait;
use kube::Client;
use kube::core::ApiResource;
use serde_json::json;

use super::{Inventory, InventoryStore, Mark, Stored, unreadable};
use crate::cluster::{Cluster, Endpoint, code};
use crate::{Error, FieldManager, ObjectId, object};

/// Keeps an inventory in `status.inventory` of an object, as Flux's `Kustomization` does.
///
/// A save changes nothing else of the status, and counts as a conflict when the object was changed at
/// all since the inventory was loaded. The status field is limited to what fits into one object, about
/// 10,000 entries; more fit into a [`ConfigMapInventory`](super::ConfigMapInventory).
#[derive(Clone)]
pub struct StatusInventory {
    cluster: Cluster,
    path: String,
    name: String,
    manager: FieldManager,
}

impl StatusInventory {
    /// In the object of that kind, namespace (empty for none) and name, written as `manager`.
    pub fn new(
        client: Client,
        kind: ApiResource,
        namespace: &str,
        name: &str,
        manager: FieldManager,
    ) -> Self {
        let id = ObjectId::new(&kind.group, &kind.kind, namespace, name);
        let endpoint = Endpoint { resource: kind, namespaced: !namespace.is_empty() };
        let (path, name) = (endpoint.object(&id), format!("the status of {id}"));
        Self { cluster: Cluster::of(client), path, name, manager }
    }
}

#[async_trait]
impl InventoryStore for StatusInventory {
    async fn load(&self) -> Result<Stored, Error> {
        let owner = self.cluster.get(&self.path).await;
        let owner = owner.map_err(|error| unreadable(&self.name, error))?;
        let inventory = Inventory::from_json(&owner["status"]["inventory"])?;
        Ok(Stored::new(inventory, Mark::new(object::resource_version(&owner))))
    }

    async fn save(&self, inventory: &Inventory, over: &Mark) -> Result<Mark, Error> {
        let patch = json!({
            "metadata": {"resourceVersion": over.as_str()},
            "status": {"inventory": inventory.to_json()},
        });
        let path = format!("{}/status", self.path);
        match self.cluster.merge_patch(&path, &patch, self.manager.as_str()).await {
            Ok(owner) => Ok(Mark::new(object::resource_version(&owner))),
            Err(error) if code(&error) == 409 => {
                Err(Error::InventoryConflict { store: self.name.clone() })
            }
            Err(error) => Err(unreadable(&self.name, error)),
        }
    }
}

impl std::fmt::Debug for StatusInventory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusInventory").field("path", &self.path).finish_non_exhaustive()
    }
}
