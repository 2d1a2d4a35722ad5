//! Words: scalars that stand as they are on a line, which is what most of them are.

use super::analysis::Analysis;
use super::{Emitter, LONGEST_KEY, State};

impl Emitter {
    /// Writes a word as [`emit`](Self::emit) writes a plain scalar, but does not ask what cannot be
    /// in a document without properties and comments. False if more than this is needed.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let is_word = !word.is_empty()
            && word.is_ascii()
            && Analysis::of(word, self.layout.dialect).block_plain;
        if !is_word {
            return false;
        }
        match self.state {
            State::BlockMappingKey { first } if word.len() <= LONGEST_KEY => {
                if first {
                    self.increase_indent(false, false, false);
                }
                self.write_indent();
                self.state = State::BlockMappingValue { simple: true };
                (self.in_mapping, self.in_simple_key) = (true, true);
            }
            State::BlockMappingValue { simple: true } if self.fits(self.column, word) => {
                self.out.push_str(": ");
                self.column += 2;
                self.state = State::BlockMappingKey { first: false };
                (self.in_mapping, self.in_simple_key) = (true, false);
            }
            State::BlockSequence { first: false }
                if self.fits(self.indent.max(0) as usize, word) =>
            {
                self.write_indent();
                self.out.push_str("- ");
                self.column += 2;
                (self.in_mapping, self.in_simple_key) = (false, false);
            }
            _ => return false,
        }
        self.out.push_str(word);
        self.column += word.len();
        (self.whitespace, self.indention) = (false, false);
        true
    }

    /// Whether a word behind an indicator and a blank is too short to be folded.
    fn fits(&self, column: usize, word: &str) -> bool {
        column + 2 + word.len() <= self.layout.width
    }
}

#[cfg(test)]
mod tests {
    use crate::emit::{Emitter, Piece, Shape};
    use crate::marshal::Format;
    use crate::token::Quoting;

    const TEXTS: [&str; 12] =
        ["a", "", "a b", "a: b", "a:b", "-", "- a", "#", "a #", "ü", "tab\there", "line\nbreak"];

    /// Key, value, and two items, the second in a mapping of its own.
    fn written(format: Format, text: &str, with_words: bool) -> String {
        let mut emitter = Emitter::new(format.layout);
        let start = Piece::new(Shape::MappingStart { flow: false, empty: false });
        let sequence = Piece::new(Shape::SequenceStart { flow: false, empty: false });
        let scalar = Piece::scalar(text, Quoting::Plain);
        let end = Piece::new(Shape::MappingEnd);
        let pieces = [
            Piece::new(Shape::DocumentStart),
            start,
            scalar,
            scalar,
            scalar,
            sequence,
            scalar,
            scalar,
            start,
            scalar,
            scalar,
            end,
            Piece::new(Shape::SequenceEnd),
            scalar,
            scalar,
            end,
            Piece::new(Shape::DocumentEnd),
        ];
        for piece in pieces {
            let is_word = with_words
                && matches!(piece.what, Shape::Scalar { value, .. } if emitter.word(value));
            if !is_word {
                emitter.emit(&piece);
            }
        }
        emitter.finish()
    }

    #[test]
    fn a_word_is_written_as_any_scalar() {
        let long = ["x".repeat(79), "x".repeat(129), "xy ".repeat(40), "xy ".repeat(26)];
        for format in [Format::sigs(), Format::kyaml(), Format::goyaml3(4)] {
            for text in TEXTS.into_iter().chain(long.iter().map(|it| it.trim_end())) {
                assert_eq!(written(format, text, true), written(format, text, false), "{text}");
            }
        }
    }
}
