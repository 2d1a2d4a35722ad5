//! Who is whose: where each uid lives, and which objects name it as an owner.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::object::Stored;
use crate::store::Change;

/// An index of owner references, kept with every write.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    places: HashMap<Box<str>, (usize, Arc<str>)>,
    dependents: BTreeSet<(Box<str>, usize, Arc<str>)>,
}

impl Owners {
    pub(crate) fn follow(
        &mut self,
        shelf: usize,
        change: Change,
        object: &Stored,
        before: Option<&Arc<Stored>>,
    ) {
        for owner in before.into_iter().flat_map(|before| &before.owners) {
            self.dependents.remove(&(owner.clone(), shelf, Arc::clone(object.key())));
        }
        if change == Change::Deleted {
            self.places.remove(&object.uid);
            return;
        }
        self.places.insert(object.uid.clone(), (shelf, Arc::clone(object.key())));
        for owner in &object.owners {
            self.dependents.insert((owner.clone(), shelf, Arc::clone(object.key())));
        }
    }

    pub(crate) fn place(&self, uid: &str) -> Option<(usize, &str)> {
        self.places.get(uid).map(|(shelf, key)| (*shelf, &**key))
    }

    pub(crate) fn dependents<'a>(&'a self, uid: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
        let first = (Box::from(uid), 0, Arc::from(""));
        let from = self.dependents.range((Bound::Included(first), Bound::Unbounded));
        from.take_while(move |(owner, ..)| &**owner == uid).map(|(_, shelf, key)| (*shelf, &**key))
    }
}
