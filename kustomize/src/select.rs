//! Which objects a selector means.

mod labels;

use regex::Regex;

pub(crate) use self::labels::LabelSelector;
use crate::gvk::{Gvk, ResId};
use crate::kustomization::Selector;
use crate::objects::Objects;
use crate::pattern;
use crate::resource::Resource;
use crate::schema::Schema;

/// A selector, compiled.
#[derive(Debug)]
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: LabelSelector,
    annotations: LabelSelector,
}

/// A regular expression for a whole text.
#[derive(Debug)]
enum Pattern {
    Any,
    Text(String),
    Regex(Regex),
}

impl Pattern {
    fn new(pattern: &str) -> Result<Self, String> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
        match pattern {
            "" => Ok(Self::Any),
            text if text.bytes().all(is_word) => Ok(Self::Text(text.to_owned())),
            pattern => pattern::compile(&format!("^(?:{pattern})$")).map(Self::Regex),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(wanted) => wanted == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Matcher {
    pub(crate) fn new(selector: &Selector) -> Result<Self, String> {
        Ok(Self {
            group: Pattern::new(&selector.gvk.group)?,
            version: Pattern::new(&selector.gvk.version)?,
            kind: Pattern::new(&selector.gvk.kind)?,
            name: Pattern::new(&selector.name)?,
            namespace: Pattern::new(&selector.namespace)?,
            labels: LabelSelector::parse(&selector.labels)?,
            annotations: LabelSelector::parse(&selector.annotations)?,
        })
    }

    fn means_kind(&self, gvk: &Gvk) -> bool {
        self.kind.matches(&gvk.kind)
            && self.group.matches(&gvk.group)
            && self.version.matches(&gvk.version)
    }

    /// Whether labels and annotations are those that are asked for.
    pub(crate) fn means_marks(&self, resource: &Resource) -> bool {
        self.labels.matches(resource, "labels") && self.annotations.matches(resource, "annotations")
    }

    pub(crate) fn asks_for_marks(&self) -> bool {
        !self.labels.is_empty() || !self.annotations.is_empty()
    }

    /// Whether an object is meant, by its first or its present name and namespace.
    fn means(&self, resource: &Resource, schema: &Schema) -> bool {
        let (first, now) = (resource.original_id(schema), resource.id(schema));
        let either = |pattern: &Pattern, one: &str, other: &str| {
            pattern.matches(one) || pattern.matches(other)
        };
        either(&self.namespace, &first.namespace, &now.namespace)
            && either(&self.name, &first.name, &now.name)
            && self.means_kind(&now.gvk)
            && self.means_marks(resource)
    }

    /// Whether one of the names of an object, as replacements know them, is meant.
    pub(crate) fn means_id(&self, gvk: &Gvk, name: &str, namespace: &str) -> bool {
        self.means_kind(gvk) && self.name.matches(name) && self.namespace.matches(namespace)
    }

    /// Where the objects are that are meant.
    pub(crate) fn places(&self, objects: &Objects, schema: &Schema) -> Vec<usize> {
        let places = objects.as_slice().iter().enumerate();
        places.filter(|(_, resource)| self.means(resource, schema)).map(|(at, _)| at).collect()
    }
}

/// A selector as a person reads it.
pub(crate) fn shown(selector: &Selector) -> String {
    let id = ResId {
        gvk: selector.gvk.clone(),
        name: selector.name.as_str().into(),
        namespace: match selector.namespace.as_str() {
            "" => crate::gvk::DEFAULT_NAMESPACE,
            namespace => namespace.into(),
        },
    };
    id.to_string().trim().to_owned()
}
