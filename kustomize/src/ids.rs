//! Which object has which id, in eight bytes an object.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::gvk::ResId;
use crate::resource::Resource;
use crate::schema::Schema;

/// An index of a list of objects. The ids themselves are in the objects, and are asked for again
/// where hashes agree.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    entries: HashTable<Entry>,
    hasher: RandomState,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u32,
    at: u32,
}

impl Entry {
    /// Bits for the table, which looks at the first and the last ones.
    fn spread(&self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl Ids {
    /// The ids of all objects.
    pub(crate) fn of(list: &[Resource], schema: &Schema) -> Self {
        let mut ids = Self::default();
        ids.entries.reserve(list.len(), Entry::spread);
        for (at, resource) in list.iter().enumerate() {
            ids.insert(at, &resource.id(schema));
        }
        ids
    }

    /// An object with this id.
    pub(crate) fn find(&self, id: &ResId, list: &[Resource], schema: &Schema) -> Option<usize> {
        let wanted = self.entry(0, id);
        let is_it = |entry: &Entry| {
            entry.hash == wanted.hash
                && list.get(entry.at as usize).is_some_and(|other| other.id(schema) == *id)
        };
        self.entries.find(wanted.spread(), is_it).map(|entry| entry.at as usize)
    }

    pub(crate) fn insert(&mut self, at: usize, id: &ResId) {
        let entry = self.entry(at, id);
        self.entries.insert_unique(entry.spread(), entry, Entry::spread);
    }

    /// Follows an object to its new id, and says whether another one has that.
    pub(crate) fn follow(
        &mut self,
        at: usize,
        before: &ResId,
        list: &[Resource],
        schema: &Schema,
    ) -> bool {
        let after = list[at].id(schema);
        if *before == after {
            return false;
        }
        let old = self.entry(at, before);
        if let Ok(found) = self.entries.find_entry(old.spread(), |entry| entry.at == old.at) {
            found.remove();
        }
        let is_taken = self.find(&after, list, schema).is_some();
        self.insert(at, &after);
        is_taken
    }

    fn entry(&self, at: usize, id: &ResId) -> Entry {
        let hash = self.hasher.hash_one(id);
        // More objects than this do not fit into memory, and the limit is far below.
        Entry { hash: (hash >> 32) as u32, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Node;

    fn objects(names: &[&str]) -> Vec<Resource> {
        let text =
            |name: &str| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}}}");
        let node = |name: &&str| Node::parse_all(&text(name)).unwrap().remove(0);
        names.iter().map(|name| Resource::new(node(name))).collect()
    }

    #[test]
    fn an_object_is_found_until_it_is_called_otherwise() {
        let schema = Schema::builtin();
        let mut list = objects(&["a", "b", "c"]);
        let mut ids = Ids::of(&list, &schema);
        let b = list[1].id(&schema);
        assert_eq!(ids.find(&b, &list, &schema), Some(1));
        list[1].set_name("d").unwrap();
        assert!(!ids.follow(1, &b, &list, &schema));
        assert_eq!(ids.find(&b, &list, &schema), None);
        assert_eq!(ids.find(&list[1].id(&schema), &list, &schema), Some(1));
    }

    #[test]
    fn a_taken_id_is_noticed_and_names_may_be_passed_on() {
        let schema = Schema::builtin();
        let mut list = objects(&["a", "b"]);
        let mut ids = Ids::of(&list, &schema);
        let (a, b) = (list[0].id(&schema), list[1].id(&schema));
        list[0].set_name("c").unwrap();
        assert!(!ids.follow(0, &a, &list, &schema));
        list[1].set_name("a").unwrap();
        assert!(!ids.follow(1, &b, &list, &schema));
        list[0].set_name("a").unwrap();
        let c = ResId { name: "c".into(), ..a };
        assert!(ids.follow(0, &c, &list, &schema));
    }
}
