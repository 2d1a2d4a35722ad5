//! The order in which goyaml writes the keys of a map.

use std::cmp::Ordering;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::options::Dialect;
use crate::steps;

/// Sorts entries by their keys, whatever order they come in.
///
/// The comparison is not transitive (`v1`, `v10`, `v1beta1`), and the originals' answer for such
/// keys changes from run to run. Ours depends on the keys alone, and no sort of the standard
/// library may be given such a comparison.
pub(crate) fn sort<'k, T: Copy>(entries: &mut Vec<(&'k str, T)>, dialect: Dialect) {
    if !entries.is_sorted_by(|a, b| a.0 <= b.0) {
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
    }
    let in_order = |pair: &[(&'k str, T)]| compare(pair[0].0, pair[1].0, dialect).is_le();
    if !entries.windows(2).all(in_order) {
        *entries = merge_sorted(entries, dialect);
    }
}

/// Whether keys are in the order in which [`sort`] would put them. Most maps' are.
pub(crate) fn is_sorted<'k>(mut keys: impl Iterator<Item = &'k String>, dialect: Dialect) -> bool {
    let Some(mut last) = keys.next() else { return true };
    keys.all(|key| {
        let in_order = last <= key && compare(last, key, dialect).is_le();
        last = key;
        in_order
    })
}

fn merge_sorted<'k, T: Copy>(entries: &[(&'k str, T)], dialect: Dialect) -> Vec<(&'k str, T)> {
    if entries.len() < 2 {
        return entries.to_vec();
    }
    let (left, right) = entries.split_at(entries.len() / 2);
    let mut left = merge_sorted(left, dialect).into_iter().peekable();
    let mut right = merge_sorted(right, dialect).into_iter().peekable();
    let mut merged = Vec::with_capacity(entries.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare(a.0, b.0, dialect).is_le() { left.next() } else { right.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Compares two keys: numbers in them count as numbers, and letters come last.
fn compare(a: &str, b: &str, dialect: Dialect) -> Ordering {
    steps::count(a.len().min(b.len()));
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    if let (Some(a), Some(b)) = (a.as_bytes().get(same), b.as_bytes().get(same))
        && a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
    {
        return a.cmp(b);
    }
    // Back to the beginning of the character that differs.
    let at = (0..=same).rev().find(|&at| a.is_char_boundary(at)).unwrap_or_default();
    let (before, a, b) = (&a[..at], &a[at..], &b[at..]);
    let (Some(first_a), Some(first_b)) = (a.chars().next(), b.chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (is_letter(first_a), is_letter(first_b)) {
        (true, true) => first_a.cmp(&first_b),
        (false, false) => compare_numbers(before, a, b).then(first_a.cmp(&first_b)),
        (letter_a, _) => {
            // goyaml.v3 ends a number at a letter: there `a1b` comes before `a10`.
            let ends_number =
                dialect == Dialect::Kyaml && before.chars().next_back().is_some_and(is_digit);
            if letter_a == ends_number { Ordering::Less } else { Ordering::Greater }
        }
    }
}

fn compare_numbers(before: &str, a: &str, b: &str) -> Ordering {
    // Where a zero differs, digits before it other than zeros make both numbers longer.
    let leads = (a.starts_with('0') || b.starts_with('0'))
        && before.chars().rev().take_while(|char| is_digit(*char)).any(|char| char != '0');
    number(a, leads).cmp(&number(b, leads))
}

/// The number at the beginning of a text, as the original reckons it, and its length.
fn number(text: &str, leads: bool) -> (i64, usize) {
    let digits = text.chars().take_while(|char| is_digit(*char));
    digits.fold((i64::from(leads), 0), |(value, length), digit| {
        let digit = i64::from(u32::from(digit)) - i64::from(u32::from('0'));
        (value.wrapping_mul(10).wrapping_add(digit), length + 1)
    })
}

fn is_letter(char: char) -> bool {
    match char.is_ascii() {
        true => char.is_ascii_alphabetic(),
        false => char.general_category_group() == GeneralCategoryGroup::Letter,
    }
}

fn is_digit(char: char) -> bool {
    match char.is_ascii() {
        true => char.is_ascii_digit(),
        false => char.general_category() == GeneralCategory::DecimalNumber,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(keys: &[&'static str], dialect: Dialect) -> Vec<&'static str> {
        let mut entries: Vec<(&str, ())> = keys.iter().map(|key| (*key, ())).collect();
        sort(&mut entries, dialect);
        entries.into_iter().map(|(key, ())| key).collect()
    }

    #[test]
    fn numbers_in_keys_count() {
        assert_eq!(sorted(&["a10", "a2", "a1", "a"], Dialect::Sigs), ["a", "a1", "a2", "a10"]);
        assert_eq!(
            sorted(&["b", "B", "_x", "-d", "1"], Dialect::Sigs),
            ["-d", "_x", "1", "B", "b"]
        );
    }

    #[test]
    fn the_dialects_differ_behind_digits() {
        assert_eq!(sorted(&["a10", "a1b"], Dialect::Sigs), ["a10", "a1b"]);
        assert_eq!(sorted(&["a10", "a1b"], Dialect::Kyaml), ["a1b", "a10"]);
    }

    #[test]
    fn keys_without_an_order_do_not_panic() {
        let mut names: Vec<String> = (0..200).map(|at| format!("v{at}beta{}", at % 7)).collect();
        names.extend((0..200).map(|at| format!("v{at}")));
        let mut entries: Vec<(&str, ())> = names.iter().map(|name| (name.as_str(), ())).collect();
        sort(&mut entries, Dialect::Sigs);
        assert_eq!(entries.len(), 400);
    }
}
