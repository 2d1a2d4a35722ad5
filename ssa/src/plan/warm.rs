//! One list in place of many reads.

use std::collections::{BTreeSet, HashMap};

use tokio::sync::OnceCell;

use super::Item;
use crate::Applier;
use crate::answer::Glance;
use crate::cluster::Selected;

/// For each kind of a set, whether its live objects were listed.
///
/// The first object that exists and was never seen has the live objects of its kind listed, and all
/// that are ours are remembered. A set whose objects are all new, or all known, costs no list.
pub(super) struct Lists(HashMap<(String, String), List>);

struct List {
    of: Selected,
    listed: OnceCell<()>,
}

impl Lists {
    pub(super) fn new(applier: &Applier, items: &[Item]) -> Self {
        let mut kinds: HashMap<(String, String), (usize, BTreeSet<&str>, &Item)> = HashMap::new();
        for item in items {
            let id = item.id();
            let key = (item.endpoint.resource.api_version.clone(), id.kind.clone());
            let kind = kinds.entry(key).or_insert_with(|| (0, BTreeSet::new(), item));
            kind.0 += 1;
            kind.1.insert(&id.namespace);
        }
        let selector = applier.owner.as_ref().map(crate::Owner::selector);
        let list = |(key, (count, namespaces, item)): (_, (usize, BTreeSet<&str>, &Item))| {
            let one = match namespaces.len() {
                1 => namespaces.first().copied(),
                _ => Some(""),
            };
            // Without a selector, a list has everybody's objects.
            let worth = if selector.is_some() { 3 } else { 20 };
            let alone = selector.is_some() || namespaces.len() == 1;
            let selector = selector.as_deref().unwrap_or_default();
            let of = Selected::labelled(&item.endpoint, one?, selector);
            let list = List { of, listed: OnceCell::new() };
            (count >= worth && alone).then_some((key, list))
        };
        Self(kinds.into_iter().filter_map(list).collect())
    }

    /// Lists the kind of an item, if nobody did yet. Where that is not allowed, objects are read one
    /// by one.
    pub(super) async fn of(&self, applier: &Applier, item: &Item) {
        let key = (item.endpoint.resource.api_version.clone(), item.id().kind.clone());
        if let Some(list) = self.0.get(&key) {
            list.listed.get_or_init(|| list.read(applier)).await;
        }
    }
}

impl List {
    async fn read(&self, applier: &Applier) {
        let (api_version, baselines) = (self.of.api_version(), &applier.baselines);
        let mut token = String::new();
        loop {
            let mut note = |live: &Glance<'_>| {
                let id = self.of.id(&live.namespace, &live.name);
                baselines.note(&id, baselines.print(api_version, live), None);
            };
            match applier.cluster.glances(&self.of, &token, &mut note).await {
                Ok(next) if !next.is_empty() => token = next,
                _ => return,
            }
        }
    }
}
