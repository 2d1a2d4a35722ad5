//! What is in the cluster because of us, as a tree: each object, and what it owns.

use std::collections::{BTreeMap, BTreeSet};

use gotk_kstatus::compute;
use gotk_ssa::InventoryStore as _;
use kube::api::{DynamicObject, ListParams};
use kube::core::{ApiResource, GroupVersionKind, TypeMeta};
use kube::{Api, Client};
use serde_json::Value;

use crate::Error;
use crate::place::Place;
use crate::screen::Screen;
use crate::sync::Sync;

/// Prints every object of the inventory with its status, and beneath it what it owns.
pub(crate) async fn print(sync: &Sync, place: &Place, screen: &Screen) -> Result<(), Error> {
    let client = place.transport.client();
    let inventory = sync.inventory.load().await?.inventory;
    let namespaces = inventory.iter().map(|(id, _)| id.namespace.as_str());
    let namespaces: BTreeSet<_> = namespaces.filter(|it| !it.is_empty()).collect();
    let mut owned: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for namespace in namespaces {
        for (group, kind) in [("apps", "ReplicaSet"), ("", "Pod")] {
            for object in list(&client, group, kind, namespace).await? {
                let owner = &object["metadata"]["ownerReferences"][0]["uid"];
                owned
                    .entry(owner.as_str().unwrap_or_default().to_owned())
                    .or_default()
                    .push(object);
            }
        }
    }
    for (id, version) in inventory.iter() {
        let served = place.discovery.resolve(&id.group, Some(version), &id.kind).await?;
        let api: Api<DynamicObject> = match id.namespace.as_str() {
            "" => Api::all_with(client.clone(), &served.resource),
            namespace => Api::namespaced_with(client.clone(), namespace, &served.resource),
        };
        let live = serde_json::to_value(api.get(&id.name).await?)?;
        branch(&live, 0, &owned, screen)?;
    }
    Ok(())
}

fn branch(
    object: &Value,
    depth: usize,
    owned: &BTreeMap<String, Vec<Value>>,
    screen: &Screen,
) -> Result<(), Error> {
    let report = compute(object)?;
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = match text("/metadata/namespace") {
        "" => format!("{}/{}", text("/kind"), text("/metadata/name")),
        namespace => format!("{}/{namespace}/{}", text("/kind"), text("/metadata/name")),
    };
    screen.status(report.status, depth, &name, &report.message);
    let children = owned.get(text("/metadata/uid")).into_iter().flatten();
    children.into_iter().try_for_each(|child| branch(child, depth + 1, owned, screen))
}

async fn list(
    client: &Client,
    group: &str,
    kind: &str,
    namespace: &str,
) -> Result<Vec<Value>, Error> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let objects = api.list(&ListParams::default()).await?.items.into_iter();
    // The items of a list do not say again what they are.
    let typed = |mut object: DynamicObject| {
        object.types = Some(TypeMeta {
            api_version: resource.api_version.clone(),
            kind: resource.kind.clone(),
        });
        Ok(serde_json::to_value(object)?)
    };
    objects.map(typed).collect()
}
