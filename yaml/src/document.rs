//! Documents that are written back as they were, but for what was changed.

mod aliases;
mod build;
mod write;

pub(crate) use self::build::{Before, document as build};

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::compose::{self, Tree};
use crate::decode::Issue;
use crate::error::Error;
use crate::event::Comments;
use crate::marshal::Format;
use crate::node::{Content, Node};
use crate::options::{Dialect, Options};
use crate::read::{self, Start};
use crate::resolve::{resolve, short_tag};
use crate::token::Quoting;

/// A document with its order, styles, comments and positions.
///
/// It is read and written as kustomize does: that keeps comments, but not blank lines and not
/// the width of indentation. To change a value and no other byte, use [`Edit`](crate::Edit).
///
/// ```
/// use gotk_yaml::Document;
///
/// let text = "# the shop\nkind: App # not a Deployment\nreplicas:   3\n";
/// let document = Document::parse(text)?.expect("the text has a document");
/// assert_eq!(document.root.get("replicas").and_then(|node| node.as_str()), Some("3"));
/// assert_eq!(document.to_string(), "# the shop\nkind: App # not a Deployment\nreplicas: 3\n");
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// The outermost node.
    pub root: Node,
    /// The comments before and behind the document.
    pub comments: Comments,
}

impl Document {
    /// A document that holds this node.
    pub fn new(root: Node) -> Self {
        Self { root, comments: Comments::default() }
    }

    /// Reads the first document of a text in kustomize's dialect; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the text is no YAML.
    pub fn parse(text: &str) -> Result<Option<Self>, Error> {
        Self::parse_with(text.as_bytes(), &Options::kyaml())
    }

