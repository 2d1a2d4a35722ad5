//! Nodes of a document, as they stand in the text.

use crate::event::Comments;
use crate::options::Dialect;
use crate::resolve::{Type, resolve};
use crate::token::Quoting;

/// A node of a [`Document`](crate::Document): what it holds, and how it is written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// What it holds.
    pub content: Content,
    /// The tag that is written before it, in its short form (`!!str`); empty if there is none.
    pub tag: String,
    /// The name that aliases have for it; empty if there is none.
    pub anchor: String,
    /// The comments that belong to it.
    pub comments: Comments,
    /// Where it was read; `None` for a node that was made.
    pub span: Option<Span>,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// The name of an anchor, for the node that has it.
    Alias(String),
    /// Keys and values, in their order.
    #[non_exhaustive]
    Mapping {
        /// The keys with their values.
        entries: Vec<(Node, Node)>,
        /// Written as `{key: value}`.
        flow: bool,
    },
    /// A text, a number, a boolean or null: what it is, its text says.
    #[non_exhaustive]
    Scalar {
        /// The text without quotes, escapes and folding.
        value: String,
        /// How it is written.
        quoting: Quoting,
    },
    /// Items, in their order.
    #[non_exhaustive]
    Sequence {
        /// The items.
        items: Vec<Node>,
        /// Written as `[item, item]`.
        flow: bool,
    },
}

/// A part of a text: of a scalar without its anchor and tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
    /// The character of the first byte in its line, from 1.
    pub column: usize,
}

impl Node {
    /// A node that holds this.
    pub fn new(content: Content) -> Self {
        Self {
            content,
            tag: String::new(),
            anchor: String::new(),
            comments: Comments::default(),
            span: None,
        }
    }

    /// A string, with quotes if it needs them to be one.
    ///
    /// ```
    /// use gotk_yaml::{Node, Quoting};
    ///
    /// assert_eq!(Node::string("v1.2").quoting(), Some(Quoting::Plain));
    /// assert_eq!(Node::string("1.2").quoting(), Some(Quoting::Double));
    /// ```
    pub fn string(value: impl Into<String>) -> Self {
        let value = value.into();
        let quoting = if value.contains('\n') {
            Quoting::Literal
        } else if resolve(&value, Dialect::Kyaml).kind() == Type::Str {
            Quoting::Plain
        } else {
            Quoting::Double
        };
        Self::new(Content::Scalar { value, quoting })
    }

    /// A number, a boolean or null: a scalar that is not to be quoted.
    pub fn plain(value: impl Into<String>) -> Self {
        Self::new(Content::Scalar { value: value.into(), quoting: Quoting::Plain })
    }

    /// Items in block style.
    pub fn sequence(items: Vec<Self>) -> Self {
        Self::new(Content::Sequence { items, flow: false })
    }

    /// Keys and values in block style.
    pub fn mapping(entries: Vec<(Self, Self)>) -> Self {
        Self::new(Content::Mapping { entries, flow: false })
    }

    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// How a scalar is written.
    pub fn quoting(&self) -> Option<Quoting> {
        match &self.content {
            Content::Scalar { quoting, .. } => Some(*quoting),
            _ => None,
        }
    }

    /// The keys and values of a mapping; nothing for other nodes.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.content {
            Content::Mapping { entries, .. } => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; nothing for other nodes.
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::Sequence { items, .. } => items,
            _ => &[],
        }
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The value of a key of a mapping.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Content::Mapping { entries, .. } = &mut self.content else { return None };
        entries.iter_mut().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Whether the node reads as null in kustomize's dialect.
    pub fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar { value, quoting: Quoting::Plain } if self.tag.is_empty() => {
                resolve(value, Dialect::Kyaml).kind() == Type::Null
            }
            _ => self.tag == "!!null",
        }
    }

    /// Whether it is the key that merges mappings.
    pub(crate) fn is_merge_key(&self) -> bool {
        self.tag == "!!merge"
    }
}
