//! Base64 as tokens (URL alphabet, no padding) and as Secrets (standard alphabet, padded) use it.

use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};

/// Go's `StdEncoding`: padding is needed, the bits it covers may be anything.
const GO: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// URL alphabet, no padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Standard alphabet, padded.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads what [`encode`] writes; the error is the offset of the first bad byte.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, usize> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| offset(&error, text.len()))
}

/// Whether `text` is what [`encode_standard`] could have written; line breaks are passed over.
pub(crate) fn check_standard(text: &str) -> Result<(), usize> {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    GO.decode(&bytes).map(drop).map_err(|error| offset(&error, bytes.len()))
}

fn offset(error: &DecodeError, length: usize) -> usize {
    match error {
        DecodeError::InvalidByte(at, _) => *at,
        // Go points at the four characters that are not whole.
        _ => length - length % 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for text in ["", "a", "ab", "abc", "abcd", "\u{0}\u{ff}~~~"] {
            assert_eq!(decode(&encode(text.as_bytes())).unwrap(), text.as_bytes());
            assert_eq!(check_standard(&encode_standard(text.as_bytes())), Ok(()));
        }
        assert_eq!(encode_standard(b"b"), "Yg==");
    }

    #[test]
    fn a_bad_symbol_is_pointed_at() {
        assert_eq!(check_standard("!!"), Err(0));
        assert_eq!(check_standard("Yg=="), Ok(()));
        assert!(check_standard("Yg=").is_err());
        assert!(check_standard("Yg").is_err());
    }
}
