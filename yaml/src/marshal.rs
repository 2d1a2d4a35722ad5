//! From values to text.

mod typed;

use memchr::{memchr, memchr3_iter};
use serde_json::{Map, Number, Value};

use crate::emit::{Emitter, Layout, Piece, Shape};
use crate::error::Error;
use crate::options::Dialect;
use crate::order;
use crate::resolve::{Type, is_base60, old_bool, resolve};
use crate::token::Quoting;
use crate::{gofmt, json};

pub use self::typed::{json_to_yaml, typed_to_string};

/// As which program to write.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Format {
    pub(crate) layout: Layout,
}

impl Default for Format {
    fn default() -> Self {
        Self::sigs()
    }
}

impl Format {
    /// As `sigs.k8s.io/yaml` does, and Helm's `toYaml`: items at the indentation of their key,
    /// lines folded behind 80 columns. The value goes through JSON first, so `1.0` is `1`.
    pub fn sigs() -> Self {
        let layout = Layout { dialect: Dialect::Sigs, indent: 2, width: 80, compact: false };
        Self { layout }
    }

    /// As kustomize's kyaml does: items at the indentation of their key, lines of any length.
    pub fn kyaml() -> Self {
        Self { layout: Layout { compact: true, ..Self::goyaml3(2).layout } }
    }

    /// As `sigs.k8s.io/yaml`, on one line.
    pub(crate) fn unfolded() -> Self {
        Self { layout: Layout { width: usize::MAX, ..Self::sigs().layout } }
    }

    /// As goyaml.v3 does, with this indentation (2 to 9, else 2): items are indented.
    ///
    /// Its own default is 4; Helm's `toYamlPretty` has 2.
    pub fn goyaml3(indent: u8) -> Self {
        let indent = if (2..=9).contains(&indent) { i32::from(indent) } else { 2 };
        let layout = Layout { dialect: Dialect::Kyaml, indent, width: usize::MAX, compact: false };
        Self { layout }
    }
}

/// Writes a value as `sigs.k8s.io/yaml` does.
///
/// ```
/// let value = serde_json::json!({ "port": 80, "on": "yes", "args": ["a b", ""] });
/// assert_eq!(gotk_yaml::to_string(&value)?, "args:\n- a b\n- \"\"\n\"on\": \"yes\"\nport: 80\n");
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
///
/// # Errors
///
/// When the original refuses the value: its way leads through JSON read as YAML, which has no
/// control characters and no keys of more than 1,024 characters.
#[doc(alias = "Marshal")]
#[doc(alias = "toYaml")]
pub fn to_string(value: &Value) -> Result<String, Error> {
    to_string_with(value, Format::sigs())
}

/// Writes a value as the named program does.
///
/// # Errors
///
/// As [`to_string`]; the other formats refuse only values of more than 1,000 levels.
pub fn to_string_with(value: &Value, format: Format) -> Result<String, Error> {
    Writer::write(format, |writer| writer.value(value, 0))
}

struct Writer {
    emitter: Emitter,
    format: Format,
}

const MAX_DEPTH: usize = 1000;

impl Writer {
    fn write(
        format: Format,
        content: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let mut writer = Self { emitter: Emitter::new(format.layout), format };
        writer.emitter.emit(&Piece::new(Shape::DocumentStart));
        content(&mut writer)?;
        writer.emitter.emit(&Piece::new(Shape::DocumentEnd));
        Ok(writer.emitter.finish())
    }

    fn dialect(&self) -> Dialect {
        self.format.layout.dialect
    }

    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::too_large(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        match value {
            Value::Null => self.plain("null"),
            Value::Bool(true) => self.plain("true"),
            Value::Bool(false) => self.plain("false"),
            Value::Number(number) => self.number(number),
            Value::String(text) => self.string(text)?,
            Value::Array(items) => {
                self.start_sequence(items.is_empty());
                items.iter().try_for_each(|item| self.value(item, depth + 1))?;
                self.end_sequence();
            }
            Value::Object(map) => self.map(map, depth)?,
        }
        Ok(())
    }

    fn map(&mut self, map: &Map<String, Value>, depth: usize) -> Result<(), Error> {
        self.start_mapping(map.is_empty());
        if order::is_sorted(map.keys(), self.dialect()) {
            map.iter().try_for_each(|(key, value)| self.entry(key, value, depth))?;
        } else {
            let mut entries: Vec<(&str, &Value)> =
                map.iter().map(|(key, value)| (key.as_str(), value)).collect();
            order::sort(&mut entries, self.dialect());
            entries.into_iter().try_for_each(|(key, value)| self.entry(key, value, depth))?;
        }
        self.end_mapping();
        Ok(())
    }

    fn entry(&mut self, key: &str, value: &Value, depth: usize) -> Result<(), Error> {
        if self.dialect() == Dialect::Sigs && key.len() > ALWAYS_A_KEY {
            as_json_key(key)?;
        }
        self.string(key)?;
        self.value(value, depth + 1)
    }

    fn start_sequence(&mut self, empty: bool) {
        self.emitter.emit(&Piece::new(Shape::SequenceStart { flow: false, empty }));
    }

