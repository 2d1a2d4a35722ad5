//! An object while it is built, and what is remembered about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use lean_string::LeanString;
use thin_vec::ThinVec;

use crate::edit::{self, Make};
use crate::gvk::{Gvk, ResId};
use crate::node::{Content, Entries, Node};
use crate::schema::Schema;

/// An object, its earlier names, and what a generator or patch wants of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Resource {
    pub(crate) node: Node,
    pub(crate) past: Past,
    /// Values of labels that stand in several places; see [`share`](crate::share).
    pub(crate) shared: ThinVec<Node>,
    /// The variables that take a value from it.
    pub(crate) variables: ThinVec<String>,
    /// The file that it was read from, for messages.
    pub(crate) file: Option<Arc<str>>,
}

/// What is remembered: the original keeps it in annotations, which a patch may take away.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Past {
    pub(crate) ids: ThinVec<Earlier>,
    pub(crate) prefixes: ThinVec<LeanString>,
    pub(crate) suffixes: ThinVec<LeanString>,
    pub(crate) needs_hash: bool,
    pub(crate) behavior: Option<Behavior>,
    pub(crate) may_change_name: bool,
    pub(crate) may_change_kind: bool,
    pub(crate) is_from_helm: bool,
}

/// An earlier name, namespace and kind of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Earlier {
    pub(crate) name: LeanString,
    pub(crate) namespace: LeanString,
    pub(crate) kind: LeanString,
}

/// What a generator does about an object that is there already.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Behavior {
    Unspecified,
    Create,
    Replace,
    Merge,
}

impl Behavior {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }
}

/// Annotations in which the original keeps what it remembers.
const BUILD_ANNOTATIONS: [&str; 19] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "internal.config.kubernetes.io/helm-generated",
];
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";
const ENABLED: &str = "enabled";

impl Resource {
    pub(crate) fn new(node: Node) -> Self {
        let mut read = Self {
            node,
            past: Past::default(),
            shared: ThinVec::new(),
            variables: ThinVec::new(),
            file: None,
        };
        read.remember();
        read
    }

    /// Reads what an object says in the annotations of the original.
    fn remember(&mut self) {
        let annotations = self.node.at(&["metadata", "annotations"]);
        let says = |name: &str| {
            let known = annotations.and_then(|annotations| annotations.get(name));
            known.map(|value| value.text().to_owned())
        };
        let internal = "internal.config.kubernetes.io/";
        let is_internal = |(key, _): &(Node, Node)| key.text().starts_with(internal);
        if !annotations.is_some_and(|found| found.entries().iter().any(is_internal)) {
            return;
        }
        let says = |name: &str| says(&format!("{internal}{name}"));
        let parts = |name: &str| {
            let text = says(name);
            let parts = text.iter().flat_map(|text| text.split(','));
            parts.map(LeanString::from).collect::<ThinVec<_>>()
        };
        let ids = parts("previousNames").into_iter().zip(parts("previousNamespaces"));
        let past = Past {
            ids: ids
                .zip(parts("previousKinds"))
                .map(|((name, namespace), kind)| Earlier { name, namespace, kind })
                .collect(),
            prefixes: parts("prefixes"),
            suffixes: parts("suffixes"),
            needs_hash: says("needsHashSuffix").as_deref() == Some(ENABLED),
            behavior: says("generatorBehavior").map(|name| Behavior::named(&name)),
            may_change_name: says("allowNameChange").as_deref() == Some(ENABLED),
            may_change_kind: says("allowKindChange").as_deref() == Some(ENABLED),
            is_from_helm: false,
        };
        self.past = past;
    }

    pub(crate) fn kind(&self) -> &str {
        self.node.get("kind").map(Node::text).unwrap_or_default()
    }

