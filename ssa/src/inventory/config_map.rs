//! The inventory in as many `ConfigMap`s as it takes.

use async_trait::async_trait;
use kube::Client;
use kube::core::ApiResource;
use serde_json::{Value, json};

use super::{Entry, Inventory, InventoryStore, Mark, Stored, Wire, unreadable};
use crate::cluster::{Cluster, Endpoint, Precise, Selected, code};
use crate::{BoxError, Error, FieldManager, ObjectId, object};

/// Keeps an inventory in a `ConfigMap`, and in further ones where it does not fit into one.
///
/// The first, of the given name, lists the others, which are never changed. Whoever reads it sees one
/// whole state: parts are written before it names them, and removed after it no longer does. Parts
/// carry the number of the save they are made for. A save removes those of itself and of earlier ones
/// that it does not name, and so never those that a later save is about to name; what a killed
/// process leaves behind goes with the next save.
#[derive(Clone)]
pub struct ConfigMapInventory {
    cluster: Cluster,
    id: ObjectId,
    manager: FieldManager,
    part_bytes: usize,
}

impl ConfigMapInventory {
    /// In the `ConfigMap` of that name, written as `manager`.
    pub fn new(client: Client, namespace: &str, name: &str, manager: FieldManager) -> Self {
        let id = ObjectId::new("", "ConfigMap", namespace, name);
        Self { cluster: Cluster::of(client), id, manager, part_bytes: PART_BYTES }
    }

    /// How much goes into one `ConfigMap`: 512 KiB unless set. The server's limit is 1 MiB.
    #[must_use]
    pub fn part_bytes(mut self, bytes: usize) -> Self {
        self.part_bytes = bytes;
        self
    }

    async fn find(&self, name: &str) -> Result<Option<Value>, Error> {
        let found = self.cluster.find(&self.path(name)).await;
        found.map_err(|error| self.failed(error))
    }

    /// The head, and all its parts; nothing where a part was removed since the head was read.
    async fn read(&self) -> Result<Option<Stored>, Error> {
        let Some(head) = self.find(&self.id.name).await? else {
            return Ok(Some(Stored::default()));
        };
        let mut texts = vec![object::text(&head, "/data/entries").to_owned()];
        for name in parts_of(&head) {
            match self.find(name).await? {
                Some(part) => texts.push(object::text(&part, "/data/entries").to_owned()),
                None => return Ok(None),
            }
        }
        let mut inventory = Inventory::default();
        for text in texts.iter().filter(|text| !text.is_empty()) {
            let entries: Value = serde_json::from_str(text).map_err(|error| self.failed(error))?;
            inventory = inventory.union(&Inventory::from_json(&json!({"entries": entries}))?);
        }
        Ok(Some(Stored::new(inventory, mark(&head))))
    }

    async fn write_head(&self, head: &Value, over: &Mark) -> Result<Value, Error> {
        let manager = self.manager.as_str();
        let written = if *over == Mark::default() {
            self.cluster.create(&self.collection(), head, manager).await
        } else {
            let mut patch = head.clone();
            patch["metadata"]["resourceVersion"] = version_and_number(over).0.into();
            for key in ["entries", "parts"] {
                if patch["data"].get(key).is_none() {
                    patch["data"][key] = Value::Null;
                }
            }
            self.cluster.merge_patch(&self.path(&self.id.name), &patch, manager).await
        };
        written.map_err(|error| match code(&error) {
            404 if *over == Mark::default() => self.failed(error), // no such namespace
            404 | 409 => Error::InventoryConflict { store: self.to_string() },
            _ => self.failed(error),
        })
    }

    async fn write_part(&self, name: &str, text: &str, number: u64) -> Result<(), Error> {
        let mut part = self.map(name, json!({"entries": text}));
        part["metadata"]["labels"][NUMBER_LABEL] = number.to_string().into();
        match self.cluster.create(&self.collection(), &part, self.manager.as_str()).await {
            Err(error) if code(&error) != 409 => Err(self.failed(error)),
            _ => Ok(()), // a part of that name has that content, and is of this save
        }
    }

    /// Removes what this save and those before it have made, but for the parts the head names.
    async fn remove_parts_except(&self, kept: &[String], number: u64) -> Result<(), Error> {
        let selector = format!("{PART_LABEL}={}", label_value(&self.id.name));
        let parts = Selected::labelled(&endpoint(), &self.id.namespace, &selector);
        let page = self.cluster.page(&parts, "").await.map_err(|error| self.failed(error))?;
        for part in &page.items {
            let name = object::text(part, "/metadata/name");
            let made_for = object::label(part, NUMBER_LABEL).and_then(|text| text.parse().ok());
            let is_old = made_for.is_some_and(|made_for: u64| made_for <= number);
            if is_old && !kept.iter().any(|kept| kept == name) {
                let removed = self.cluster.delete(&self.path(name), &Precise::of(part)).await;
                removed.map(drop).or_else(|error| match code(&error) {
                    404 | 409 => Ok(()),
                    _ => Err(self.failed(error)),
                })?;
            }
        }
        Ok(())
    }

