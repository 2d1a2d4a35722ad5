//! Takes away what an applier no longer mentions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Updater;
use crate::error::Error;
use crate::managers::{Entry, ManagedFields};
use crate::path::Element;
use crate::schema::{ObjectType, TypeId};
use crate::set::FieldSet;

impl Updater<'_> {
    /// Removes what the previous configuration had and this one has not, unless somebody else
    /// owns it or something beneath it.
    pub(super) fn prune(
        &self,
        merged: Value,
        managed: &ManagedFields,
        previous: Option<Entry>,
    ) -> Result<Value, Error> {
        let Some(previous) = previous.filter(|it| !it.fields.is_empty()) else { return Ok(merged) };
        let version = &previous.manager.api_version;
        let in_prune = |error: Error| error.within("failed to prune fields");
        let converted = self.convert(&merged, version).map_err(|error| {
            in_prune(error.within("failed to convert merged object to last applied version"))
        })?;
        let Some(converted) = converted else { return Ok(merged) };
        let of = self.type_in(version)?;
        let last = of.with_named_fields(previous.fields.clone());
        let pruned = of.remove(converted.clone().into_owned(), &last);
        let pruned = self
            .add_back_owned(&converted, pruned, managed, version)
            .map_err(|error| in_prune(error.within("failed add back owned items")))?;
        let pruned = self
            .add_back_dangling(&of, &converted, &pruned, &last, version)
            .map_err(|error| in_prune(error.within("failed add back dangling items")))?;
        let back = self.convert(&pruned, self.api_version).map_err(in_prune)?;
        Ok(back.map_or_else(|| merged.clone(), std::borrow::Cow::into_owned))
    }

    /// Restores what any manager owns, in its own version; the previous configuration's first, as
    /// the others may not be reachable without what it restores.
    fn add_back_owned(
        &self,
        merged: &Value,
        pruned: Value,
        managed: &ManagedFields,
        first: &str,
    ) -> Result<Value, Error> {
        let mut by_version: BTreeMap<(bool, &str), FieldSet> = BTreeMap::new();
        for entry in managed.iter() {
            let version = entry.manager.api_version.as_str();
            let owned = by_version.entry((version != first, version)).or_default();
            owned.unite(entry.fields.clone());
        }
        let (mut merged, mut pruned) = (merged.clone(), pruned);
        for ((_, version), owned) in by_version {
            let Some(seen) = self.convert(&merged, version)? else { continue };
            merged = seen.into_owned();
            let Some(seen) = self.convert(&pruned, version)? else { continue };
            let of = self.type_in(version)?;
            let kept =
                of.with_named_fields(of.fields_of(&seen)).union(&of.with_named_fields(owned));
            let all = of.with_named_fields(of.fields_of(&merged));
            pruned = of.remove(merged.clone(), &all.difference(&kept));
        }
        Ok(pruned)
    }

    /// Restores what fell away with its parent, and was not the previous configuration's.
    fn add_back_dangling(
        &self,
        of: &ObjectType,
        merged: &Value,
        pruned: &Value,
        last: &FieldSet,
        version: &str,
    ) -> Result<Value, Error> {
        let Some(pruned) = self.convert(pruned, version)? else { return Ok(merged.clone()) };
        let kept = of.with_named_fields(of.fields_of(&pruned));
        let all = of.with_named_fields(of.fields_of(merged));
        Ok(of.remove(merged.clone(), &all.difference(&kept).intersection(last)))
    }
}

/// Whether no member of the set can fall away only because its parent does.
///
/// Sets that the API server wrote are so: an item is owned together with its key, and a parent
/// that is not owned is declared, and so kept as long as a child is. Sets that a client made up may
/// not be, and then pruning has to be done in full even where it seems to have nothing to do.
pub(super) fn is_closed(of: &ObjectType, fields: &FieldSet, live: &Value) -> bool {
    let named = live.get("metadata").is_some_and(|it| it.get("name").is_some());
    fields.nodes.iter().all(|node| {
        let metadata = named && node.element.as_field() == Some("metadata");
        let keeps_its_name = metadata && node.children.get_field("name").is_none();
        node_is_closed(of, Some(of.root), node, keeps_its_name)
    })
}

fn node_is_closed(
    of: &ObjectType,
    parent: Option<TypeId>,
    node: &crate::set::Node,
    excused: bool,
) -> bool {
    let parent = parent.map(|id| of.schema.atom(id));
    let (held, child) = match &node.element.0 {
        Element::Field(name) => {
            let map = parent.and_then(|it| it.map.as_ref());
            let declared = map.is_some_and(|map| map.field(name).is_some());
            let held = node.owned || declared || excused;
            (held || node.children.is_empty(), map.and_then(|map| map.child(name)))
        }
        Element::Key(_) => {
            let list = parent.and_then(|it| it.list.as_ref());
            (node.owned && !node.children.is_empty(), list.map(|list| list.element))
        }
        _ => (node.owned && node.children.is_empty(), None),
    };
    held && node.children.nodes.iter().all(|node| node_is_closed(of, child, node, false))
}
