//! Every object at every version that is still remembered.
//!
//! One counter numbers all writes. Each kind has a shelf: the objects as they are now, and a
//! bounded log of what led there. The past is read by undoing the log, so a page of a list costs
//! nothing to keep; a version older than the log is *expired*, as after etcd's compaction.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::kind::Kind;
use crate::object::Stored;
use crate::owners::Owners;

/// All shelves and the counter they share.
#[derive(Debug)]
pub(crate) struct Store {
    shelves: Vec<Shelf>,
    version: u64,
    /// How many events a shelf remembers.
    history: usize,
    owners: Owners,
    /// Events that the controllers in the box have not looked at.
    agenda: VecDeque<(usize, Arc<Event>)>,
}

#[derive(Debug, Default)]
struct Shelf {
    objects: BTreeMap<Arc<str>, Arc<Stored>>,
    /// How many of them there are in each namespace.
    counts: HashMap<Box<str>, usize>,
    log: VecDeque<Arc<Event>>,
    /// The newest version that is no longer in the log.
    forgotten: u64,
}

/// One write, as every watcher sees it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) change: Change,
    /// After the write; for a deletion the last state, with the deletion's version.
    pub(crate) object: Arc<Stored>,
    pub(crate) before: Option<Arc<Stored>>,
    /// The event's line for each kind it was told as: one for each version that is watched.
    lines: Mutex<Vec<(Arc<Kind>, Bytes)>>,
}

impl Event {
    /// The line for watchers of `kind`, encoded for the first of them.
    pub(crate) fn line(&self, kind: &Arc<Kind>, encode: impl FnOnce() -> Bytes) -> Bytes {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, line)) = lines.iter().find(|(of, _)| Arc::ptr_eq(of, kind)) {
            return line.clone();
        }
        let line = encode();
        lines.push((Arc::clone(kind), line.clone()));
        line
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Modified,
    Deleted,
}

/// The version asked for is no longer remembered.
#[derive(Debug, PartialEq)]
pub(crate) struct Expired {
    /// The oldest version that still is.
    pub(crate) oldest: u64,
}

impl Store {
    /// # Panics
    ///
    /// Never: a store without history forgets at once.
    pub(crate) fn new(history: usize) -> Self {
        Self {
            shelves: Vec::new(),
            version: 1,
            history,
            owners: Owners::default(),
            agenda: VecDeque::new(),
        }
    }

    /// Makes room for `shelves` kinds.
    pub(crate) fn reserve(&mut self, shelves: usize) {
        let version = self.version;
        self.shelves.resize_with(shelves, || Shelf { forgotten: version - 1, ..Shelf::default() });
    }

    /// The version of the last write.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The version the next write will have.
    pub(crate) fn next_version(&self) -> u64 {
        self.version + 1
    }

    pub(crate) fn get(&self, shelf: usize, key: &str) -> Option<&Arc<Stored>> {
        self.shelves.get(shelf)?.objects.get(key)
    }

    /// Stores `object` at [`next_version`](Self::next_version), which it was encoded for.
    pub(crate) fn put(&mut self, shelf: usize, object: Stored) -> Arc<Stored> {
        let object = Arc::new(object);
        let before = self.shelves[shelf].insert(&object);
        let change = if before.is_some() { Change::Modified } else { Change::Added };
        self.record(shelf, change, Arc::clone(&object), before);
        object
    }

    /// Removes the object under `last`'s key; `last` is its final state.
    pub(crate) fn remove(&mut self, shelf: usize, last: Stored) {
        if let Some(before) = self.shelves[shelf].take(last.key()) {
            self.record(shelf, Change::Deleted, Arc::new(last), Some(before));
        }
    }

    fn record(
        &mut self,
        shelf: usize,
        change: Change,
        object: Arc<Stored>,
        before: Option<Arc<Stored>>,
    ) {
        self.version = object.version;
        self.owners.follow(shelf, change, &object, before.as_ref());
        let event = Arc::new(Event { change, object, before, lines: Mutex::default() });
        self.agenda.push_back((shelf, Arc::clone(&event)));
        let history = self.history;
        let shelf = &mut self.shelves[shelf];
        shelf.log.push_back(event);
        while shelf.log.len() > history {
            shelf.forget_one();
        }
    }

    /// Forgets every version before the present one.
    pub(crate) fn forget(&mut self) {
        for shelf in &mut self.shelves {
            while !shelf.log.is_empty() {
                shelf.forget_one();
            }
            shelf.forgotten = self.version;
        }
    }

    /// All objects, shelf by shelf.
    pub(crate) fn shelves(&self) -> Vec<Vec<Arc<Stored>>> {
        self.shelves.iter().map(|shelf| shelf.objects.values().cloned().collect()).collect()
    }

