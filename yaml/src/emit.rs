//! From nodes to text: where lines, indentation and indicators go.
//!
//! The rules are those of libyaml's emitter as its Go descendants have changed them. The writer
//! is told one piece of a document at a time, and must be told whether a collection is empty.

mod analysis;
mod comments;
mod flow;
mod scalars;
mod words;

use std::mem;

use self::analysis::Analysis;
use crate::options::Dialect;
use crate::steps;
use crate::token::Quoting;

/// Writes one document.
#[derive(Debug)]
pub(crate) struct Emitter {
    out: String,
    layout: Layout,
    state: State,
    states: Vec<State>,
    indent: i32,
    indents: Vec<i32>,
    flow_level: usize,
    column: usize,
    /// The last thing written was a blank, or something that needs none behind it.
    whitespace: bool,
    /// Only indentation was written on this line.
    indention: bool,
    in_mapping: bool,
    in_simple_key: bool,
    /// The indentation below which a foot comment was written: an empty line must follow.
    foot_indent: i32,
    comments: Pending,
}

/// How a document is laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) dialect: Dialect,
    pub(crate) indent: i32,
    pub(crate) width: usize,
    /// goyaml.v3: the `-` of items counts as indentation.
    pub(crate) compact: bool,
}

/// Comments waiting for their place.
#[derive(Debug, Default)]
struct Pending {
    head: String,
    line: String,
    foot: String,
    tail: String,
    key_line: String,
}

/// A piece of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'p> {
    pub(crate) what: Shape<'p>,
    pub(crate) anchor: &'p str,
    /// In its long form; empty if it goes without saying.
    pub(crate) tag: &'p str,
    pub(crate) head: &'p str,
    pub(crate) line: &'p str,
    pub(crate) foot: &'p str,
    /// A comment below what came before, at the end of a block.
    pub(crate) tail: &'p str,
}

/// What a piece is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape<'p> {
    Alias,
    DocumentEnd,
    DocumentStart,
    MappingEnd,
    MappingStart { flow: bool, empty: bool },
    Scalar { value: &'p str, quoting: Quoting },
    SequenceEnd,
    SequenceStart { flow: bool, empty: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    FlowSequence { first: bool, trail: bool },
    FlowMappingKey { first: bool, trail: bool },
    FlowMappingValue { simple: bool },
    BlockSequence { first: bool },
    BlockMappingKey { first: bool },
    BlockMappingValue { simple: bool },
}

/// Where a node stands.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Item,
    Key { simple: bool },
    Value,
}

impl<'p> Piece<'p> {
    pub(crate) fn new(what: Shape<'p>) -> Self {
        Self { what, anchor: "", tag: "", head: "", line: "", foot: "", tail: "" }
    }

    pub(crate) fn scalar(value: &'p str, quoting: Quoting) -> Self {
        Self::new(Shape::Scalar { value, quoting })
    }
}

impl Emitter {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            out: String::new(),
            layout,
            state: State::DocumentStart,
            states: Vec::new(),
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            column: 0,
            whitespace: true,
            indention: true,
            in_mapping: false,
            in_simple_key: false,
            foot_indent: -1,
            comments: Pending::default(),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Writes the next piece.
    pub(crate) fn emit(&mut self, piece: &Piece<'_>) {
        steps::count(1);
        self.take_comments(piece);
        let analysis = match piece.what {
            Shape::Scalar { value, .. } => Analysis::of(value, self.layout.dialect),
            _ => Analysis::default(),
        };
        let node = Node { piece, analysis };
        match self.state {
            State::DocumentStart => self.document_start(),
            State::DocumentContent => self.document_content(&node),
            State::DocumentEnd => self.document_end(),
            State::FlowSequence { first, trail } => self.flow_sequence(&node, first, trail),
            State::FlowMappingKey { first, trail } => self.flow_mapping_key(&node, first, trail),
            State::FlowMappingValue { simple } => self.flow_mapping_value(&node, simple),
            State::BlockSequence { first } => self.block_sequence(&node, first),
            State::BlockMappingKey { first } => self.block_mapping_key(&node, first),
            State::BlockMappingValue { simple } => self.block_mapping_value(&node, simple),
        }
    }

    fn document_start(&mut self) {
        if !self.comments.head.is_empty() {
            self.head_comment();
            self.line_break();
        }
        self.state = State::DocumentContent;
    }

