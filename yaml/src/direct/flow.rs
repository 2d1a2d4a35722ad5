//! Collections in brackets, on one line or on several.

use serde_json::{Map, Value};

use super::{Reader, scalar};

impl Reader<'_> {
    /// The collection that begins here.
    pub(super) fn flow(&mut self) -> Option<Value> {
        self.levels = self.levels.checked_sub(1)?;
        self.scanner.flow_level += 1;
        let is_sequence = self.scanner.cursor.at(0) == b'[';
        self.scanner.cursor.skip_ascii(1);
        let value = if is_sequence { self.flow_sequence() } else { self.flow_mapping() };
        self.scanner.flow_level -= 1;
        self.levels += 1;
        value
    }

    fn flow_sequence(&mut self) -> Option<Value> {
        let first = self.items.len();
        let mut next = self.next_in_flow()?;
        while next != b']' {
            let item = self.flow_node()?;
            self.items.push(item);
            next = self.next_in_flow()?;
            if next == b',' {
                self.scanner.cursor.skip_ascii(1);
                next = self.next_in_flow()?;
            } else if next != b']' {
                return None;
            }
        }
        self.scanner.cursor.skip_ascii(1);
        Some(Value::Array(self.items.drain(first..).collect()))
    }

    fn flow_mapping(&mut self) -> Option<Value> {
        let mut map = Map::new();
        let mut next = self.next_in_flow()?;
        while next != b'}' {
            let key = self.key(&map)?;
            let value = match self.next_in_flow()? {
                b',' | b'}' => Value::Null,
                _ => self.flow_node()?,
            };
            map.insert(key, value);
            next = self.next_in_flow()?;
            if next == b',' {
                self.scanner.cursor.skip_ascii(1);
                next = self.next_in_flow()?;
            } else if next != b'}' {
                return None;
            }
        }
        self.scanner.cursor.skip_ascii(1);
        Some(Value::Object(map))
    }

    fn flow_node(&mut self) -> Option<Value> {
        match self.scanner.cursor.at(0) {
            b'-' if self.at_entry() => None,
            b'[' | b'{' => self.flow(),
            quote @ (b'"' | b'\'') => {
                let text = self.scanner.scan_quoted(quote == b'\'').ok()?;
                Some(Value::String(text.into_owned()))
            }
            first if self.scanner.may_start_plain(first) => {
                scalar(self.scanner.scan_plain().ok()?.0)
            }
            _ => None,
        }
    }

    /// The first byte behind blanks, breaks and comments.
    fn next_in_flow(&mut self) -> Option<u8> {
        loop {
            self.scanner.cursor.skip_blanks();
            let pos = self.scanner.cursor.pos;
            if self.at_comment() {
                self.skip_comment();
            } else if self.scanner.cursor.is_break(pos) {
                self.scanner.cursor.skip_line();
            } else {
                break;
            }
        }
        let next = self.scanner.cursor.at(0);
        let ends_document = next == b'%' && self.scanner.cursor.column() == 0
            || self.scanner.at_document_indicator();
        (!ends_document).then_some(next)
    }
}
