//! Base64 as tokens (URL alphabet, no padding) and as Secrets (standard alphabet, padded) use it.

const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// URL alphabet, no padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    symbols(URL, bytes)
}

/// Standard alphabet, padded.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    let mut text = symbols(STANDARD, bytes);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// Reads what [`encode`] writes; the error is the offset of the first bad byte.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, usize> {
    octets(URL, text.as_bytes())
}

/// Whether `text` is what [`encode_standard`] could have written; line breaks are passed over.
pub(crate) fn check_standard(text: &str) -> Result<(), usize> {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let end = bytes.iter().position(|b| *b == b'=').unwrap_or(bytes.len());
    octets(STANDARD, &bytes[..end])?;
    let padding = &bytes[end..];
    if !bytes.len().is_multiple_of(4) || padding.len() > 2 || padding.iter().any(|b| *b != b'=') {
        return Err(bytes.len().min(end + padding.len()));
    }
    Ok(())
}

fn symbols(alphabet: &[u8; 64], bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .enumerate()
            .fold(0u32, |word, (i, b)| word | u32::from(*b) << (16 - 8 * i));
        for i in 0..=chunk.len() {
            text.push(char::from(alphabet[(word >> (18 - 6 * i)) as usize & 63]));
        }
    }
    text
}

fn octets(alphabet: &[u8; 64], text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for (n, chunk) in text.chunks(4).enumerate() {
        let mut word = 0u32;
        for (i, symbol) in chunk.iter().enumerate() {
            let value = alphabet.iter().position(|s| s == symbol).ok_or(n * 4 + i)?;
            word |= (value as u32) << (18 - 6 * i);
        }
        if chunk.len() == 1 {
            return Err(n * 4);
        }
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    Ok(bytes)
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