    fn document_content(&mut self, node: &Node<'_>) {
        self.states.push(State::DocumentEnd);
        self.head_comment();
        self.node(node, Place::Root);
        self.line_comment();
        self.foot_comment();
    }

    fn document_end(&mut self) {
        self.foot_indent = 0;
        self.foot_comment();
        self.foot_indent = -1;
        self.write_indent();
        self.state = State::DocumentStart;
    }

    fn block_sequence(&mut self, node: &Node<'_>, first: bool) {
        if first {
            let after_key = self.in_mapping && (self.column == 0 || !self.indention);
            match self.layout.dialect {
                Dialect::Sigs => {
                    self.increase_indent(false, self.in_mapping && !self.indention, false);
                }
                Dialect::Kyaml => {
                    self.increase_indent(false, false, after_key && self.layout.compact);
                }
            }
        }
        if matches!(node.piece.what, Shape::SequenceEnd) {
            return self.leave();
        }
        self.head_comment();
        self.write_indent();
        self.indicator("-", true, false, true);
        self.states.push(State::BlockSequence { first: false });
        self.node(node, Place::Item);
        self.line_comment();
        self.foot_comment();
    }

    fn block_mapping_key(&mut self, node: &Node<'_>, first: bool) {
        if first {
            self.increase_indent(false, false, false);
        }
        self.head_comment();
        if matches!(node.piece.what, Shape::MappingEnd) {
            return self.leave();
        }
        self.write_indent();
        if !self.comments.line.is_empty() {
            // It is written behind the value, or above it if that is a block.
            self.comments.key_line = mem::take(&mut self.comments.line);
        }
        let simple = node.is_simple_key();
        if !simple {
            self.indicator("?", true, false, true);
        }
        self.states.push(State::BlockMappingValue { simple });
        self.node(node, Place::Key { simple });
    }

    fn block_mapping_value(&mut self, node: &Node<'_>, simple: bool) {
        if simple {
            self.indicator(":", false, false, false);
        } else {
            self.write_indent();
            self.indicator(":", true, false, true);
        }
        self.key_line_comment(node);
        self.states.push(State::BlockMappingKey { first: false });
        self.node(node, Place::Value);
        self.line_comment();
        self.foot_comment();
    }

    fn node(&mut self, node: &Node<'_>, place: Place) {
        self.in_mapping = matches!(place, Place::Key { .. } | Place::Value);
        self.in_simple_key = matches!(place, Place::Key { simple: true });
        match node.piece.what {
            Shape::Alias => {
                self.anchor("*", node.piece.anchor);
                self.state = self.states.pop().unwrap_or(State::DocumentEnd);
            }
            Shape::Scalar { value, quoting } => self.scalar(node, value, quoting),
            Shape::SequenceStart { flow, empty } => {
                self.properties(node.piece);
                let flow = flow || empty || self.flow_level > 0;
                self.state = match flow {
                    true => State::FlowSequence { first: true, trail: false },
                    false => State::BlockSequence { first: true },
                };
            }
            Shape::MappingStart { flow, empty } => {
                self.properties(node.piece);
                let flow = flow || empty || self.flow_level > 0;
                self.state = match flow {
                    true => State::FlowMappingKey { first: true, trail: false },
                    false => State::BlockMappingKey { first: true },
                };
            }
            Shape::DocumentStart | Shape::DocumentEnd | Shape::SequenceEnd | Shape::MappingEnd => {}
        }
    }

