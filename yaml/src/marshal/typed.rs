//! Values with Go's types, to text.

use std::cmp::Ordering;

use super::{Format, MAX_DEPTH, Writer};
use crate::base64;
use crate::emit::Piece;
use crate::error::Error;
use crate::options::{Dialect, Options};
use crate::read::typed_from_slice;
use crate::token::Quoting;
use crate::typed::Typed;
use crate::{gofmt, order};

/// Turns JSON into YAML as `sigs.k8s.io/yaml` does: as the text stands, `1e6` is not `1000000`.
///
/// ```
/// assert_eq!(gotk_yaml::json_to_yaml(r#"{"b":1e6,"a":["x"]}"#)?, "a:\n- x\nb: 1e+06\n");
/// # Ok::<(), gotk_yaml::Error>(())
/// ```
///
/// # Errors
///
/// When the text is no JSON that is also YAML: the original reads it as YAML.
#[doc(alias = "JSONToYAML")]
pub fn json_to_yaml(json: &str) -> Result<String, Error> {
    let value = typed_from_slice(json.as_bytes(), &Options::default())?;
    typed_to_string(&value, Format::sigs())
}

/// Writes a value with Go's types as the named program does.
///
/// # Errors
///
/// When the value has more than 1,000 levels.
pub fn typed_to_string(value: &Typed, format: Format) -> Result<String, Error> {
    Writer::write(format, |writer| writer.typed(value, 0))
}

impl Writer {
    fn typed(&mut self, value: &Typed, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(Error::too_large(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        match value {
            Typed::Null => self.plain("null"),
            Typed::Bool(bool) => self.plain(&bool.to_string()),
            Typed::Int(int) => self.plain(&int.to_string()),
            Typed::Uint(uint) => self.plain(&uint.to_string()),
            Typed::Float(float) => self.plain(&match gofmt::float(*float).as_str() {
                "+Inf" => ".inf".to_owned(),
                "-Inf" => "-.inf".to_owned(),
                "NaN" => ".nan".to_owned(),
                finite => finite.to_owned(),
            }),
            Typed::Timestamp(time) => self.plain(time),
            Typed::String(text) => self.scalar(text),
            Typed::Bytes(bytes) => self.bytes(bytes),
            Typed::Sequence(items) => {
                self.start_sequence(items.is_empty());
                items.iter().try_for_each(|item| self.typed(item, depth + 1))?;
                self.end_sequence();
            }
            Typed::Mapping(entries) => {
                self.start_mapping(entries.is_empty());
                for (key, value) in sorted(entries, self.dialect()) {
                    self.typed(key, depth + 1)?;
                    self.typed(value, depth + 1)?;
                }
                self.end_mapping();
            }
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let text = base64::encode(bytes);
        let quoting = if text.contains('\n') { Quoting::Literal } else { Quoting::Plain };
        let tag = "tag:yaml.org,2002:binary";
        self.emitter.emit(&Piece { tag, ..Piece::scalar(&text, quoting) });
    }
}

/// Numbers and booleans by value, then texts.
fn sorted(entries: &[(Typed, Typed)], dialect: Dialect) -> Vec<(&Typed, &Typed)> {
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        match key {
            Typed::String(text) => texts.push((text.as_str(), (key, value))),
            _ => others.push((key, value)),
        }
    }
    others.sort_by(|a, b| compare(a.0, b.0));
    order::sort(&mut texts, dialect);
    others.into_iter().chain(texts.into_iter().map(|(_, entry)| entry)).collect()
}

fn compare(a: &Typed, b: &Typed) -> Ordering {
    let as_float = |key: &Typed| match key {
        Typed::Bool(bool) => f64::from(u8::from(*bool)),
        Typed::Int(int) => *int as f64,
        Typed::Uint(uint) => *uint as f64,
        Typed::Float(float) => *float,
        _ => f64::NEG_INFINITY,
    };
    as_float(a).total_cmp(&as_float(b)).then_with(|| match (a, b) {
        (Typed::Int(a), Typed::Int(b)) => a.cmp(b),
        (Typed::Uint(a), Typed::Uint(b)) => a.cmp(b),
        _ => kind(a).cmp(&kind(b)),
    })
}

fn kind(key: &Typed) -> u8 {
    match key {
        Typed::Null => 0,
        Typed::Bool(_) => 1,
        Typed::Int(_) => 2,
        Typed::Uint(_) => 3,
        Typed::Float(_) => 4,
        _ => 5,
    }
}
