//! Indicators: the tokens that are one or three fixed characters.

use super::{Scanned, Scanner, SimpleKey};
use crate::token::{Kind, Token};

impl<'a> Scanner<'a> {
    pub(super) fn fetch_stream_end(&mut self) -> Scanned {
        self.cursor.finish_line();
        self.unroll_indent(-1, self.cursor.mark());
        self.remove_key()?;
        self.key_allowed = false;
        self.push_here(Kind::StreamEnd)
    }

    pub(super) fn fetch_document_indicator(&mut self) -> Scanned {
        self.unroll_indent(-1, self.cursor.mark());
        self.remove_key()?;
        self.key_allowed = false;
        let starts = self.cursor.at(0) == b'-';
        self.push_indicator(if starts { Kind::DocumentStart } else { Kind::DocumentEnd }, 3)
    }

    pub(super) fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Scanned {
        self.save_key()?;
        let token = self.taken + self.tokens.len();
        self.keys.push(SimpleKey { token, mark: self.cursor.mark(), ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > self.max_depth {
            return Err(self.too_deep());
        }
        self.key_allowed = true;
        self.push_indicator(kind, 1)
    }

    pub(super) fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Scanned {
        self.remove_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            let inner = self.keys.pop().map(|key| key.token);
            if let Some(outer) = self.keys.last_mut()
                && Some(outer.token) == inner
            {
                outer.held = false;
            }
        }
        self.key_allowed = false;
        self.push_indicator(kind, 1)
    }

    pub(super) fn fetch_flow_entry(&mut self) -> Scanned {
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(Kind::FlowEntry, 1)
    }

    pub(super) fn fetch_block_entry(&mut self) -> Scanned {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(
                    self.problem_here("block sequence entries are not allowed in this context")
                );
            }
            self.roll_indent_here(Kind::BlockSequenceStart)?;
        }
        self.remove_key()?;
        self.key_allowed = true;
        self.push_indicator(Kind::BlockEntry, 1)
    }

    pub(super) fn fetch_key(&mut self) -> Scanned {
        if self.flow_level == 0 {
            if !self.key_allowed {
                return Err(self.problem_here("mapping keys are not allowed in this context"));
            }
            self.roll_indent_here(Kind::BlockMappingStart)?;
        }
        self.remove_key()?;
        self.key_allowed = self.flow_level == 0;
        self.push_indicator(Kind::Key, 1)
    }

    pub(super) fn fetch_value(&mut self) -> Scanned {
        let top = self.keys.len() - 1;
        if self.key_is_valid(top)? {
            let SimpleKey { token, mark, .. } = self.keys[top];
            let key = Token { kind: Kind::Key, start: mark, end: mark };
            self.insert(Some(token), key);
            let column = mark.column as i32;
            self.roll_indent(column, Some(token), Kind::BlockMappingStart, mark)?;
            self.keys[top].possible = false;
            self.key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.key_allowed {
                    return Err(self.problem_here("mapping values are not allowed in this context"));
                }
                self.roll_indent_here(Kind::BlockMappingStart)?;
            }
            self.key_allowed = self.flow_level == 0;
        }
        self.push_indicator(Kind::Value, 1)
    }

    fn roll_indent_here(&mut self, kind: Kind<'a>) -> Scanned {
        self.roll_indent(self.column(), None, kind, self.cursor.mark())
    }
}
