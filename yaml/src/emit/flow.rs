//! Collections between brackets.

use super::{Emitter, Node, Place, Shape, State};

impl Emitter {
    pub(super) fn flow_sequence(&mut self, node: &Node<'_>, first: bool, trail: bool) {
        if first {
            self.open("[");
        }
        if matches!(node.piece.what, Shape::SequenceEnd) {
            self.close(self.column == 0, "]");
            return;
        }
        self.separate(first, trail);
        let trail = self.comment_follows();
        self.states.push(State::FlowSequence { first: false, trail });
        self.node(node, Place::Item);
        self.trailing_comments();
    }

    pub(super) fn flow_mapping_key(&mut self, node: &Node<'_>, first: bool, trail: bool) {
        if first {
            self.open("{");
        }
        if matches!(node.piece.what, Shape::MappingEnd) {
            let comments = &self.comments;
            let commented =
                !(comments.head.is_empty() && comments.foot.is_empty() && comments.tail.is_empty());
            if commented && !first && !trail {
                self.indicator(",", false, false, false);
            }
            self.head_comment();
            self.close(false, "}");
            return;
        }
        self.separate(first, trail);
        let simple = node.is_simple_key();
        if !simple {
            self.indicator("?", true, false, false);
        }
        self.states.push(State::FlowMappingValue { simple });
        self.node(node, Place::Key { simple });
    }

    pub(super) fn flow_mapping_value(&mut self, node: &Node<'_>, simple: bool) {
        if !simple && self.column > self.layout.width {
            self.write_indent();
        }
        self.indicator(":", !simple, false, false);
        let trail = self.comment_follows();
        self.states.push(State::FlowMappingKey { first: false, trail });
        self.node(node, Place::Value);
        self.trailing_comments();
    }

    fn open(&mut self, bracket: &str) {
        self.indicator(bracket, true, true, false);
        self.increase_indent(true, false, false);
        self.flow_level += 1;
    }

    fn close(&mut self, on_own_line: bool, bracket: &str) {
        self.flow_level -= 1;
        self.indent = self.indents.pop().unwrap_or(-1);
        if on_own_line {
            self.write_indent();
        }
        self.indicator(bracket, false, false, false);
        self.line_comment();
        self.foot_comment();
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    fn separate(&mut self, first: bool, trail: bool) {
        if !first && !trail {
            self.indicator(",", false, false, false);
        }
        self.head_comment();
        if self.column == 0 {
            self.write_indent();
        }
        if self.column > self.layout.width {
            self.write_indent();
        }
    }

    fn trailing_comments(&mut self) {
        if self.comment_follows() {
            self.indicator(",", false, false, false);
        }
        self.line_comment();
        self.foot_comment();
    }
}