    /// Reads the first document of bytes. Of the options only the limits count: comments and
    /// styles are kustomize's.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_with(bytes: &[u8], options: &Options) -> Result<Option<Self>, Error> {
        Self::parse_part(bytes, options, Start::default())
    }

    fn parse_part(bytes: &[u8], options: &Options, start: Start) -> Result<Option<Self>, Error> {
        let options = Options { dialect: Dialect::Kyaml, ..options.clone() };
        read::Document::read(bytes, &options, start, |reading| {
            let before = Before { bytes: reading.skipped, lines: start.line };
            Ok(reading.tree.take().map(|tree| build(tree, before)))
        })
    }

    /// Reads all documents of a stream, as kustomize reads resource files: without those that are
    /// null, with aliases replaced by copies, and a `List` taken apart if it is alone.
    ///
    /// Spans count lines from the beginning of the stream, and bytes from that of the document.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and when a merge key or an alias makes no sense.
    #[doc(alias = "FromBytes")]
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Error> {
        Self::parse_all_with(text, &Options::kyaml())
    }

    /// Reads all documents of a stream within other limits.
    ///
    /// # Errors
    ///
    /// As [`parse_all`](Self::parse_all).
    pub fn parse_all_with(text: &str, options: &Options) -> Result<Vec<Self>, Error> {
        let mut documents = Vec::new();
        Self::parse_each(text, options, |document| documents.push(document))?;
        Ok(documents)
    }

    /// Reads all documents of a stream one by one, for who keeps less of them than there is.
    ///
    /// # Errors
    ///
    /// As [`parse_all`](Self::parse_all); documents before the fault have been handed out.
    pub fn parse_each(
        text: &str,
        options: &Options,
        mut each: impl FnMut(Self),
    ) -> Result<(), Error> {
        let unix = match text.contains("\r\n") {
            true => Cow::Owned(text.replace("\r\n", "\n")),
            false => Cow::Borrowed(text),
        };
        let parts = crate::stream::kustomize_parts(&unix)?;
        if parts.len() > options.max_documents {
            let limit = options.max_documents;
            return Err(Error::too_large(format!("stream of more than {limit} documents")));
        }
        let alone = parts.len() == 1;
        let mut parts = parts.into_iter().enumerate();
        while let Some((index, (line, part))) = parts.next() {
            let start = Start { document: index, line };
            let read = Self::parse_part(part.as_bytes(), options, start).map_err(malformed)?;
            let Some(document) = read.filter(|document| !document.root.is_null()) else { continue };
            let items = match alone && document.is_list() {
                true => list_items(document.root).into_iter().map(Self::new).collect(),
                false => vec![document],
            };
            for mut document in items {
                if let Err(error) = document.inline_aliases(options.max_alias_bytes) {
                    // The original follows aliases when all of the stream is read.
                    for (index, (line, part)) in parts {
                        let start = Start { document: index, line };
                        Self::parse_part(part.as_bytes(), options, start).map_err(malformed)?;
                    }
                    return Err(error);
                }
                each(document);
            }
        }
        Ok(())
    }

    fn is_list(&self) -> bool {
        let kind = self.root.get("kind").and_then(Node::as_str);
        matches!(kind, Some("List" | "ResourceList"))
            && (self.root.get("items").is_some() || self.root.get("functionConfig").is_some())
    }

    /// Replaces every alias by a copy of what it names, and merges what `<<` asks for.
    ///
    /// # Errors
    ///
    /// When an alias names a node that holds it, when a merge key names no mapping, or when the
    /// copies are larger than `max_bytes`.
    #[doc(alias = "DeAnchor")]
    pub fn inline_aliases(&mut self, max_bytes: usize) -> Result<(), Error> {
        aliases::inline(&mut self.root, max_bytes)
    }

    /// Writes the document as the named program does; the width of lines is not limited.
    pub fn write(&self, format: Format) -> String {
        write::document(self, format)
    }

    /// The document as `kustomize build` sees it: written, read again, and made JSON.
    ///
    /// # Errors
    ///
    /// When the document is neither mapping nor sequence, or holds what JSON cannot hold.
    #[doc(alias = "MarshalJSON")]
    pub fn to_value(&self) -> Result<Value, Error> {
        let text = self.to_string();
        let options = Options::kyaml().max_bytes(u32::MAX);
        read::Document::read(text.as_bytes(), &options, Start::default(), |reading| {
            // What is written for an empty document holds none, and leaves an empty map as it is.
            let Some(tree) = reading.tree.as_deref() else { return Ok(Value::Object(Map::new())) };
            let root = tree.node(Tree::ROOT);
            let issue =
                matches!(root.content, compose::Content::Scalar { .. }).then(|| no_map(root));
            match issue.flatten() {
                Some(issue) => Err(reading.origin.issues(&[issue])),
                None => reading.value(),
            }
        })
    }
}

fn malformed(error: Error) -> Error {
    error.reworded(|words| format!("MalformedYAMLError: {words}"))
}

/// The complaint about a scalar where a map is wanted; null is as good as one.
fn no_map(root: &compose::Node<'_>) -> Option<Issue> {
    let compose::Content::Scalar { value, quoting, .. } = &root.content else { return None };
    let tag = match (root.tag.as_deref().map(short_tag), quoting) {
        (Some(tag), _) if tag != "!" => tag,
        (_, Quoting::Plain) => resolve(value, Dialect::Kyaml).kind().tag().into(),
        _ => "!!str".into(),
    };
    if tag == "!!null" {
        return None;
    }
    let text = shortened(value);
    let message = format!("cannot unmarshal {tag}{text} into map[string]interface {{}}");
    let original = format!("line {}: {message}", root.start.line + 1);
    Some(Issue { at: root.start, message, original, is_duplicate: false })
}

/// A value as it is shown in a message.
fn shortened(value: &str) -> String {
    if value.len() <= 10 {
        return format!(" `{value}`");
    }
    // The original cuts bytes, and so characters.
    format!(" `{}...`", crate::base64::replace_invalid(&value.as_bytes()[..7]))
}

fn list_items(list: Node) -> Vec<Node> {
    let Content::Mapping { entries, .. } = list.content else { return Vec::new() };
    let items = entries.into_iter().find(|(key, _)| key.as_str() == Some("items"));
    match items.map(|(_, value)| value.content) {
        Some(Content::Sequence { items, .. }) => items,
        _ => Vec::new(),
    }
}