    fn map(&self, name: &str, data: Value) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "namespace": self.id.namespace,
                "labels": {PART_LABEL: label_value(&self.id.name)},
            },
            "data": data,
        })
    }

    fn failed(&self, error: impl Into<BoxError>) -> Error {
        unreadable(&self.to_string(), error)
    }

    fn collection(&self) -> String {
        endpoint().collection(&self.id.namespace)
    }

    fn path(&self, name: &str) -> String {
        endpoint().object(&ObjectId { name: name.to_owned(), ..self.id.clone() })
    }
}

#[async_trait]
impl InventoryStore for ConfigMapInventory {
    async fn load(&self) -> Result<Stored, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(stored) = self.read().await? {
                return Ok(stored);
            }
        }
        Err(self.failed("a part that it names is missing"))
    }

    async fn save(&self, inventory: &Inventory, over: &Mark) -> Result<Mark, Error> {
        let texts = texts(inventory, self.part_bytes);
        let number = version_and_number(over).1 + 1;
        let (mut data, mut names) = (json!({"save": number.to_string()}), Vec::new());
        if let [text] = texts.as_slice() {
            data["entries"] = text.as_str().into();
        } else {
            for text in &texts {
                let digest = blake3::hash(text.as_bytes()).to_hex();
                let name = format!("{}-{number}-{}", self.id.name, &digest.as_str()[..16]);
                self.write_part(&name, text, number).await?;
                names.push(name);
            }
            data["parts"] = names.join(",").into();
        }
        let head = self.write_head(&self.map(&self.id.name, data), over).await?;
        if *over != Mark::default() || !names.is_empty() {
            self.remove_parts_except(&names, number).await?;
        }
        Ok(mark(&head))
    }
}

/// `ConfigMap/shop/inventory`
impl std::fmt::Display for ConfigMapInventory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.id.fmt(f)
    }
}

impl std::fmt::Debug for ConfigMapInventory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ConfigMapInventory").field(&self.id).finish()
    }
}

/// The entries as JSON lists of at most so many bytes each, and at least one.
fn texts(inventory: &Inventory, limit: usize) -> Vec<String> {
    let (mut texts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (id, version) in inventory.iter() {
        let entry = Entry { id: id.encode(), v: version.to_owned() };
        let size = entry.id.len() + entry.v.len() + ENTRY_BYTES;
        if bytes + size > limit && !part.is_empty() {
            texts.push(text(std::mem::take(&mut part)));
            bytes = 0;
        }
        bytes += size;
        part.push(entry);
    }
    texts.push(text(part));
    texts
}

fn text(entries: Vec<Entry>) -> String {
    let list = serde_json::to_value(Wire { entries }).unwrap_or_default();
    list["entries"].to_string()
}

fn parts_of(head: &Value) -> impl Iterator<Item = &str> {
    object::text(head, "/data/parts").split(',').filter(|name| !name.is_empty())
}

/// The version of the head, and which save made it.
fn mark(head: &Value) -> Mark {
    let (version, number) = (object::resource_version(head), object::text(head, "/data/save"));
    Mark::new(format!("{version}/{number}"))
}

fn version_and_number(mark: &Mark) -> (&str, u64) {
    let (version, number) = mark.as_str().split_once('/').unwrap_or_default();
    (version, number.parse().unwrap_or_default())
}

/// Names may be longer than labels.
fn label_value(name: &str) -> String {
    if name.len() <= 63 {
        return name.to_owned();
    }
    blake3::hash(name.as_bytes()).to_hex()[..32].to_owned()
}

fn endpoint() -> Endpoint {
    let resource = ApiResource {
        group: String::new(),
        version: "v1".to_owned(),
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        plural: "configmaps".to_owned(),
    };
    Endpoint { resource, namespaced: true }
}

/// Tells the parts of an inventory, and its head, from other objects.
const PART_LABEL: &str = "gotk-rs.github.io/inventory";

/// Which save a part was made for.
const NUMBER_LABEL: &str = "gotk-rs.github.io/save";

const PART_BYTES: usize = 512 << 10;

/// `{"id":"","v":""},` around an entry.
const ENTRY_BYTES: usize = 18;

/// How often a head is read again whose parts have gone meanwhile.
const ATTEMPTS: u32 = 5;
