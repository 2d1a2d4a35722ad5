//! Union, intersection and the two differences.

use std::cmp::Ordering;

use super::{FieldSet, Node};

impl FieldSet {
    /// The members of either.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        self.unite(other.clone());
        self
    }

    /// Adds the members of the other set.
    pub(crate) fn unite(&mut self, other: Self) {
        if self.nodes.is_empty() {
            self.nodes = other.nodes;
            return;
        }
        if other.nodes.is_empty() {
            return;
        }
        let mine = std::mem::take(&mut self.nodes);
        self.nodes = Vec::with_capacity(mine.len().max(other.nodes.len()));
        let (mut left, mut right) =
            (mine.into_iter().peekable(), other.nodes.into_iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let order = a.element.cmp(&b.element);
            let from_left = if order.is_le() { left.next() } else { None };
            let from_right = if order.is_ge() { right.next() } else { None };
            self.nodes.extend(joined(from_left, from_right));
        }
        self.nodes.extend(left);
        self.nodes.extend(right);
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut out = Self::new();
        for (a, b) in shared(&self.nodes, &other.nodes) {
            let owned = a.owned && b.owned;
            let children = a.children.intersection(&b.children);
            out.push(&a.element, owned, children);
        }
        out
    }

    /// The members that are not members of the other set. Children of its members stay.
    #[must_use]
    pub fn difference(mut self, other: &Self) -> Self {
        self.retain_against(other, |node, taken| {
            node.owned &= !taken.owned;
            node.children = std::mem::take(&mut node.children).difference(&taken.children);
        });
        self
    }

    /// The members that are neither members of the other set nor beneath one.
    #[must_use]
    pub fn recursive_difference(mut self, other: &Self) -> Self {
        self.retain_against(other, |node, taken| {
            if taken.owned {
                node.owned = false;
                node.children = Self::new();
            } else {
                node.children =
                    std::mem::take(&mut node.children).recursive_difference(&taken.children);
            }
        });
        self
    }

    /// The members that have no members beneath them.
    #[must_use]
    pub fn leaves(mut self) -> Self {
        for node in &mut self.nodes {
            node.owned &= node.children.is_empty();
            node.children = std::mem::take(&mut node.children).leaves();
        }
        self.nodes.retain(Node::is_needed);
        self
    }

    /// Whether every member is also a member of the other set.
    pub fn is_subset(&self, other: &Self) -> bool {
        if self.nodes.len() > other.nodes.len() {
            return false;
        }
        let mut candidates = other.nodes.iter();
        self.nodes.iter().all(|node| {
            let found = candidates.by_ref().find(|it| it.element >= node.element);
            found.is_some_and(|it| {
                it.element == node.element
                    && (it.owned || !node.owned)
                    && node.children.is_subset(&it.children)
            })
        })
    }

    /// Whether they have a member in common.
    pub(crate) fn intersects(&self, other: &Self) -> bool {
        shared(&self.nodes, &other.nodes)
            .any(|(a, b)| (a.owned && b.owned) || a.children.intersects(&b.children))
    }

    fn retain_against(&mut self, other: &Self, mut take: impl FnMut(&mut Node, &Node)) {
        let mut others = other.nodes.iter().peekable();
        self.nodes.retain_mut(|node| {
            while others.next_if(|it| it.element < node.element).is_some() {}
            if let Some(taken) = others.next_if(|it| it.element == node.element) {
                take(node, taken);
            }
            node.is_needed()
        });
    }
}

impl Node {
    fn is_needed(&self) -> bool {
        self.owned || !self.children.is_empty()
    }
}

fn joined(left: Option<Node>, right: Option<Node>) -> Option<Node> {
    match (left, right) {
        (Some(mut a), Some(b)) => {
            a.owned |= b.owned;
            a.children.unite(b.children);
            Some(a)
        }
        (left, right) => left.or(right),
    }
}

/// The nodes that stand in both, in order.
fn shared<'s>(left: &'s [Node], right: &'s [Node]) -> impl Iterator<Item = (&'s Node, &'s Node)> {
    let (mut i, mut j) = (0, 0);
    std::iter::from_fn(move || {
        while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
            match a.element.cmp(&b.element) {
                Ordering::Less => i += 1,
                Ordering::Greater => j += 1,
                Ordering::Equal => {
                    (i, j) = (i + 1, j + 1);
                    return Some((a, b));
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Path;

    fn set(paths: &[&str]) -> FieldSet {
        paths.iter().map(|it| Path::parse(it).unwrap()).collect()
    }

    #[test]
    fn a_parent_and_its_child_do_not_touch_each_other() {
        assert_eq!(set(&["a"]).difference(&set(&["a.b"])), set(&["a"]));
        assert_eq!(set(&["a.b"]).difference(&set(&["a"])), set(&["a.b"]));
        assert_eq!(set(&["a"]).intersection(&set(&["a.b"])), set(&[]));
        assert!(!set(&["a"]).intersects(&set(&["a.b"])));
    }

    #[test]
    fn a_recursive_difference_takes_what_is_beneath() {
        let from = set(&["a", "a.b", "a.b.c", "d.e"]);
        assert_eq!(from.clone().recursive_difference(&set(&["a.b"])), set(&["a", "d.e"]));
        assert_eq!(from.recursive_difference(&set(&["a", "d.e.f"])), set(&["d.e"]));
    }

    #[test]
    fn union_joins_trees() {
        assert_eq!(set(&["a.b", "c"]).union(&set(&["a", "a.d"])), set(&["a", "a.b", "a.d", "c"]));
    }

    #[test]
    fn subsets_are_seen() {
        assert!(set(&["a.b"]).is_subset(&set(&["a", "a.b", "c"])));
        assert!(!set(&["a", "a.b"]).is_subset(&set(&["a.b"])));
        assert!(set(&[]).is_subset(&set(&[])));
        assert!(!set(&["b"]).is_subset(&set(&["a", "c"])));
    }

    #[test]
    fn leaves_have_nothing_beneath() {
        assert_eq!(set(&["a", "a.b", "c"]).leaves(), set(&["a.b", "c"]));
    }
}