    /// A collection is over.
    fn leave(&mut self) {
        self.indent = self.indents.pop().unwrap_or(-1);
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    fn increase_indent(&mut self, flow: bool, indentless: bool, compact: bool) {
        self.indents.push(self.indent);
        let step = self.layout.indent;
        if self.indent < 0 {
            self.indent = if flow { step } else { 0 };
        } else if indentless {
            // The items stand below the key.
        } else if self.layout.dialect == Dialect::Sigs {
            self.indent += step;
        } else if matches!(self.states.last(), Some(State::BlockSequence { first: false })) {
            // The first indentation inside an item only skips its `- `.
            self.indent += 2;
        } else {
            self.indent = step * ((self.indent + step) / step) - if compact { 2 } else { 0 };
        }
    }

    fn properties(&mut self, piece: &Piece<'_>) {
        self.anchor("&", piece.anchor);
        if !piece.tag.is_empty() {
            self.tag(piece.tag);
        }
    }

    fn anchor(&mut self, sign: &str, name: &str) {
        if !name.is_empty() {
            self.indicator(sign, true, false, false);
            self.put(name);
            self.whitespace = false;
            self.indention = false;
        }
    }

    fn tag(&mut self, tag: &str) {
        match tag_parts(tag) {
            ("", suffix) => {
                self.indicator("!<", true, false, false);
                self.tag_content(suffix);
                self.indicator(">", false, false, false);
            }
            (handle, suffix) => {
                if !self.whitespace {
                    self.put(" ");
                }
                self.put(handle);
                self.tag_content(suffix);
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn tag_content(&mut self, content: &str) {
        for char in content.chars() {
            if char.is_ascii_alphanumeric() || "-_;/?:@&=+$,.~*'()[]".contains(char) {
                self.out.push(char);
                self.column += 1;
                continue;
            }
            for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                self.put(&format!("%{byte:02X}"));
            }
        }
    }

    // === Characters ===

    /// Writes text without line breaks.
    fn put(&mut self, text: &str) {
        steps::count(text.len());
        self.out.push_str(text);
        self.column += if text.is_ascii() { text.len() } else { text.chars().count() };
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, needs_blank: bool, whitespace: bool, indention: bool) {
        if needs_blank && !self.whitespace {
            self.out.push(' ');
            self.column += 1;
        }
        self.out.push_str(text);
        self.column += text.len();
        self.whitespace = whitespace;
        self.indention = self.indention && indention;
    }

    fn write_indent(&mut self) {
        let indent = self.indent.max(0);
        let wanted = indent as usize;
        if !self.indention || self.column > wanted || (self.column == wanted && !self.whitespace) {
            self.line_break();
        }
        if self.foot_indent == indent {
            self.line_break();
        }
        while self.column < wanted {
            let blanks = &BLANKS[..BLANKS.len().min(wanted - self.column)];
            self.out.push_str(blanks);
            self.column += blanks.len();
        }
        self.whitespace = true;
        self.foot_indent = -1;
        if self.layout.dialect == Dialect::Sigs {
            self.indention = true;
        }
    }
}

/// What is longer needs a `?` in front to be a key.
const LONGEST_KEY: usize = 128;

/// Indentation, by the piece.
const BLANKS: &str = "                                ";

/// A piece and what its scalar allows.
struct Node<'p> {
    piece: &'p Piece<'p>,
    analysis: Analysis,
}

impl Node<'_> {
    /// Whether it fits before a `:` on its line.
    fn is_simple_key(&self) -> bool {
        let piece = self.piece;
        let (handle, suffix) = match piece.tag {
            "" => ("", ""),
            tag => tag_parts(tag),
        };
        let properties = piece.anchor.len() + handle.len() + suffix.len();
        let length = match piece.what {
            Shape::Alias => piece.anchor.len(),
            Shape::Scalar { .. } if self.analysis.multiline => return false,
            Shape::Scalar { value, .. } => properties + value.len(),
            Shape::SequenceStart { empty: true, .. } | Shape::MappingStart { empty: true, .. } => {
                properties
            }
            _ => return false,
        };
        length <= LONGEST_KEY
    }
}

/// The handle under which a tag is written, and the rest of it.
fn tag_parts(tag: &str) -> (&'static str, &str) {
    if let Some(suffix) = tag.strip_prefix('!') {
        return ("!", suffix);
    }
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some(suffix) => ("!!", suffix),
        None => ("", tag),
    }
}

/// Whether a text can be written between single quotes on one line.
pub(crate) fn fits_single_quotes(text: &str) -> bool {
    let analysis = Analysis::of(text, Dialect::Kyaml);
    analysis.single_quoted && !analysis.multiline
}

/// Whether a text can be written as a block without a hint at its indentation.
pub(crate) fn fits_block(text: &str) -> bool {
    let analysis = Analysis::of(text, Dialect::Kyaml);
    analysis.block && analysis.multiline && !text.starts_with([' ', '\n', '\t'])
}

/// A text between double quotes on one line.
pub(crate) fn in_double_quotes(text: &str) -> String {
    let layout = Layout { dialect: Dialect::Kyaml, indent: 2, width: usize::MAX, compact: true };
    let mut emitter = Emitter::new(layout);
    emitter.emit(&Piece::new(Shape::DocumentStart));
    emitter.emit(&Piece::scalar(text, Quoting::Double));
    emitter.finish()
}
