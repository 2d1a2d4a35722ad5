//! Sets of fields: which ones a manager owns, which ones changed.

mod algebra;
mod fields_v1;
mod guess;

use std::fmt;

use crate::path::{Path, PathElement};

/// A set of paths, kept as a tree in the order of `fieldsV1`.
///
/// A path is a member or it is not; that its children are says nothing about itself. The empty
/// path, the whole object, is never a member.
///
/// `Display` writes the exact `fieldsV1` text, key order included; serde reads and writes the same
/// (a `serde_json::Value` made from it sorts or keeps keys as that crate was built to).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldSet {
    pub(crate) nodes: Vec<Node>,
}

/// A child: itself a member, or with members beneath it, or both. Never neither.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Node {
    pub(crate) element: PathElement,
    pub(crate) owned: bool,
    pub(crate) children: FieldSet,
}

impl FieldSet {
    /// The set without members.
    pub const fn new() -> Self {
        Self { nodes: Vec::new() }
    }

    /// Adds a path. Its parents are not added.
    pub fn insert(&mut self, path: &Path) {
        let Some((last, parents)) = path.0.split_last() else { return };
        let mut set = self;
        for element in parents {
            set = &mut set.descend(element).children;
        }
        set.descend(last).owned = true;
    }

    /// Whether the path itself is a member.
    pub fn has(&self, path: &Path) -> bool {
        let Some((last, parents)) = path.0.split_last() else { return false };
        let found = parents.iter().try_fold(self, |set, it| set.get(it).map(|node| &node.children));
        found.and_then(|set| set.get(last)).is_some_and(|node| node.owned)
    }

    /// Whether nothing is a member.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many paths are members.
    pub fn len(&self) -> usize {
        self.nodes.iter().map(|node| usize::from(node.owned) + node.children.len()).sum()
    }

    /// The members, as upstream lists them: those of a level first, then those beneath.
    pub fn paths(&self) -> Vec<Path> {
        let mut out = Vec::with_capacity(self.len());
        self.collect(&mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, prefix: &mut Vec<PathElement>, out: &mut Vec<Path>) {
        for node in self.nodes.iter().filter(|node| node.owned) {
            let path = prefix.iter().chain([&node.element]).cloned();
            out.push(Path(path.collect()));
        }
        for node in &self.nodes {
            prefix.push(node.element.clone());
            node.children.collect(prefix, out);
            prefix.pop();
        }
    }

    pub(crate) fn get(&self, element: &PathElement) -> Option<&Node> {
        self.find(element).ok().map(|at| &self.nodes[at])
    }

    /// The child for a field name. `None` is not there.
    pub(crate) fn get_field(&self, name: &str) -> Option<&Node> {
        let found = self.nodes.binary_search_by(|node| match node.element.as_field() {
            Some(field) => field.cmp(name),
            None => std::cmp::Ordering::Greater,
        });
        found.ok().map(|at| &self.nodes[at])
    }

    fn find(&self, element: &PathElement) -> Result<usize, usize> {
        // Most sets are built in order.
        match self.nodes.last() {
            None => Err(0),
            Some(last) if last.element < *element => Err(self.nodes.len()),
            Some(_) => self.nodes.binary_search_by(|node| node.element.cmp(element)),
        }
    }

    /// The child, made where it is missing. The caller must give it a member.
    fn descend(&mut self, element: &PathElement) -> &mut Node {
        let at = self.find(element).unwrap_or_else(|at| {
            let node = Node { element: element.clone(), owned: false, children: Self::new() };
            self.nodes.insert(at, node);
            at
        });
        &mut self.nodes[at]
    }

    /// Adds a child at the end, in no order yet, unless it is empty. [`finish`](Self::finish) must
    /// follow.
    pub(crate) fn push(&mut self, element: &PathElement, owned: bool, children: Self) {
        if owned || !children.is_empty() {
            self.nodes.push(Node { element: element.clone(), owned, children });
        }
    }

    /// Restores the order after [`push`](Self::push), and joins what was pushed twice.
    pub(crate) fn finish(&mut self) {
        if self.nodes.is_sorted_by(|a, b| a.element < b.element) {
            return;
        }
        self.nodes.sort_by(|a, b| a.element.cmp(&b.element));
        self.nodes.dedup_by(|later, kept| {
            let same = later.element == kept.element;
            if same {
                kept.owned |= later.owned;
                kept.children.unite(std::mem::take(&mut later.children));
            }
            same
        });
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        let mut set = Self::new();
        paths.into_iter().for_each(|path| set.insert(&path));
        set
    }
}

impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_fields_v1())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn a_child_does_not_make_its_parent_a_member() {
        let set: FieldSet = [path("a.b")].into_iter().collect();
        assert!(set.has(&path("a.b")));
        assert!(!set.has(&path("a")));
        assert!(!set.has(&Path::default()));
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn the_whole_object_is_never_a_member() {
        let set: FieldSet = [Path::default()].into_iter().collect();
        assert!(set.is_empty());
    }

    #[test]
    fn members_of_a_level_come_before_those_beneath() {
        let set: FieldSet = ["a.b", "c", "a"].map(path).into_iter().collect();
        let listed: Vec<_> = set.paths().iter().map(Path::to_string).collect();
        assert_eq!(listed, [".a", ".c", ".a.b"]);
    }

    #[test]
    fn pushed_children_are_put_in_order_and_joined() {
        let mut set = FieldSet::new();
        let child = FieldSet::from_iter([path("x")]);
        set.push(&PathElement::value(&json!(1)), true, FieldSet::new());
        set.push(&PathElement::field("b"), false, child);
        set.push(&PathElement::field("a"), false, FieldSet::new());
        set.push(&PathElement::field("b"), true, FieldSet::new());
        set.finish();
        assert_eq!(set.to_string(), r#"{"f:b":{".":{},"f:x":{}},"v:1":{}}"#);
    }
}