    /// Puts `objects` in the place of all there are. The counter never goes back, and the past is
    /// forgotten, so whoever watches is told to look anew.
    pub(crate) fn restore(&mut self, objects: &[Vec<Arc<Stored>>], shelves: usize, version: u64) {
        self.version = self.version.max(version) + 1;
        self.owners = Owners::default();
        self.agenda.clear();
        let count = self.shelves.len().max(shelves);
        self.shelves.clear();
        self.reserve(count);
        for (at, objects) in objects.iter().enumerate() {
            for object in objects {
                self.owners.follow(at, Change::Added, object, None);
                self.shelves[at].insert(object);
            }
        }
        for shelf in &mut self.shelves {
            shelf.forgotten = self.version;
        }
    }

    /// The next event for the controllers in the box.
    pub(crate) fn next_on_agenda(&mut self) -> Option<(usize, Arc<Event>)> {
        self.agenda.pop_front()
    }

    /// The object with a uid, and its shelf.
    pub(crate) fn owner(&self, uid: &str) -> Option<(usize, &Arc<Stored>)> {
        let (shelf, key) = self.owners.place(uid)?;
        Some((shelf, self.get(shelf, key)?))
    }

    /// The objects that name `uid` as their owner.
    pub(crate) fn dependents(&self, uid: &str) -> Vec<(usize, Arc<Stored>)> {
        let places = self.owners.dependents(uid);
        places.filter_map(|(shelf, key)| Some((shelf, Arc::clone(self.get(shelf, key)?)))).collect()
    }

    /// Objects whose key starts with `prefix`, in the order of their keys.
    pub(crate) fn scan<'a>(
        &'a self,
        shelf: usize,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Stored>> {
        self.scan_from(shelf, prefix, prefix)
    }

    /// As [`scan`](Self::scan), beginning at `start`, which is not before `prefix`.
    fn scan_from<'a>(
        &'a self,
        shelf: usize,
        prefix: &'a str,
        start: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Stored>> {
        let objects = self.shelves.get(shelf).map(|shelf| &shelf.objects);
        objects.into_iter().flat_map(move |objects| {
            let start = (Bound::Included(start), Bound::Unbounded);
            objects
                .range::<str, _>(start)
                .take_while(move |(key, _)| key.starts_with(prefix))
                .map(|(_, object)| object)
        })
    }

    /// As [`scan`](Self::scan), at a version of the past and from `start` on. It costs what was
    /// written since then and what is taken, not what there is.
    pub(crate) fn scan_at<'a>(
        &'a self,
        shelf: usize,
        prefix: &'a str,
        start: &'a str,
        version: u64,
    ) -> Result<impl Iterator<Item = &'a Arc<Stored>>, Expired> {
        let start = start.max(prefix);
        let mut undone = BTreeMap::new();
        for event in self.since(shelf, version)?.rev() {
            let key = &**event.object.key();
            if key.starts_with(prefix) && key >= start {
                undone.insert(key, event.before.as_ref());
            }
        }
        Ok(undo(self.scan_from(shelf, prefix, start), undone))
    }

    /// How many objects [`scan`](Self::scan) would have found at a version: of the whole shelf, or
    /// of the namespace that `prefix` is.
    pub(crate) fn count_at(
        &self,
        shelf: usize,
        prefix: &str,
        version: u64,
    ) -> Result<usize, Expired> {
        let mut count = self.shelves[shelf].count(prefix);
        for event in self.since(shelf, version)?.rev() {
            match event.change {
                _ if !event.object.key().starts_with(prefix) => {}
                Change::Added => count -= 1,
                Change::Modified => {}
                Change::Deleted => count += 1,
            }
        }
        Ok(count)
    }

    /// The events after `version`, oldest first.
    pub(crate) fn since(
        &self,
        shelf: usize,
        version: u64,
    ) -> Result<impl DoubleEndedIterator<Item = &Arc<Event>>, Expired> {
        let shelf = &self.shelves[shelf];
        if version < shelf.forgotten {
            return Err(Expired { oldest: shelf.forgotten });
        }
        let first = shelf.log.partition_point(|event| event.object.version <= version);
        Ok(shelf.log.range(first..))
    }
}

/// The objects there are, with those that were written since as they were before; both in order.
fn undo<'a>(
    present: impl Iterator<Item = &'a Arc<Stored>>,
    undone: BTreeMap<&'a str, Option<&'a Arc<Stored>>>,
) -> impl Iterator<Item = &'a Arc<Stored>> {
    let mut present = present.peekable();
    let mut undone = undone.into_iter().peekable();
    std::iter::from_fn(move || {
        loop {
            let now = present.peek().map(|object| &**object.key());
            match undone.peek() {
                Some((key, _)) if now.is_none_or(|now| *key <= now) => {}
                _ => return present.next(),
            }
            let (key, was) = undone.next()?;
            if now == Some(key) {
                present.next();
            }
            if was.is_some() {
                return was;
            }
        }
    })
}

impl Shelf {
    fn insert(&mut self, object: &Arc<Stored>) -> Option<Arc<Stored>> {
        let before = self.objects.insert(Arc::clone(object.key()), Arc::clone(object));
        if let Some(namespace) = object.namespace().filter(|_| before.is_none()) {
            match self.counts.get_mut(namespace) {
                Some(count) => *count += 1,
                None => drop(self.counts.insert(namespace.into(), 1)),
            }
        }
        before
    }

