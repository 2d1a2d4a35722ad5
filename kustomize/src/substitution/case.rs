//! Upper and lower case, one character for one character as Go's `unicode` package maps them.
//!
//! Rust maps `ß` to `SS` and a final sigma by its place in the word; Go does neither.

/// `text` with every character in upper case.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

/// `text` with every character in lower case.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(lower_char).collect()
}

/// `text` with its first character changed by `change`.
pub(super) fn first(text: &str, change: fn(char) -> char) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| change(first).to_string() + rest.as_str()).unwrap_or_default()
}

pub(super) fn upper_char(character: char) -> char {
    let mut full = character.to_uppercase();
    match (full.next(), full.next()) {
        (Some(single), None) => single,
        _ => titlecase_greek(character),
    }
}

pub(super) fn lower_char(character: char) -> char {
    let mut full = character.to_lowercase();
    match (full.next(), full.next()) {
        (Some(single), None) => single,
        (Some(first), Some(_)) if character == 'İ' => first,
        _ => character,
    }
}

/// Greek letters with a iota subscript: their full upper case has two letters, their simple one is
/// the title case letter a little further on. Everything else without a single upper case letter
/// stays as it is.
fn titlecase_greek(character: char) -> char {
    let distance = match character {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(character) + distance).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_becomes_one_character() {
        assert_eq!(upper("straße ŉ ᾳ ᾀ ǆ héllo"), "STRAßE ŉ ᾼ ᾈ Ǆ HÉLLO");
        assert_eq!(lower("İSTANBUL ΟΔΟΣ Ǆ"), "istanbul οδοσ ǆ");
    }

    #[test]
    fn only_the_first_character_changes() {
        assert_eq!(first("élan Vital", upper_char), "Élan Vital");
        assert_eq!(first("", upper_char), "");
    }
}
