//! Which kinds are served: the built-in ones, and those that definitions add.

use std::sync::Arc;

use crate::convert::Foreign;
use crate::kind::{Kind, Scope};
use crate::owning;

/// The served kinds, in discovery's order.
#[derive(Debug)]
pub(crate) struct Registry {
    kinds: Vec<Arc<Kind>>,
    shelves: usize,
}

impl Registry {
    pub(crate) fn built_in() -> Self {
        let rows = include_str!("kinds.txt").lines().filter(|line| !line.starts_with('#'));
        let mut kinds: Vec<Kind> =
            rows.enumerate().filter_map(|(shelf, row)| read(row, shelf)).collect();
        // A second shape shares the objects of the first, which comes before it.
        for at in 0..kinds.len() {
            if kinds[at].foreign.is_some()
                && let Some(first) = kinds[..at].iter().find(|kind| kind.kind == kinds[at].kind)
            {
                kinds[at].shelf = first.shelf;
            }
        }
        Self { shelves: kinds.len(), kinds: kinds.into_iter().map(Arc::new).collect() }
    }

    pub(crate) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Kind>> {
        let found = self
            .kinds
            .iter()
            .find(|k| &*k.plural == plural && &*k.version == version && &*k.group == group);
        found.cloned()
    }

    /// The custom kind of a definition, in one of its versions.
    pub(crate) fn custom(&self, group: &str, plural: &str) -> Option<Arc<Kind>> {
        self.kinds
            .iter()
            .find(|k| !k.built_in && &*k.group == group && &*k.plural == plural)
            .cloned()
    }

    /// Whether a kind is served, and has not been replaced by a newer one of its name.
    pub(crate) fn serves(&self, kind: &Arc<Kind>) -> bool {
        kind.built_in || self.kinds.iter().any(|served| Arc::ptr_eq(served, kind))
    }

    /// The shelf of a custom kind: the one it has, or a new one.
    pub(crate) fn shelf_of(&self, group: &str, plural: &str) -> usize {
        self.custom(group, plural).map_or(self.shelves, |kind| kind.shelf)
    }

    /// Serves `kinds` in place of a definition's former ones; false where none may be served.
    pub(crate) fn replace(&mut self, group: &str, plural: &str, kinds: Vec<Kind>) -> bool {
        self.kinds.retain(|k| k.built_in || &*k.group != group || &*k.plural != plural);
        let serves = !kinds.is_empty();
        for kind in kinds {
            self.shelves = self.shelves.max(kind.shelf + 1);
            self.kinds.push(Arc::new(kind));
        }
        serves
    }

    /// Serves the kinds of a snapshot. Shelves are not used twice, whichever server it came from.
    pub(crate) fn restore(&mut self, kinds: &[Arc<Kind>], shelves: usize) {
        self.kinds = kinds.to_vec();
        self.shelves = self.shelves.max(shelves);
    }

    pub(crate) fn has_group(&self, group: &str) -> bool {
        self.kinds.iter().any(|kind| &*kind.group == group)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.iter()
    }

    /// The kind of a shelf, in the first version it is served in.
    pub(crate) fn on_shelf(&self, shelf: usize) -> Option<&Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.shelf == shelf)
    }

    /// One kind for each shelf, however many versions it is served in.
    pub(crate) fn stored_kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        let first = |at: usize| !self.kinds[..at].iter().any(|k| k.shelf == self.kinds[at].shelf);
        self.kinds.iter().enumerate().filter(move |(at, _)| first(*at)).map(|(_, kind)| kind)
    }

    /// The groups in order, the legacy one (`""`) included, each with its versions.
    pub(crate) fn groups(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for kind in &self.kinds {
            match groups.iter_mut().find(|(group, _)| *group == &*kind.group) {
                Some((_, versions)) if versions.contains(&&*kind.version) => {}
                Some((_, versions)) => versions.push(&kind.version),
                None => groups.push((&kind.group, vec![&kind.version])),
            }
        }
        groups
    }

    /// How many shelves were ever handed out; a shelf is not used twice.
    pub(crate) fn shelves(&self) -> usize {
        self.shelves
    }
}

fn read(row: &str, shelf: usize) -> Option<Kind> {
    let columns: Vec<&str> = row.split_whitespace().collect();
    let [group, version, kind, plural, scope, short, categories, subresources, flags, fields] =
        columns[..]
    else {
        return None;
    };
    Some(Kind {
        group: word(group).into(),
        version: version.into(),
        kind: kind.into(),
        list_kind: format!("{kind}List").into(),
        plural: plural.into(),
        singular: kind.to_ascii_lowercase().into(),
        short_names: words(short),
        categories: words(categories),
        scope: if scope == "N" { Scope::Namespaced } else { Scope::Cluster },
        subresources: words(subresources),
        posted: flags.contains('p'),
        told: flags.contains('r'),
        foreign: match (flags.contains('s'), kind) {
            (false, _) => None,
            (true, "Event") => Some(Foreign::Event),
            (true, _) => Some(Foreign::Autoscaler),
        },
        counts_generation: flags.contains('g'),
        update_creates: flags.contains('c'),
        update_needs_version: flags.contains('v'),
        built_in: true,
        custom: None,
        fields: words(fields).into(),
        versions: owning::built_in(word(group), kind),
        shelf,
    })
}

/// `-` stands for nothing.
fn word(column: &str) -> &str {
    if column == "-" { "" } else { column }
}

fn words(column: &str) -> Vec<Box<str>> {
    word(column).split(',').filter(|w| !w.is_empty()).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        let rows = include_str!("kinds.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(Registry::built_in().iter().count(), rows);
        assert_eq!(rows, 72);
    }

    #[test]
    fn a_kind_is_found_by_its_path() {
        let registry = Registry::built_in();
        let pods = registry.find("", "v1", "pods").unwrap();
        assert!(pods.namespaced() && pods.has("status") && !pods.has("scale"));
        let roles = registry.find("rbac.authorization.k8s.io", "v1", "clusterroles").unwrap();
        assert_eq!(roles.qualified(), "clusterroles.rbac.authorization.k8s.io");
        assert!(registry.find("apps", "v1beta1", "deployments").is_none());
    }
}
