//! From nodes to text, with comments and styles.

use std::fmt;

use super::Document;
use crate::emit::{Emitter, Piece, Shape};
use crate::marshal::Format;
use crate::node::{Content, Node};
use crate::resolve::long_tag;
use crate::token::Quoting;

pub(super) fn document(document: &Document, format: Format) -> String {
    let mut emitter = Emitter::new(format.layout);
    let start = Piece { head: &document.comments.head, ..Piece::new(Shape::DocumentStart) };
    emitter.emit(&start);
    node(&mut emitter, &document.root, "", &document.root.comments.foot);
    let end = Piece { foot: &document.comments.foot, ..Piece::new(Shape::DocumentEnd) };
    emitter.emit(&end);
    emitter.finish()
}

impl fmt::Display for Document {
    /// Writes the document as kustomize does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(Format::kyaml()))
    }
}

/// Writes a node; `tail` is the comment below what came before it in its mapping.
fn node(emitter: &mut Emitter, node: &Node, tail: &str, foot: &str) {
    let tag = long_tag(&node.tag);
    let comments = &node.comments;
    let piece = |what| Piece {
        what,
        anchor: &node.anchor,
        tag: &tag,
        head: &comments.head,
        line: &comments.line,
        foot,
        tail,
    };
    match &node.content {
        Content::Alias(name) => {
            emitter.emit(&Piece { anchor: name, tag: "", tail: "", ..piece(Shape::Alias) });
        }
        Content::Scalar { value, quoting } => {
            let quoting = match quoting {
                Quoting::Plain if value.contains('\n') => Quoting::Literal,
                other => *other,
            };
            emitter.emit(&piece(Shape::Scalar { value, quoting }));
        }
        Content::Sequence { items, flow } => {
            let shape = Shape::SequenceStart { flow: *flow, empty: items.is_empty() };
            emitter.emit(&Piece { line: "", foot: "", tail: "", ..piece(shape) });
            for item in items {
                self::node(emitter, item, "", &item.comments.foot);
            }
            let end = Piece::new(Shape::SequenceEnd);
            emitter.emit(&Piece { line: &comments.line, foot, ..end });
        }
        Content::Mapping { entries, flow } => {
            let shape = Shape::MappingStart { flow: *flow, empty: entries.is_empty() };
            emitter.emit(&Piece { line: "", foot: "", ..piece(shape) });
            // A foot stands below the whole value, so it goes with what comes next.
            let mut tail = "";
            for (key, value) in entries {
                self::node(emitter, key, tail, "");
                self::node(emitter, value, "", &value.comments.foot);
                tail = &key.comments.foot;
            }
            let end = Piece::new(Shape::MappingEnd);
            emitter.emit(&Piece { tail, line: &comments.line, foot, ..end });
        }
    }
}
