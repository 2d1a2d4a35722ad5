//! From a tree to nodes that own their text.

use std::mem;

use super::Document;
use crate::compose::{self, NodeId, Tree};
use crate::event::Comments;
use crate::node::{Content, Node, Span};
use crate::resolve::short_tag;
use crate::token::Quoting;

/// How much of a stream came before a tree's text.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    pub(crate) bytes: usize,
    pub(crate) lines: usize,
}

/// Makes a document.
pub(crate) fn document(tree: &mut Tree<'_>, before: Before) -> Document {
    let comments = tree.comments.take().map(|comments| *comments).unwrap_or_default();
    Document { root: node(tree, Tree::ROOT, before), comments }
}

fn node(tree: &mut Tree<'_>, id: NodeId, before: Before) -> Node {
    let mut comments = tree.comments_mut(id).take().map(|comments| *comments).unwrap_or_default();
    let source = tree.node(id);
    let span = span(source, before);
    let anchor = source.anchor.unwrap_or_default().to_owned();
    let mut tag = match source.tag.as_deref() {
        None | Some("!") => String::new(),
        Some(tag) => short_tag(tag).into_owned(),
    };
    let content = match &source.content {
        compose::Content::Alias { name, .. } => Content::Alias((*name).to_owned()),
        compose::Content::Scalar { value, quoting, .. } => {
            if *quoting == Quoting::Plain && value == "<<" && tag.is_empty() {
                "!!merge".clone_into(&mut tag);
            }
            Content::Scalar { value: value.clone().into_owned(), quoting: *quoting }
        }
        &compose::Content::Sequence { flow } => {
            let children: Vec<NodeId> = tree.children(id).collect();
            let items = children.into_iter().map(|child| node(tree, child, before)).collect();
            Content::Sequence { items, flow }
        }
        &compose::Content::Mapping { flow } => {
            let entries = entries(tree, id, before, &mut comments, flow);
            Content::Mapping { entries, flow }
        }
    };
    Node { content, tag, anchor, comments, span: Some(span) }
}

fn span(node: &compose::Node<'_>, before: Before) -> Span {
    Span {
        start: node.body.offset as usize + before.bytes,
        end: node.end.offset as usize + before.bytes,
        line: node.body.line as usize + before.lines + 1,
        column: node.body.column as usize + 1,
    }
}

/// The entries of a mapping, each foot comment moved to the key after whose value it stands.
fn entries(
    tree: &mut Tree<'_>,
    id: NodeId,
    before: Before,
    comments: &mut Comments,
    flow: bool,
) -> Vec<(Node, Node)> {
    let pairs: Vec<(NodeId, NodeId)> = tree.pairs(id).collect();
    let mut entries: Vec<(Node, Node)> = Vec::with_capacity(pairs.len());
    for (key_id, value_id) in pairs {
        let mut key = node(tree, key_id, before);
        if !flow
            && !key.comments.foot.is_empty()
            && let Some((above, _)) = entries.last_mut()
        {
            above.comments.foot = mem::take(&mut key.comments.foot);
        }
        let mut value = node(tree, value_id, before);
        if key.comments.foot.is_empty() {
            key.comments.foot = mem::take(&mut value.comments.foot);
        }
        entries.push((key, value));
    }
    if !flow
        && !comments.foot.is_empty()
        && let Some((last, _)) = entries.last_mut()
    {
        last.comments.foot = mem::take(&mut comments.foot);
    }
    entries
}
