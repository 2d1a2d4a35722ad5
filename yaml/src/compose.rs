//! From events to a tree, in one flat list.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::event::{Comments, Event, What};
use crate::parse::Parser;
use crate::problem::{Layer, Problem};
use crate::token::{Mark, Quoting};

/// A document: its nodes in the order of the text, each followed by what it holds.
#[derive(Debug, Default)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    pub(crate) comments: Option<Box<Comments>>,
}

/// A node of a [`Tree`].
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) content: Content<'a>,
    pub(crate) tag: Option<Box<str>>,
    pub(crate) anchor: Option<&'a str>,
    pub(crate) comments: Option<Box<Comments>>,
    pub(crate) start: Mark,
    /// Where a scalar's own text begins, behind its anchor and tag.
    pub(crate) body: Mark,
    pub(crate) end: Mark,
    /// Where the node after this one and all it holds stands in the list.
    next: u32,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    Alias { name: &'a str, target: NodeId },
    Mapping { flow: bool },
    Scalar { value: Cow<'a, str>, quoting: Quoting, implicit: bool },
    Sequence { flow: bool },
}

/// The number of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u32);

impl<'a> Tree<'a> {
    pub(crate) const ROOT: NodeId = NodeId(0);

    /// The tree of a text without a document: null.
    pub(crate) fn empty() -> Self {
        let content =
            Content::Scalar { value: Cow::Borrowed(""), quoting: Quoting::Plain, implicit: true };
        let mark = Mark::default();
        let node = Node {
            content,
            tag: None,
            anchor: None,
            comments: None,
            start: mark,
            body: mark,
            end: mark,
            next: 1,
        };
        Self { nodes: vec![node], comments: None }
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node<'a> {
        &self.nodes[id.0 as usize]
    }

    /// What a collection holds; in a mapping keys and values take turns.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.node(id).next;
        let mut at = id.0 + 1;
        std::iter::from_fn(move || {
            let child = NodeId(at);
            (at < end).then(|| {
                at = self.nodes[at as usize].next;
                child
            })
        })
    }

    /// The keys of a mapping with their values.
    pub(crate) fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> {
        let mut children = self.children(id);
        std::iter::from_fn(move || children.next().zip(children.next()))
    }

    pub(crate) fn comments_mut(&mut self, id: NodeId) -> &mut Option<Box<Comments>> {
        &mut self.nodes[id.0 as usize].comments
    }
}

/// Builds trees from the events of one text.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    parser: Parser<'a>,
    open: Vec<u32>,
    anchors: HashMap<&'a str, NodeId>,
    max_depth: usize,
    started: bool,
}

impl<'a> Composer<'a> {
    pub(crate) fn new(parser: Parser<'a>, max_depth: usize) -> Self {
        Self { parser, open: Vec::new(), anchors: HashMap::new(), max_depth, started: false }
    }

    /// Reads the next document into `tree`; false if there is none.
    pub(crate) fn next(&mut self, tree: &mut Tree<'a>) -> Result<bool, Problem> {
        tree.nodes.clear();
        self.anchors.clear();
        if !self.started {
            self.started = true;
            self.parser.next()?;
        }
        let first = self.parser.next()?;
        if matches!(first.what, What::StreamEnd) {
            return Ok(false);
        }
        tree.comments = first.comments;
        loop {
            let event = self.parser.next()?;
            match event.what {
                What::DocumentEnd => {
                    self.document_foot(tree, event.comments);
                    return Ok(true);
                }
                What::SequenceEnd | What::MappingEnd => self.close(tree, event),
                _ => self.add(tree, event)?,
            }
        }
    }

    fn add(&mut self, tree: &mut Tree<'a>, event: Event<'a>) -> Result<(), Problem> {
        let id = NodeId(tree.nodes.len() as u32);
        let mut opens = false;
        let content = match event.what {
            What::Alias(name) => Content::Alias { name, target: self.target(name, event.start)? },
            What::Scalar { value, quoting, implicit } => {
                Content::Scalar { value, quoting, implicit }
            }
            What::SequenceStart { flow } => {
                opens = true;
                Content::Sequence { flow }
            }
            What::MappingStart { flow } => {
                opens = true;
                Content::Mapping { flow }
            }
            _ => return Ok(()),
        };
        if opens {
            if self.open.len() >= self.max_depth {
                let what = format!("exceeded max depth of {}", self.max_depth);
                return Err(Problem::limit(what, event.start));
            }
            self.open.push(id.0);
        }
        if let Some(anchor) = event.anchor {
            self.anchors.insert(anchor, id);
        }
        tree.nodes.push(Node {
            content,
            tag: event.tag,
            anchor: event.anchor,
            comments: event.comments,
            start: event.start,
            body: event.body,
            end: event.end,
            next: id.0 + 1,
        });
        Ok(())
    }

    fn close(&mut self, tree: &mut Tree<'a>, event: Event<'a>) {
        let next = tree.nodes.len() as u32;
        let Some(open) = self.open.pop() else { return };
        let node = &mut tree.nodes[open as usize];
        node.next = next;
        node.end = event.end;
        let head = node.comments.take().map(|comments| comments.head).unwrap_or_default();
        let ending = event.comments.map(|comments| *comments).unwrap_or_default();
        let comments = Comments { head, ..ending };
        node.comments = (!comments.is_empty()).then(|| Box::new(comments));
    }

    fn target(&self, name: &str, at: Mark) -> Result<NodeId, Problem> {
        self.anchors.get(name).copied().ok_or_else(|| {
            let what = format!("unknown anchor '{name}' referenced");
            Problem::new(Layer::Composer, what, at, Mark::default())
        })
    }

    fn document_foot(&self, tree: &mut Tree<'a>, comments: Option<Box<Comments>>) {
        if let Some(ending) = comments {
            tree.comments.get_or_insert_default().foot = ending.foot;
        }
    }
}
