//! From a tree to nodes that own their text.

use std::mem;

use super::Document;
use crate::compose::{self, NodeId, Tree};
use crate::event::Comments;
use crate::node::{Content, Node, Span};
use crate::resolve::short_tag;
use crate::token::Quoting;

/// Makes a document; `skipped` bytes of the text came before the tree's.
pub(crate) fn document(tree: &mut Tree<'_>, skipped: usize) -> Document {
    let comments = tree.comments.take().map(|comments| *comments).unwrap_or_default();
    Document { root: node(tree, Tree::ROOT, skipped), comments }
}

fn node(tree: &mut Tree<'_>, id: NodeId, skipped: usize) -> Node {
    let mut comments = tree.comments_mut(id).take().map(|comments| *comments).unwrap_or_default();
    let source = tree.node(id);
    let span = span(source, skipped);
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
            let items = children.into_iter().map(|child| node(tree, child, skipped)).collect();
            Content::Sequence { items, flow }
        }
        &compose::Content::Mapping { flow } => {
            let entries = entries(tree, id, skipped, &mut comments, flow);
            Content::Mapping { entries, flow }
        }
    };
    Node { content, tag, anchor, comments, span: Some(span) }
}

fn span(node: &compose::Node<'_>, skipped: usize) -> Span {
    Span {
        start: node.body.offset as usize + skipped,
        end: node.end.offset as usize + skipped,
        line: node.body.line as usize + 1,
        column: node.body.column as usize + 1,
    }
}

/// The entries of a mapping, each foot comment moved to the key after whose value it stands.
fn entries(
    tree: &mut Tree<'_>,
    id: NodeId,
    skipped: usize,
    comments: &mut Comments,
    flow: bool,
) -> Vec<(Node, Node)> {
    let pairs: Vec<(NodeId, NodeId)> = tree.pairs(id).collect();
    let mut entries: Vec<(Node, Node)> = Vec::with_capacity(pairs.len());
    for (key_id, value_id) in pairs {
        let mut key = node(tree, key_id, skipped);
        if !flow
            && !key.comments.foot.is_empty()
            && let Some((above, _)) = entries.last_mut()
        {
            above.comments.foot = mem::take(&mut key.comments.foot);
        }
        let mut value = node(tree, value_id, skipped);
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
