//! Values of labels that stand in several places and change in all of them.
//!
//! Where the original adds a label to metadata, selectors and templates, it puts one node into all
//! of them. Whoever writes over it in one place later, in whatever way, changes it everywhere.

use crate::edit;
use crate::node::{Content, Node, SHARED, WRITTEN};
use crate::resource::Resource;

/// Adds entries to maps, each value as one node.
pub(crate) struct Sharing {
    first: u32,
    /// How many times each value was put somewhere new.
    counts: Vec<u32>,
}

impl Sharing {
    pub(crate) fn new(resource: &Resource, values: usize) -> Self {
        Self { first: SHARED + resource.shared.len() as u32, counts: vec![0; values] }
    }

    /// Sets an entry: what is there is written over, what is not is one node with the others.
    pub(crate) fn set(
        &mut self,
        field: &mut Node,
        index: usize,
        key: &str,
        value: &str,
    ) -> Result<(), String> {
        let mark = self.first + index as u32;
        let there = field.is_mapping().then(|| field.get(key).map(|there| there.line));
        if there == Some(Some(mark)) {
            // Two specifications name this place: it is the same node, written over with itself.
            return Ok(());
        }
        edit::set_field(field, key, Node::string(value))?;
        if there == Some(None)
            && let Some(added) = field.get_mut(key)
        {
            added.line = mark;
            self.counts[index] += 1;
        }
        Ok(())
    }

    /// Keeps in mind which values are shared, and what they are.
    pub(crate) fn finish<'v>(
        self,
        resource: &mut Resource,
        values: impl Iterator<Item = &'v String>,
    ) {
        spread(resource);
        if self.counts.iter().any(|&count| count > 1) {
            resource.shared.reserve_exact(self.counts.len());
            resource.shared.extend(values.map(Node::string));
        } else if self.counts.iter().any(|&count| count > 0) {
            unshare(&mut resource.node, self.first);
        }
    }
}

/// Forgets about the nodes that stand in one place only.
fn unshare(node: &mut Node, first: u32) {
    if node.line >= first {
        node.line = 0;
    }
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::Sequence(items) => items.iter_mut().for_each(|item| unshare(item, first)),
        Content::Mapping(entries) => {
            entries.iter_mut().for_each(|(_, value)| unshare(value, first));
        }
    }
}

/// Copies what was written over a shared node to the other places where it stands.
pub(crate) fn spread(resource: &mut Resource) {
    if resource.shared.is_empty() {
        return;
    }
    let mut changes = vec![None; resource.shared.len()];
    collect(&resource.node, &resource.shared, &mut changes);
    if changes.iter().all(Option::is_none) {
        return;
    }
    for (known, change) in resource.shared.iter_mut().zip(changes) {
        if let Some(change) = change {
            *known = change;
        }
    }
    copy(&mut resource.node, &resource.shared);
}

fn place(node: &Node) -> Option<usize> {
    node.is_shared().then_some((node.line & !(SHARED | WRITTEN)) as usize)
}

/// Whether a shared node was written over, be it with what was there before.
fn is_changed(node: &Node, known: &Node) -> bool {
    node.line & WRITTEN != 0 || node.content != known.content || node.tag != known.tag
}

/// Finds the nodes that were written over; of several the last one counts.
fn collect(node: &Node, shared: &[Node], changes: &mut [Option<Node>]) {
    if let Some(place) = place(node)
        && shared.get(place).is_some_and(|known| is_changed(node, known))
    {
        changes[place] = Some(node.clone());
    }
    match &node.content {
        Content::Scalar(_) => {}
        Content::Sequence(items) => items.iter().for_each(|item| collect(item, shared, changes)),
        Content::Mapping(entries) => {
            entries.iter().for_each(|(_, value)| collect(value, shared, changes));
        }
    }
}

fn copy(node: &mut Node, shared: &[Node]) {
    if let Some(known) = place(node).and_then(|place| shared.get(place)) {
        *node = Node { line: node.line & !WRITTEN, ..known.clone() };
        return;
    }
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::Sequence(items) => items.iter_mut().for_each(|item| copy(item, shared)),
        Content::Mapping(entries) => entries.iter_mut().for_each(|(_, value)| copy(value, shared)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn label(resource: &mut Resource, value: &str, fields: &[&str]) {
        let mut sharing = Sharing::new(resource, 1);
        for field in fields {
            let field = resource.node.get_mut(field).unwrap();
            sharing.set(field, 0, "l", value).unwrap();
        }
        sharing.finish(resource, [value.to_owned()].iter());
    }

    #[test]
    fn a_label_that_was_added_in_two_places_changes_in_both() {
        let node = Node::parse_all("a: {}\nb: {}\nc: {l: own}\n").unwrap().remove(0);
        let mut resource = Resource::new(node);
        label(&mut resource, "x", &["a", "b", "c"]);
        label(&mut resource, "y", &["a"]);
        let value = resource.node.to_value().unwrap();
        assert_eq!(value, json!({"a": {"l": "y"}, "b": {"l": "y"}, "c": {"l": "x"}}));
    }

    #[test]
    fn a_label_that_was_added_twice_in_one_place_changes_in_all_of_them() {
        let mut resource = Resource::new(Node::parse_all("a: {}\nb: {}\n").unwrap().remove(0));
        label(&mut resource, "x", &["a", "b", "a", "b"]);
        label(&mut resource, "y", &["b"]);
        let value = resource.node.to_value().unwrap();
        assert_eq!(value, json!({"a": {"l": "y"}, "b": {"l": "y"}}));
    }
}