    fn end_sequence(&mut self) {
        self.emitter.emit(&Piece::new(Shape::SequenceEnd));
    }

    fn start_mapping(&mut self, empty: bool) {
        self.emitter.emit(&Piece::new(Shape::MappingStart { flow: false, empty }));
    }

    fn end_mapping(&mut self) {
        self.emitter.emit(&Piece::new(Shape::MappingEnd));
    }

    fn plain(&mut self, text: &str) {
        if !self.emitter.word(text) {
            self.emitter.emit(&Piece::scalar(text, Quoting::Plain));
        }
    }

    fn number(&mut self, number: &Number) {
        if let Some(int) = number.as_i64() {
            return self.plain(&int.to_string());
        }
        if let Some(uint) = number.as_u64() {
            return self.plain(&uint.to_string());
        }
        let float = number.as_f64().filter(|float| float.is_finite());
        let text = match (float, self.dialect()) {
            (Some(float), Dialect::Sigs) => float_through_json(float),
            (Some(float), Dialect::Kyaml) => gofmt::float(float),
            // `arbitrary_precision` has numbers that Go has not.
            (None, _) => number.to_string(),
        };
        self.plain(&text);
    }

    fn string(&mut self, text: &str) -> Result<(), Error> {
        let dialect = self.dialect();
        // A word has nothing in it that could not survive JSON.
        let is_line = memchr(b'\n', text.as_bytes()).is_none();
        if is_line && reads_as_string(text, dialect) && self.emitter.word(text) {
            return Ok(());
        }
        if dialect == Dialect::Sigs && !survives_json(text) {
            self.scalar(&as_json_string(text)?);
        } else {
            self.scalar(text);
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str) {
        self.emitter.emit(&Piece::scalar(text, quoting(text, self.dialect())));
    }
}

/// The form in which goyaml writes a string.
pub(crate) fn quoting(text: &str, dialect: Dialect) -> Quoting {
    if memchr(b'\n', text.as_bytes()).is_some() {
        Quoting::Literal
    } else if reads_as_string(text, dialect) {
        Quoting::Plain
    } else {
        Quoting::Double
    }
}

fn reads_as_string(text: &str, dialect: Dialect) -> bool {
    resolve(text, dialect).kind() == Type::Str
        && !is_base60(text)
        && (dialect == Dialect::Sigs || old_bool(text).is_none())
}

/// A float becomes a whole number on the way if JSON writes it as one.
fn float_through_json(float: f64) -> String {
    match json::number(float).filter(|number| !number.is_f64()) {
        Some(whole) => whole.to_string(),
        None if float == 0.0 => "0".to_owned(),
        None => gofmt::float(float),
    }
}

/// Keys of no more bytes fit into 1,024 characters however they are escaped.
const ALWAYS_A_KEY: usize = 1024 / 6 - 1;

/// Whether the text reads the same as YAML when it is written as JSON.
fn survives_json(text: &str) -> bool {
    // Go escapes other control characters, and writes these as they are.
    let bytes = text.as_bytes();
    memchr3_iter(0x7F, 0xC2, 0xEF, bytes).all(|at| match bytes[at] {
        0x7F => false,
        0xC2 => bytes.get(at + 1).is_none_or(|next| *next >= 0xA0),
        _ => !matches!(bytes.get(at + 1..at + 3), Some([0xBF, 0xBE | 0xBF])),
    })
}

fn as_json_string(text: &str) -> Result<String, Error> {
    match crate::from_str(&go_json(text))? {
        Value::String(text) => Ok(text),
        _ => Ok(text.to_owned()),
    }
}

fn as_json_key(text: &str) -> Result<(), Error> {
    crate::from_str(&format!("{{{}:0}}", go_json(text))).map(|_| ())
}

/// A string as `encoding/json` writes it.
fn go_json(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for char in text.chars() {
        match char {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\x08' => json.push_str("\\b"),
            '\x0c' => json.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..'\x20' => {
                json.push_str(&format!("\\u{:04x}", u32::from(char)));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn control_characters_are_refused_as_the_original_does() {
        let error = to_string(&json!({ "v": "\u{7f}" })).unwrap_err();
        assert_eq!(error.original(), "yaml: control characters are not allowed");
    }

    #[test]
    fn a_next_line_character_is_folded_on_its_way_through_json() {
        assert_eq!(to_string(&json!("a\u{85}b")).unwrap(), "a b\n");
    }

    #[test]
    fn a_key_of_more_than_1024_characters_is_refused() {
        assert!(to_string(&json!({ "k".repeat(1022): 1 })).is_ok());
        assert!(to_string(&json!({ "k".repeat(1024): 1 })).is_err());
    }

    #[test]
    fn floats_without_a_fraction_are_whole_numbers() {
        for (float, text) in [(1.0, "1\n"), (1e20, "1e+20\n"), (-0.0, "0\n"), (1.5, "1.5\n")] {
            assert_eq!(to_string(&json!(float)).unwrap(), text);
        }
        assert_eq!(to_string_with(&json!(1e6), Format::kyaml()).unwrap(), "1e+06\n");
    }
}
