//! Base64 with padding, as `!!binary` has it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Go's `StdEncoding`: padding is needed, the bits it covers may be anything.
const GO: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    GO.decode(digits).ok()
}

/// Encodes as goyaml does: what does not fit into a line of 70 is on lines, each with its end.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let digits = GO.encode(bytes);
    if digits.len() < LINE {
        return digits;
    }
    let mut rest = digits.as_str();
    let mut lines = String::with_capacity(digits.len() + digits.len() / LINE + 1);
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines
}

const LINE: usize = 70;

/// Bytes that are no UTF-8 are replaced one by one, as Go does in JSON.
pub(crate) fn replace_invalid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_skipped_and_padding_is_needed() {
        assert_eq!(decode("aGVs\nbG8=").as_deref(), Some(&b"hello"[..]));
        assert_eq!(decode("aGVsbG8"), None);
        assert_eq!(decode("aG=sbG8="), None);
        let decoded = decode("/////w==").unwrap();
        assert_eq!(replace_invalid(&decoded), "\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn what_fills_a_line_is_written_on_lines() {
        assert_eq!(encode(&[255; 51]), "/".repeat(68));
        assert_eq!(encode(&[255; 54]), format!("{}\n//\n", "/".repeat(70)));
    }
}
