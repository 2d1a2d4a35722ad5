//! Base64 with padding, as `!!binary` has it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

/// Go's `StdEncoding`: padding is needed, the bits it covers may be anything.
const GO: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Decodes to text; bytes that are no UTF-8 are replaced one by one, as Go does in JSON.
pub(crate) fn decode(text: &str) -> Option<String> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    GO.decode(digits).ok().map(|bytes| replace_invalid(&bytes))
}

pub(crate) fn replace_invalid(bytes: &[u8]) -> String {
    // One replacement for every byte, as in Go.
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
        assert_eq!(decode("aGVs\nbG8=").as_deref(), Some("hello"));
        assert_eq!(decode("aGVsbG8"), None);
        assert_eq!(decode("aG=sbG8="), None);
        assert_eq!(decode("/////w==").as_deref(), Some("\u{fffd}\u{fffd}\u{fffd}\u{fffd}"));
    }
}