    fn take(&mut self, key: &str) -> Option<Arc<Stored>> {
        let before = self.objects.remove(key)?;
        if let Some(namespace) = before.namespace()
            && let Some(count) = self.counts.get_mut(namespace)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(namespace);
            }
        }
        Some(before)
    }

    fn count(&self, prefix: &str) -> usize {
        match prefix.strip_suffix('/') {
            Some(namespace) => self.counts.get(namespace).copied().unwrap_or_default(),
            None => self.objects.len(),
        }
    }

    fn forget_one(&mut self) {
        if let Some(event) = self.log.pop_front() {
            self.forgotten = event.object.version;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::kind::Kind;
    use crate::registry::Registry;

    static KIND: LazyLock<Arc<Kind>> =
        LazyLock::new(|| Registry::built_in().find("", "v1", "namespaces").unwrap());

    fn write(store: &mut Store, name: &str) {
        let kind = &*KIND;
        let object = json!({ "metadata": { "name": name } });
        let object = Stored::encode(kind, object, store.next_version());
        store.put(0, object);
    }

    fn store(history: usize) -> Store {
        let mut store = Store::new(history);
        store.reserve(1);
        store
    }

    fn past(store: &Store, version: u64) -> Vec<Arc<Stored>> {
        store.scan_at(0, "", "", version).unwrap().cloned().collect()
    }

    fn names(objects: &[Arc<Stored>]) -> Vec<&str> {
        objects.iter().map(|o| o.name()).collect()
    }

    #[test]
    fn the_past_is_what_it_was() {
        let mut store = store(10);
        for name in ["a", "b", "a", "c"] {
            write(&mut store, name);
        }
        assert_eq!(names(&past(&store, 1)), [""; 0]);
        assert_eq!(names(&past(&store, 3)), ["a", "b"]);
        assert_eq!((store.count_at(0, "", 1), store.count_at(0, "", 3)), (Ok(0), Ok(2)));
        let then = past(&store, 3);
        assert_eq!(then[0].version, 2);
        assert_eq!(store.get(0, "a").unwrap().version, 4);
    }

    #[test]
    fn a_deleted_object_is_still_in_the_past() {
        let mut store = store(10);
        write(&mut store, "a");
        let kind = Registry::built_in().find("", "v1", "namespaces").unwrap();
        let last =
            Stored::encode(&kind, json!({ "metadata": { "name": "a" } }), store.next_version());
        store.remove(0, last);
        assert_eq!(names(&past(&store, 2)), ["a"]);
        assert_eq!((store.count_at(0, "", 2), store.count_at(0, "", 3)), (Ok(1), Ok(0)));
        assert!(store.get(0, "a").is_none());
    }

    #[test]
    fn an_event_is_encoded_once_for_each_kind_that_is_watched() {
        let mut store = store(10);
        write(&mut store, "a");
        let event = Arc::clone(store.since(0, 1).unwrap().next().unwrap());
        let encoded = std::cell::Cell::new(0);
        let line = |kind: &Arc<Kind>| {
            event.line(kind, || {
                encoded.set(encoded.get() + 1);
                Bytes::from(format!("line {}", encoded.get()))
            })
        };
        let other = Registry::built_in().find("", "v1", "pods").unwrap();
        assert_eq!([line(&KIND), line(&KIND), line(&KIND)], ["line 1"; 3]);
        assert_eq!([line(&other), line(&KIND), line(&other)], ["line 2", "line 1", "line 2"]);
    }

    #[test]
    fn what_the_log_forgot_is_expired() {
        let mut store = store(2);
        for name in ["a", "b", "c", "d"] {
            write(&mut store, name);
        }
        assert_eq!(store.since(0, 3).unwrap().count(), 2);
        assert_eq!(store.since(0, 2).err(), Some(Expired { oldest: 3 }));
        store.forget();
        assert_eq!(store.since(0, 4).err(), Some(Expired { oldest: 5 }));
        assert_eq!(store.since(0, 5).unwrap().count(), 0);
    }

    #[test]
    fn a_page_costs_what_is_on_it_and_not_what_there_is() {
        let allocations = |objects: usize| {
            let mut store = store(10);
            (0..objects).for_each(|number| write(&mut store, &format!("n{number:06}")));
            let then = store.version();
            write(&mut store, "n000003");
            let counted = allocation_counter::measure(|| {
                let page = store.scan_at(0, "", "n000002", then).unwrap().take(3);
                assert_eq!(page.map(|object| object.version).max(), Some(6));
                assert_eq!(store.count_at(0, "", then), Ok(objects));
            });
            counted.count_total
        };
        assert_eq!(allocations(100), allocations(5_000));
    }

    #[test]
    fn a_scan_keeps_to_its_prefix() {
        let mut store = store(2);
        for name in ["a", "ab", "b"] {
            write(&mut store, name);
        }
        assert_eq!(store.scan(0, "a").count(), 2);
        assert_eq!(store.scan(0, "").count(), 3);
    }
}
