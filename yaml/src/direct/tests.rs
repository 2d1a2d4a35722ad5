//! What is read without a tree is what the tree says.

use super::*;
use crate::read::{Document, Start};

const MANIFEST: &str = "\
# web
kind: A
list:
- a: {b: 1, 'c': }
  \"e\": [x, [], {}]
-
- - 0x1F
  - |
    text

  - two
    lines # and a word
  - >-
    folded
     deeper

    text
'quoted' : \"over
  \\ lines\"
last: ~
---
";

/// Whether a text is read without a tree. If it is, the tree has to say the same.
fn is_read(text: &str) -> bool {
    let options = Options::default();
    let strict = options.clone().strict();
    let read = read_with(text, &options);
    let read_strictly = read_with(text, &strict);
    assert!(read || !read_strictly, "strict mode reads more: {text}");
    read
}

fn read_with(text: &str, options: &Options) -> bool {
    let Some(value) = value(&Input::new(text.as_bytes()), options) else { return false };
    let start = Start::default();
    let by_tree = Document::read(text.as_bytes(), options, start, |reading| reading.value());
    assert_eq!(by_tree.ok().as_ref(), Some(&value), "{text:?}");
    true
}

#[test]
fn usual_documents_are_read_without_a_tree() {
    for text in [
        "",
        "# nothing\n",
        "---\n",
        "--- # b\na\n",
        "a:\n- b\nc: [d, 1, {e: f}]\n",
        "a: |\n  b\n",
        "a: b\n...\n%",
        "\"a\": 'b'  # c\n\n  # d\ne: f\n  g\n\n  h\n",
        "- - a: b\n    c:\n    - d\n    -\n      e\n  - f\n-\n",
        "a: {\n  b: [c, # d\n  \"e\" ,],\n}\r\nf:\n  |+\n   g\n\n",
        "{\n\t\"a\":1,\n\t\"b\":[]\n}\n",
        "a:b: c\nd: e:f#g\n",
        MANIFEST,
    ] {
        assert!(is_read(text), "{text}");
    }
}

#[test]
fn unusual_documents_are_left_to_the_tree() {
    for text in [
        "--- a\n",
        "a: *b\n",
        "a: &b c\n",
        "a: !!str 1\n",
        "<<: {a: b}\n",
        "? a\n: b\n",
        "1: a\n",
        "a:\tb: c\n",
        "a: b: c\n",
        "a: - b\n",
        "[a: b]\n",
        "a: [b\n---\n]\n",
        "%YAML 1.1\n---\na: b\n",
        "a: .inf\n",
        "a: \"b\"#c\n",
        "a:\n    b: c\n  d: e\n",
        "\u{feff}\u{feff}a: b\n",
    ] {
        assert!(!is_read(text), "{text}");
    }
}

#[test]
fn a_key_has_to_end_soon() {
    for quote in ["", "\""] {
        for (inner, behind) in [(1020, 0), (1, 1019), (1023, 0), (1, 1022), (1500, 0), (1, 1500)] {
            let key = format!("{quote}{}{quote}{}", "k".repeat(inner), " ".repeat(behind));
            is_read(&format!("{key}: 1\n"));
            is_read(&format!("{{{key}: 1}}\n"));
        }
    }
}

#[test]
fn a_key_that_is_set_twice_is_left_to_the_tree_in_strict_mode() {
    for text in ["a: 1\nb: 2\na: 3\n", "{a: 1, 'a': 2}\n"] {
        assert!(read_with(text, &Options::default()), "{text}");
        assert!(!read_with(text, &Options::default().strict()), "{text}");
    }
}

#[test]
fn with_and_without_a_tree_a_damaged_text_says_the_same() {
    assert!((0..=MANIFEST.len()).filter(|&end| is_read(&MANIFEST[..end])).count() > 50);
    for at in 0..MANIFEST.len() {
        let (before, after) = MANIFEST.split_at(at);
        for sign in "-?:,[]{}#&*!|>'\"% \n\t\r\u{2028}\u{feff}é<a".chars() {
            is_read(&format!("{before}{sign}{after}"));
            is_read(&format!("{before}{sign}{}", &after[1..]));
        }
    }
}

#[test]
fn with_and_without_a_tree_made_up_lines_say_the_same() {
    let count = std::env::var("GOTK_CASES").ok().and_then(|count| count.parse().ok());
    let mut random = Random(0x9E37_79B9);
    let texts = (0..count.unwrap_or(20_000)).map(|_| random.text());
    let read = texts.filter(|text| is_read(text)).count();
    assert!(read > count.unwrap_or(20_000) / 20, "{read}");
}

/// Xorshift: the same texts every time.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % bound
    }

    fn one_of(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len())]
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(7) {
            text.push_str(self.one_of(&["", "", "  ", "  ", "    ", " "]));
            for _ in 0..self.below(3) {
                text.push_str(self.one_of(&["", "- ", "a: ", "b: ", "\"c\": ", "-", "[", "{"]));
            }
            for _ in 0..self.below(3) {
                text.push_str(self.one_of(WORDS));
            }
            text.push_str(self.one_of(&["\n", "\n", "\n", "\n", "\r\n", "\n\n", " #d\n", " \n"]));
        }
        text
    }
}

const WORDS: &[&str] = &[
    "a",
    "1",
    "yes",
    "~",
    "x y",
    "'q'",
    "\"q\"",
    "\"r",
    "s'",
    "|",
    ">",
    "|-",
    "{",
    "}",
    "[",
    "]",
    ",",
    ", ",
    ":",
    ": ",
    "#",
    " #",
    "e#f",
    "---",
    "...",
    "a: b",
    "{a: b}",
    "[a, 'b']",
    "{}",
    "[]",
    "- a",
    "-",
    "?",
    "<<: ",
    "é",
    "\t",
    "  ",
    "1.5",
    "2001-01-01",
    "\\",
    "\u{85}",
];
