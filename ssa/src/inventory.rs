//! Every object that a set may have put into the cluster.

mod config_map;
mod memory;
mod status;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use self::config_map::ConfigMapInventory;
pub use self::memory::MemoryInventory;
pub use self::status::StatusInventory;
use crate::patience::{ATTEMPTS, pause};
use crate::{BoxError, Error, ObjectId};

/// The ids of every object that a set may have put into the cluster, each with the version it was
/// last applied in. A superset of what is there, never a subset.
///
/// ```
/// use gotk_ssa::{Inventory, ObjectId};
///
/// let web = ObjectId::new("apps", "Deployment", "shop", "web");
/// let old = Inventory::from_iter([(web.clone(), "v1beta1".to_owned())]);
/// let new = Inventory::from_iter([(web.clone(), "v1".to_owned())]);
/// assert_eq!(old.union(&new).version(&web), Some("v1"), "the newer one counts");
/// assert!(old.difference(&new).is_empty(), "versions make no difference");
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inventory {
    entries: BTreeMap<ObjectId, String>,
}

impl Inventory {
    /// Adds an object, or notes the version it has now.
    pub fn insert(&mut self, object: ObjectId, version: impl Into<String>) {
        self.entries.insert(object, version.into());
    }

    /// Takes an object out.
    pub fn remove(&mut self, object: &ObjectId) {
        self.entries.remove(object);
    }

    /// Whether an object is listed.
    pub fn contains(&self, object: &ObjectId) -> bool {
        self.entries.contains_key(object)
    }

    /// The version an object was last applied in.
    pub fn version(&self, object: &ObjectId) -> Option<&str> {
        self.entries.get(object).map(String::as_str)
    }

    /// The objects with their versions, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &str)> {
        self.entries.iter().map(|(object, version)| (object, version.as_str()))
    }

    /// How many objects are listed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is listed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All objects of both; where both list one, with the version that `newer` has.
    #[must_use]
    pub fn union(&self, newer: &Self) -> Self {
        let mut entries = self.entries.clone();
        entries.extend(newer.entries.iter().map(|(id, version)| (id.clone(), version.clone())));
        Self { entries }
    }

    /// The objects that `other` does not list.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let missing = self.entries.iter().filter(|(id, _)| !other.contains(id));
        Self { entries: missing.map(|(id, version)| (id.clone(), version.clone())).collect() }
    }

    /// As the status of Flux's kinds has it: `{"entries": [{"id": …, "v": …}]}`.
    pub fn to_json(&self) -> Value {
        let entry = |(id, version): (&ObjectId, &str)| json!({"id": id.encode(), "v": version});
        json!({"entries": self.iter().map(entry).collect::<Vec<_>>()})
    }

    /// Reads what [`to_json`](Self::to_json), or Flux, has written. `null` is empty.
    ///
    /// # Errors
    ///
    /// [`Error::Inventory`] when it has another shape, [`Error::Id`] when an id cannot be read. An
    /// entry is never left out: what is not known cannot be pruned.
    pub fn from_json(value: &Value) -> Result<Self, Error> {
        if value.is_null() {
            return Ok(Self::default());
        }
        if !value.is_object() {
            return Err(unreadable("inventory", "it is no object"));
        }
        let wire = Wire::deserialize(value).map_err(|error| unreadable("inventory", error))?;
        let entry = |entry: Entry| Ok((ObjectId::parse(&entry.id)?, entry.v));
        wire.entries.into_iter().map(entry).collect()
    }
}

impl FromIterator<(ObjectId, String)> for Inventory {
    fn from_iter<I: IntoIterator<Item = (ObjectId, String)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

#[derive(Deserialize, Serialize)]
struct Wire {
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
struct Entry {
    id: String,
    #[serde(default)]
    v: String,
}

/// Where the inventory of a set is kept.
///
/// Any number of processes may load and save at once: a save goes through only when nobody saved
/// since the inventory was loaded, or else nothing is saved. Hold an implementation against
/// [`contract::inventory_store`](crate::contract::inventory_store).
#[async_trait]
pub trait InventoryStore: Send + Sync {
    /// Reads what was saved last; nothing saved is an empty inventory.
    async fn load(&self) -> Result<Stored, Error>;

    /// Replaces what `over` was loaded or saved as, and tells what it is now.
    ///
    /// # Errors
    ///
    /// [`Error::InventoryConflict`] when somebody else saved meanwhile; nothing is changed then.
    async fn save(&self, inventory: &Inventory, over: &Mark) -> Result<Mark, Error>;
}

/// An inventory and what the store knows it by.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stored {
    /// The inventory.
    pub inventory: Inventory,
    /// What to save over.
    pub mark: Mark,
}

impl Stored {
    /// What a store has loaded.
    pub const fn new(inventory: Inventory, mark: Mark) -> Self {
        Self { inventory, mark }
    }
}

/// A state of a store, by whatever it tells states apart: `resourceVersion`, a counter, a digest.
/// The default is the state before the first save.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mark(String);

impl Mark {
    /// A store's own word for a state.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Saves what `change` makes of the stored inventory, and loads again when another was faster.
pub(crate) async fn update(
    store: &dyn InventoryStore,
    change: impl Fn(&Inventory) -> Inventory + Send + Sync,
) -> Result<Inventory, Error> {
    for attempt in 1.. {
        let stored = store.load().await?;
        let wanted = change(&stored.inventory);
        if wanted == stored.inventory {
            return Ok(wanted);
        }
        match store.save(&wanted, &stored.mark).await {
            Ok(_) => return Ok(wanted),
            Err(Error::InventoryConflict { .. }) if attempt < ATTEMPTS => {}
            // Whether it was saved is not known; what is there tells.
            Err(Error::Inventory { .. }) if attempt < ATTEMPTS => pause(attempt).await,
            Err(error) => return Err(error),
        }
    }
    Ok(Inventory::default()) // the loop ends by returning only
}

pub(crate) fn unreadable(store: &str, error: impl Into<BoxError>) -> Error {
    Error::Inventory { store: store.to_owned(), source: error.into() }
}

#[cfg(test)]
mod tests;
