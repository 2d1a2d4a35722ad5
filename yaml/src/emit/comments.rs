//! Comments, in the places goyaml.v3 gives them.

use std::mem;

use super::analysis::is_break;
use super::{Emitter, Node, Piece, Shape};

impl Emitter {
    pub(super) fn take_comments(&mut self, piece: &Piece<'_>) {
        for (comment, waiting) in [
            (piece.head, &mut self.comments.head),
            (piece.line, &mut self.comments.line),
            (piece.foot, &mut self.comments.foot),
            (piece.tail, &mut self.comments.tail),
        ] {
            if !comment.is_empty() {
                comment.clone_into(waiting);
            }
        }
    }

    /// Whether a comment will be written behind what comes next.
    pub(super) fn comment_follows(&self) -> bool {
        let Self { comments, .. } = self;
        !(comments.line.is_empty() && comments.foot.is_empty() && comments.tail.is_empty())
    }

    pub(super) fn head_comment(&mut self) {
        if !self.comments.tail.is_empty() {
            let tail = mem::take(&mut self.comments.tail);
            self.write_indent();
            self.write_comment(&tail);
            self.foot_indent = self.indent.max(0);
        }
        if !self.comments.head.is_empty() {
            let head = mem::take(&mut self.comments.head);
            self.write_indent();
            self.write_comment(&head);
        }
    }

    pub(super) fn line_comment(&mut self) {
        if !self.comments.line.is_empty() {
            let line = mem::take(&mut self.comments.line);
            if !self.whitespace {
                self.put(" ");
            }
            self.write_comment(&line);
        }
    }

    /// Ends the line of a block scalar's header.
    pub(super) fn line_comment_or_break(&mut self) {
        if self.comments.line.is_empty() {
            self.line_break();
        } else {
            self.line_comment();
        }
    }

    pub(super) fn foot_comment(&mut self) {
        if !self.comments.foot.is_empty() {
            let foot = mem::take(&mut self.comments.foot);
            self.write_indent();
            self.write_comment(&foot);
            self.foot_indent = self.indent.max(0);
        }
    }

    /// A comment behind a key goes behind its value, or before it if that is a block.
    pub(super) fn key_line_comment(&mut self, node: &Node<'_>) {
        if self.comments.key_line.is_empty() {
            return;
        }
        match node.piece.what {
            Shape::Scalar { .. } if self.comments.line.is_empty() => {
                self.comments.line = mem::take(&mut self.comments.key_line);
            }
            Shape::SequenceStart { flow: false, .. } | Shape::MappingStart { flow: false, .. } => {
                mem::swap(&mut self.comments.line, &mut self.comments.key_line);
                self.line_comment();
                mem::swap(&mut self.comments.line, &mut self.comments.key_line);
            }
            _ => {}
        }
    }

    fn write_comment(&mut self, comment: &str) {
        let mut at_line_start = false;
        let mut marked = false;
        for char in comment.chars() {
            if is_break(char) {
                self.write_break(char);
                at_line_start = true;
                marked = false;
                continue;
            }
            if at_line_start {
                self.write_indent();
            }
            if !marked && char != '#' {
                self.put("# ");
            }
            marked = true;
            self.write_char(char);
            self.indention = false;
            at_line_start = false;
        }
        if !at_line_start {
            self.line_break();
        }
        self.whitespace = true;
    }
}
