//! The tree of an object while it is built: as small as it can be, and as yaml.v3 sees it.

mod read;
mod value;

use gotk_yaml::Quoting;
use lean_string::LeanString;
use thin_vec::ThinVec;

/// From here on a line is none, but says which of an object's shared nodes it is.
pub(crate) const SHARED: u32 = 1 << 31;

/// Of a shared node: it was written over in this place.
pub(crate) const WRITTEN: u32 = 1 << 30;

/// A node: what it holds, what it is and how it was written.
///
/// Comments and anchors do not reach the output of a build, so they are not kept: a
/// [`gotk_yaml::Node`] is five times as large.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) content: Content,
    /// The line on which it was read, from 1; 0 for a node that was made.
    pub(crate) line: u32,
    pub(crate) tag: Tag,
    /// How a scalar is written.
    pub(crate) quoting: Quoting,
    /// Whether a collection is written with brackets: there, nothing has to be written as `''`.
    pub(crate) flow: bool,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Scalar(LeanString),
    Sequence(Items),
    Mapping(Entries),
}

/// The items of a sequence.
pub(crate) type Items = ThinVec<Node>;

/// The keys and values of a mapping.
pub(crate) type Entries = ThinVec<(Node, Node)>;

/// What a node is: read nodes have a tag whether it is written or not, as in yaml.v3.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Tag {
    /// Made without one: what it is, its text will say.
    #[default]
    None,
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Str,
    Binary,
    Map,
    Seq,
    /// Written by a person, and of no meaning to Kubernetes.
    Other,
}

impl Node {
    fn new(content: Content, tag: Tag, quoting: Quoting) -> Self {
        Self { content, line: 0, tag, quoting, flow: false }
    }

    /// The line on which it was read; 0 for a node that was made.
    pub(crate) fn read_line(&self) -> usize {
        if self.is_shared() { 0 } else { self.line as usize }
    }

    /// Whether it stands in several places, and changes in all of them.
    pub(crate) fn is_shared(&self) -> bool {
        self.line >= SHARED
    }

    /// Writes another node over it; if it is shared, it stays so.
    pub(crate) fn overwrite(&mut self, new: Self) {
        let line = if self.is_shared() { self.line | WRITTEN } else { new.line };
        *self = Self { line, ..new };
    }

    /// A string, whatever it looks like (`NewStringRNode`).
    pub(crate) fn string(value: impl Into<LeanString>) -> Self {
        Self::new(Content::Scalar(value.into()), Tag::Str, Quoting::Plain)
    }

    /// A scalar that is what it looks like (`NewScalarRNode`).
    pub(crate) fn plain(value: impl Into<LeanString>) -> Self {
        Self::new(Content::Scalar(value.into()), Tag::None, Quoting::Plain)
    }

    /// An explicit null.
    pub(crate) fn null() -> Self {
        Self::new(Content::Scalar(LeanString::from_static_str("null")), Tag::Null, Quoting::Plain)
    }

    pub(crate) fn sequence(items: Items) -> Self {
        Self::new(Content::Sequence(items), Tag::Seq, Quoting::Plain)
    }

