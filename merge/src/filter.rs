//! Fields that a write may set and does not own by it.

use crate::path::PathElement;
use crate::set::FieldSet;

/// Which fields a write can own: all but some, or only those that match.
///
/// A resource's strategy resets fields: the status of a write to the object, everything else of a
/// write to its status. They are in the request, and do not count.
#[derive(Clone, Debug)]
pub struct FieldFilter(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Exclude(FieldSet),
    Include(Matcher),
}

impl FieldFilter {
    /// Every field but these and what is beneath them.
    pub const fn exclude(fields: FieldSet) -> Self {
        Self(Kind::Exclude(fields))
    }

    /// Only the fields that a pattern leads to or through, and what is beneath its end.
    pub fn include(patterns: impl IntoIterator<Item = Vec<Step>>) -> Self {
        let matcher = patterns.into_iter().map(Matcher::of).reduce(Matcher::merge);
        Self(Kind::Include(matcher.unwrap_or(Matcher::All)))
    }

    /// The members of the set that a write can own.
    pub fn filter(&self, fields: FieldSet) -> FieldSet {
        match &self.0 {
            Kind::Exclude(excluded) if excluded.is_empty() => fields,
            Kind::Exclude(excluded) => fields.recursive_difference(excluded),
            Kind::Include(matcher) => matcher.filter(fields),
        }
    }
}

/// The filters of a resource, whose versions may name fields differently.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    pub(crate) everywhere: Option<FieldFilter>,
    pub(crate) by_version: Vec<(String, FieldFilter)>,
}

impl Filters {
    pub(crate) fn filter(&self, api_version: &str, fields: FieldSet) -> FieldSet {
        let own = self.by_version.iter().find(|(version, _)| version == api_version);
        match own.map(|(_, filter)| filter).or(self.everywhere.as_ref()) {
            Some(filter) => filter.filter(fields),
            None => fields,
        }
    }
}

/// One step of a pattern.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Step {
    /// Whatever there is.
    Any,
    /// This element.
    Element(PathElement),
}

#[derive(Clone, Debug)]
enum Matcher {
    All,
    /// Wildcards stand first and win.
    Steps(Vec<(Step, Self)>),
}

impl Matcher {
    fn of(pattern: Vec<Step>) -> Self {
        pattern.into_iter().rev().fold(Self::All, |child, step| Self::Steps(vec![(step, child)]))
    }

    fn merge(self, other: Self) -> Self {
        let (Self::Steps(mut mine), Self::Steps(theirs)) = (self, other) else { return Self::All };
        for (step, child) in theirs {
            match mine.iter_mut().find(|(known, _)| *known == step) {
                Some((_, known)) => *known = std::mem::replace(known, Self::All).merge(child),
                None => mine.push((step, child)),
            }
        }
        mine.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self::Steps(mine)
    }

    fn filter(&self, mut fields: FieldSet) -> FieldSet {
        let Self::Steps(steps) = self else { return fields };
        fields.nodes.retain_mut(|node| {
            let matches = |step: &Step| match step {
                Step::Any => true,
                Step::Element(element) => *element == node.element,
            };
            let Some((_, child)) = steps.iter().find(|(step, _)| matches(step)) else {
                return false;
            };
            node.children = child.filter(std::mem::take(&mut node.children));
            node.owned || !node.children.is_empty()
        });
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Path;

    fn set(paths: &[&str]) -> FieldSet {
        paths.iter().map(|it| Path::parse(it).unwrap()).collect()
    }

    fn field(name: &str) -> Step {
        Step::Element(PathElement::field(name))
    }

    #[test]
    fn exclusion_takes_what_is_beneath() {
        let filter = FieldFilter::exclude(set(&["status"]));
        assert_eq!(filter.filter(set(&["spec.a", "status", "status.b"])), set(&["spec.a"]));
    }

    #[test]
    fn a_pattern_may_pass_through_any_item() {
        let resources = vec![field("spec"), field("containers"), Step::Any, field("resources")];
        let filter = FieldFilter::include([resources, vec![field("status")]]);
        let fields = set(&[
            "spec.containers[name=a]",
            "spec.containers[name=a].image",
            "spec.containers[name=a].resources.limits",
            "spec.x",
            "status.y",
        ]);
        let kept = set(&[
            "spec.containers[name=a]",
            "spec.containers[name=a].resources.limits",
            "status.y",
        ]);
        assert_eq!(filter.filter(fields), kept);
    }
}