    pub(crate) fn api_version(&self) -> &str {
        self.node.get("apiVersion").map(Node::text).unwrap_or_default()
    }

    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::parse(self.api_version(), self.kind())
    }

    /// A text in the metadata, which is empty if it is not there.
    fn metadata_text(&self, field: &str) -> &str {
        let metadata = self.node.get("metadata").filter(|node| !node.is_empty());
        let value = metadata.and_then(|node| node.get(field)).filter(|node| !node.is_empty());
        value.map(Node::text).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.metadata_text("name")
    }

    /// The namespace as it stands there.
    pub(crate) fn namespace(&self) -> &str {
        self.metadata_text("namespace")
    }

    pub(crate) fn is_cluster_scoped(&self, schema: &Schema) -> bool {
        schema.is_namespaced(self.api_version(), self.kind()) == Some(false)
    }

    /// What it is called now.
    pub(crate) fn id(&self, schema: &Schema) -> ResId {
        let is_cluster_scoped = self.is_cluster_scoped(schema);
        ResId::new(self.gvk(), self.name(), self.namespace(), is_cluster_scoped)
    }

    /// What it was called before, oldest first.
    pub(crate) fn earlier_ids(&self) -> impl Iterator<Item = ResId> + '_ {
        self.past.ids.iter().map(|earlier| {
            let gvk = Gvk { kind: earlier.kind.clone(), ..self.gvk() };
            ResId::new(gvk, &earlier.name, &earlier.namespace, false)
        })
    }

    /// What it was called before, if there is as much of every part of it: the original keeps names,
    /// namespaces and kinds in three lists, parted by commas, and leaves out what is empty.
    pub(crate) fn counted_earlier(&self) -> Result<&[Earlier], String> {
        let count = |part: fn(&Earlier) -> &str| -> usize {
            let parts = self.past.ids.iter().map(part).filter(|part| !part.is_empty());
            parts.map(|part| part.split(',').count()).sum()
        };
        let names = count(|earlier| &earlier.name);
        if names == 0 {
            return Ok(&[]);
        }
        if names == count(|earlier| &earlier.namespace) && names == count(|earlier| &earlier.kind) {
            return Ok(&self.past.ids);
        }
        Err("it had no name, or one with a comma, when it was renamed: what it was called is lost"
            .to_owned())
    }

    /// What it was called first.
    pub(crate) fn original_id(&self, schema: &Schema) -> ResId {
        self.earlier_ids().next().unwrap_or_else(|| self.id(schema))
    }

    /// All that it is and was called.
    pub(crate) fn all_ids(&self, schema: &Schema) -> impl Iterator<Item = ResId> + '_ {
        self.earlier_ids().chain(std::iter::once(self.id(schema)))
    }

    /// Remembers what it is called, before that is changed.
    pub(crate) fn store_id(&mut self, schema: &Schema) {
        let id = self.id(schema);
        let earlier = Earlier { name: id.name, namespace: id.namespace, kind: id.gvk.kind };
        self.past.ids.reserve_exact(1);
        self.past.ids.push(earlier);
    }

    pub(crate) fn set_name(&mut self, name: &str) -> Result<(), String> {
        self.set_metadata("name", name)
    }

    pub(crate) fn set_namespace(&mut self, namespace: &str) -> Result<(), String> {
        if namespace.is_empty() {
            if let Some(metadata) = self.node.get_mut("metadata") {
                metadata.remove("namespace");
            }
            return Ok(());
        }
        self.set_metadata("namespace", namespace)
    }

    fn set_metadata(&mut self, field: &str, text: &str) -> Result<(), String> {
        match edit::lookup_create(&mut self.node, &["metadata"], Make::Mapping)? {
            Some(metadata) => edit::set_field(metadata, field, Node::plain(text)),
            None => Ok(()),
        }
    }

    pub(crate) fn set_kind(&mut self, kind: &str) -> Result<(), String> {
        edit::set_field(&mut self.node, "kind", Node::plain(kind))
    }

    /// Labels or annotations as texts.
    pub(crate) fn texts(&self, field: &str) -> BTreeMap<String, String> {
        let metadata = self.node.get("metadata").filter(|node| !node.is_empty());
        let entries = metadata.and_then(|node| node.get(field)).map(Node::entries);
        let text = |(key, value): &(Node, Node)| (key.text().to_owned(), value.text().to_owned());
        entries.unwrap_or_default().iter().map(text).collect()
    }

    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.node.at(&["metadata", "annotations"])?.get(name).map(Node::text)
    }

    /// Writes labels or annotations anew; without any, the field goes.
    pub(crate) fn set_texts(
        &mut self,
        field: &str,
        texts: &BTreeMap<String, String>,
    ) -> Result<(), String> {
        let found = edit::lookup_create(&mut self.node, &["metadata"], Make::Mapping)?;
        let Some(metadata) = found else { return Ok(()) };
        if !metadata.is_mapping() {
            return Err(format!("metadata is {}, not a mapping", edit::noun(metadata)));
        }
        metadata.remove(field);
        if !texts.is_empty() {
            let entry = |(key, value): (&String, &String)| (Node::plain(key), Node::string(value));
            metadata.set(field, Node::mapping(texts.iter().map(entry).collect()));
        }
        Ok(())
    }

    pub(crate) fn set_annotation(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut annotations = self.texts("annotations");
        annotations.insert(name.to_owned(), value.to_owned());
        self.set_texts("annotations", &annotations)
    }

    /// Whether the original would have annotations of its own in it now.
    pub(crate) fn is_marked(&self) -> bool {
        self.past != Past::default()
    }

    /// Makes sure that there is a map of annotations, as there is where the original keeps some.
    pub(crate) fn make_annotations(&mut self) -> Result<(), String> {
        edit::lookup_create(&mut self.node, &["metadata", "annotations"], Make::Mapping).map(drop)
    }

    /// Takes out what only the build needs, and makes texts of all annotations.
    pub(crate) fn finish(&mut self, keep_origin: bool, keep_history: bool) -> Result<(), String> {
        let found = self.node.at(&["metadata", "annotations"]);
        if found.is_none() && self.node.get("metadata").is_some_and(Node::is_mapping) {
            return Ok(());
        }
        let mut annotations = self.texts("annotations");
        if annotations.is_empty() && keep_origin && keep_history && !self.is_marked() {
            return Ok(());
        }
        annotations.retain(|name, _| {
            !(BUILD_ANNOTATIONS.contains(&name.as_str())
                || (name == ORIGIN && !keep_origin)
                || (name == TRANSFORMATIONS && !keep_history))
        });
        self.set_texts("annotations", &annotations)
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_gone(&self) -> bool {
        self.node.is_empty()
    }

    /// Leaves nothing of it, so that it is dropped.
    pub(crate) fn clear(&mut self) {
        self.node.content = Content::Mapping(Entries::new());
    }
}