    pub(crate) fn mapping(entries: Entries) -> Self {
        Self::new(Content::Mapping(entries), Tag::Map, Quoting::Plain)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(value) => Some(value),
            _ => None,
        }
    }

    /// The text of a scalar, which is empty for everything else: Go's `YNode().Value`.
    pub(crate) fn text(&self) -> &str {
        self.as_str().unwrap_or_default()
    }

    pub(crate) fn entries(&self) -> &[(Self, Self)] {
        match &self.content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [(Self, Self)] {
        match &mut self.content {
            Content::Mapping(entries) => entries,
            _ => &mut [],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::Sequence(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn items_mut(&mut self) -> &mut [Self] {
        match &mut self.content {
            Content::Sequence(items) => items,
            _ => &mut [],
        }
    }

    pub(crate) fn is_mapping(&self) -> bool {
        matches!(self.content, Content::Mapping(_))
    }

    pub(crate) fn is_sequence(&self) -> bool {
        matches!(self.content, Content::Sequence(_))
    }

    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.content, Content::Scalar(_))
    }

    /// Whether it is tagged as null (`IsTaggedNull`); a made scalar never is.
    pub(crate) fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }

    /// Null, or a collection without content (`IsNilOrEmpty`).
    pub(crate) fn is_empty(&self) -> bool {
        match &self.content {
            Content::Scalar(value) => {
                self.is_null() || (value.is_empty() && self.tag == Tag::None && self.line == 0)
            }
            Content::Sequence(items) => items.is_empty(),
            Content::Mapping(entries) => entries.is_empty(),
        }
    }

    /// Whether it is a string by its tag (`IsStringValue`).
    pub(crate) fn is_string(&self) -> bool {
        self.is_scalar() && matches!(self.tag, Tag::Str | Tag::None)
    }

    /// What an entry or an item holds.
    pub(crate) fn child(&self, at: usize) -> Option<&Self> {
        match &self.content {
            Content::Scalar(_) => None,
            Content::Sequence(items) => items.get(at),
            Content::Mapping(entries) => entries.get(at).map(|(_, value)| value),
        }
    }

    fn place(&self, key: &str) -> Option<usize> {
        let place = self.entries().iter().position(|(name, _)| name.as_str() == Some(key));
        #[cfg(test)]
        crate::steps::count(place.unwrap_or_else(|| self.entries().len()));
        place
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.place(key).map(|at| &self.entries()[at].1)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let at = self.place(key)?;
        self.entries_mut().get_mut(at).map(|(_, value)| value)
    }

    /// The value under a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text under a key, unless it is null.
    pub(crate) fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|node| !node.is_null()).and_then(Self::as_str)
    }

    /// Sets a key of a mapping, in its place if it is there and behind all others if not.
    pub(crate) fn set(&mut self, key: &str, value: Self) {
        match self.place(key) {
            Some(at) => self.entries_mut()[at].1 = value,
            None => self.push_entry(Self::string(key), value),
        }
    }

    /// Adds an entry to a mapping, behind all others.
    pub(crate) fn push_entry(&mut self, key: Self, value: Self) {
        if let Content::Mapping(entries) = &mut self.content {
            // Most mappings grow by one, and there are very many of them.
            if entries.len() < 16 {
                entries.reserve_exact(1);
            }
            entries.push((key, value));
        }
    }

    /// Takes a key out of a mapping.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Self> {
        let at = self.place(key)?;
        match &mut self.content {
            Content::Mapping(entries) => Some(entries.remove(at).1),
            _ => None,
        }
    }

    /// The mapping under a key, made if it is not there or null.
    pub(crate) fn mapping_at(&mut self, key: &str) -> Option<&mut Self> {
        if self.get(key).is_none_or(Self::is_null) {
            self.set(key, Self::mapping(Entries::new()));
        }
        self.get_mut(key).filter(|node| node.is_mapping())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Node {
        Node::parse_all(text).unwrap().remove(0)
    }

    #[test]
    fn a_node_is_small() {
        assert!(size_of::<Node>() <= 24, "{}", size_of::<Node>());
    }

    #[test]
    fn read_nodes_have_tags_and_lines() {
        let node = parse("a: 1\nb: \"1\"\nc: ~\nd: 2020-01-01\ne: {f: !!str 2}\n");
        let tag = |key| node.get(key).unwrap().tag;
        assert_eq!(tag("a"), Tag::Int);
        assert_eq!(tag("b"), Tag::Str);
        assert_eq!(tag("c"), Tag::Null);
        assert_eq!(tag("d"), Tag::Timestamp);
        assert_eq!(node.at(&["e", "f"]).unwrap().tag, Tag::Str);
        assert_eq!(node.get("e").unwrap().line, 5);
    }

    #[test]
    fn a_made_scalar_is_what_it_looks_like_and_a_made_string_is_not() {
        let mut node = Node::mapping(Entries::new());
        node.set("a", Node::plain("12"));
        node.set("b", Node::string("12"));
        node.set("c", Node::null());
        assert_eq!(node.to_value().unwrap(), json!({"a": 12, "b": "12", "c": null}));
    }

    #[test]
    fn values_are_those_of_the_long_way_through_text() {
        let text = "a: 0x1F\nb: 1e3\nc: |\n  x\n  y\nd: yes\ne: 2020-01-01\nf: 1_000\ng: .5\n\
                    h: \"\\u0085\"\ni: >\n  a\n   b\nj: !!binary aGVsbG8=\nk: '08'\nl: 08\nm: []\n\
                    n: !x 1\no: !!float 1\np: 18446744073709551615\nq: \" a\\n b\"\n";
        let document = gotk_yaml::Document::parse(text).unwrap().unwrap();
        assert_eq!(parse(text).to_value().unwrap(), document.to_value().unwrap());
    }

    #[test]
    fn what_json_cannot_hold_is_refused_with_its_line() {
        let of = |text: &str| {
            let node = parse(text);
            let (problem, checked) =
                (node.to_value().unwrap_err(), node.printed_size().unwrap_err());
            assert_eq!(problem, checked);
            problem
        };
        assert_eq!(of("a: 1\nb: 2\na: 3\n"), "line 3: mapping key \"a\" already defined at line 1");
        assert_eq!(of("a:\n  1: x\n"), "line 2: key 1 is not a string");
        assert_eq!(of("a: .inf\n"), "line 1: number .inf has no form in JSON");
        assert_eq!(of("- a\n- !!int x\n"), "line 2: cannot decode !!str `x` as a !!int");
    }

    #[test]
    fn values_come_back() {
        let value = json!({"a": [1, 1.5, "1", true, null, "x\ny"], "b": {}});
        assert_eq!(Node::from_value(&value).to_value().unwrap(), value);
    }
}
