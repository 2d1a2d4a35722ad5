//! An inventory that ends with the process.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Inventory, InventoryStore, Mark, Stored};
use crate::Error;

/// Keeps an inventory in memory, for tests and for sets that live no longer than the process.
#[derive(Debug, Default)]
pub struct MemoryInventory(Mutex<(u64, Inventory)>);

#[async_trait]
impl InventoryStore for MemoryInventory {
    async fn load(&self) -> Result<Stored, Error> {
        let (saves, inventory) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Stored::new(inventory.clone(), mark(*saves)))
    }

    async fn save(&self, inventory: &Inventory, over: &Mark) -> Result<Mark, Error> {
        let (saves, stored) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mark(*saves) != *over {
            return Err(Error::InventoryConflict { store: "memory".to_owned() });
        }
        stored.clone_from(inventory);
        *saves += 1;
        Ok(mark(*saves))
    }
}

fn mark(saves: u64) -> Mark {
    match saves {
        0 => Mark::default(),
        saves => Mark::new(saves.to_string()),
    }
}
