//! In which forms a scalar may be written.

use crate::options::Dialect;
use crate::steps;

/// What the text of a scalar allows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) flow_plain: bool,
    pub(super) block_plain: bool,
    pub(super) single_quoted: bool,
    pub(super) block: bool,
}

/// What was seen in a text.
#[derive(Default)]
struct Seen {
    block_indicators: bool,
    flow_indicators: bool,
    breaks: bool,
    special: bool,
    tabs: bool,
    leading_space: bool,
    leading_break: bool,
    trailing_space: bool,
    trailing_break: bool,
    break_space: bool,
    space_break: bool,
}

impl Analysis {
    pub(super) fn of(value: &str, dialect: Dialect) -> Self {
        steps::count(value.len());
        if value.is_empty() {
            return Self { block_plain: true, single_quoted: true, ..Self::default() };
        }
        if is_word(value) {
            return Self {
                multiline: false,
                flow_plain: true,
                block_plain: true,
                single_quoted: true,
                block: true,
            };
        }
        Seen::in_text(value, dialect).allows(dialect)
    }
}

/// Letters and a few signs that mean nothing anywhere in a word.
fn is_word(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes[0] != b'-' && bytes[0] != b'.' && bytes.iter().all(|byte| WORD[usize::from(*byte)])
}

static WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        word[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let signs = b"-._/+=()$;<~^";
    let mut at = 0;
    while at < signs.len() {
        word[signs[at] as usize] = true;
        at += 1;
    }
    word
};

/// What means nothing behind the first character of a text, wherever it stands.
static INNER: [bool; 256] = {
    let mut inner = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        inner[byte as usize] =
            !matches!(byte, b',' | b'?' | b'[' | b']' | b'{' | b'}' | b':' | b'#');
        byte += 1;
    }
    inner
};

/// How many bytes from here mean nothing, single spaces between them included.
fn inner_run(bytes: &[u8]) -> usize {
    let inner = |at: usize| bytes.get(at).is_some_and(|byte| INNER[usize::from(*byte)]);
    let mut at = 0;
    loop {
        if inner(at) {
            at += 1;
        } else if at > 0 && bytes.get(at) == Some(&b' ') && inner(at + 1) {
            at += 2;
        } else {
            return at;
        }
    }
}

impl Seen {
    fn in_text(value: &str, dialect: Dialect) -> Self {
        let mut seen = Self::default();
        if value.starts_with("---") || value.starts_with("...") {
            seen.block_indicators = true;
            seen.flow_indicators = true;
        }
        let bytes = value.as_bytes();
        let (mut at, mut before) = (0, Before::Blank);
        while let Some(char) = value[at..].chars().next() {
            let end = at + char.len_utf8();
            let blank_follows = matches!(bytes.get(end), None | Some(b' ' | b'\t'));
            seen.indicators(char, at == 0, before, blank_follows);
            seen.characters(char, dialect);
            before = seen.spaces(char, at == 0, end == bytes.len(), before);
            at = end + inner_run(&bytes[end..]);
            if at > end {
                before = Before::Other;
            }
        }
        seen
    }

    fn indicators(&mut self, char: char, first: bool, before: Before, blank_follows: bool) {
        let (flow, block) = match char {
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
            | '@' | '`'
                if first =>
            {
                (true, true)
            }
            '-' if first => (blank_follows, blank_follows),
            ',' | '?' | '[' | ']' | '{' | '}' if !first => (true, false),
            '?' | ':' => (true, blank_follows),
            '#' => {
                let stands_alone = before != Before::Other;
                (stands_alone, stands_alone)
            }
            _ => (false, false),
        };
        self.flow_indicators |= flow;
        self.block_indicators |= block;
    }

    fn characters(&mut self, char: char, dialect: Dialect) {
        if char == '\t' && dialect == Dialect::Kyaml {
            self.tabs = true;
        } else if !is_printable(char) {
            self.special = true;
        }
    }

    fn spaces(&mut self, char: char, first: bool, last: bool, before: Before) -> Before {
        match char {
            ' ' => {
                self.leading_space |= first;
                self.trailing_space |= last;
                self.break_space |= before == Before::Break;
                Before::Space
            }
            char if is_break(char) => {
                self.breaks = true;
                self.leading_break |= first;
                self.trailing_break |= last;
                self.space_break |= before == Before::Space;
                Before::Break
            }
            '\t' => Before::Blank,
            _ => Before::Other,
        }
    }

    fn allows(&self, dialect: Dialect) -> Analysis {
        let tabs = self.tabs && dialect == Dialect::Kyaml;
        let ends =
            self.leading_space || self.leading_break || self.trailing_space || self.trailing_break;
        let quoted_only = self.space_break || tabs || self.special;
        let plain = !(ends || self.break_space || quoted_only || self.breaks);
        Analysis {
            multiline: self.breaks,
            flow_plain: plain && !self.flow_indicators,
            block_plain: plain && !self.block_indicators,
            single_quoted: !(self.break_space || quoted_only),
            block: !(self.trailing_space || self.space_break || self.special),
        }
    }
}

/// What kind of character came before; at the beginning, a blank.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Blank,
    Space,
    Break,
    Other,
}

/// How many bytes at the beginning of a text are neither line breaks nor stops.
pub(super) fn run(text: &str, stop: impl Fn(u8) -> bool) -> usize {
    let mut at = 0;
    let bytes = text.as_bytes();
    let ends = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0xC2 | 0xE2) || stop(*byte);
    while let Some(found) = bytes[at..].iter().position(ends) {
        at += found;
        match text[at..].chars().next() {
            Some(char) if bytes[at] >= 0x80 && !is_break(char) => at += char.len_utf8(),
            _ => return at,
        }
    }
    bytes.len()
}

pub(super) fn is_break(char: char) -> bool {
    matches!(char, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the original writes the character as it is: it looks at no more than three bytes.
pub(super) fn is_printable(char: char) -> bool {
    matches!(char,
        '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && char != '\u{feff}'
}
