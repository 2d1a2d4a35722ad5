//! What holds for every version and every constraint.

use std::cmp::Ordering;

use gotk_expr::semver::{Constraint, Version};

use crate::dice::{self, Dice};

const NUMBERS: [&str; 6] = ["0", "1", "2", "10", "x", "*"];
const TAILS: [&str; 9] = ["", "", "", "-0", "-rc.1", "-rc.10", "-alpha", "-a-b", "+b"];
const OPERATORS: [&str; 10] = ["", "=", "!=", ">", "<", ">=", "<=", "~", "^", "~>"];
const BETWEEN: [&str; 5] = [" ", ", ", " || ", " - ", "|"];

fn version(dice: &mut Dice, numbers: &[&str]) -> String {
    let parts: Vec<&str> = (0..=dice.below(3)).map(|_| dice.pick(numbers)).collect();
    format!("{}{}", parts.join("."), dice.pick(&TAILS))
}

fn constraint(dice: &mut Dice) -> String {
    let mut text = format!("{}{}", dice.pick(&OPERATORS), version(dice, &NUMBERS));
    for _ in 0..dice.below(4) {
        let (between, operator) = (dice.pick(&BETWEEN), dice.pick(&OPERATORS));
        text.push_str(&format!("{between}{operator}{}", version(dice, &NUMBERS)));
    }
    text
}

#[test]
fn versions_are_in_a_total_order() {
    let mut dice = Dice::new();
    for _ in 0..dice::cases(2_000) {
        let texts = [(); 3].map(|()| version(&mut dice, &NUMBERS[..4]));
        let [a, b, c] = [&texts[0], &texts[1], &texts[2]].map(|text| Version::parse(text));
        let (Ok(a), Ok(b), Ok(c)) = (a, b, c) else { continue };
        assert_eq!(a.precedence(&b), b.precedence(&a).reverse(), "{texts:?}");
        if a.precedence(&b).is_le() && b.precedence(&c).is_le() {
            assert!(a.precedence(&c).is_le(), "{texts:?}");
        }
    }
}

#[test]
fn a_version_prints_what_it_was_read_from() {
    let mut dice = Dice::new();
    for _ in 0..dice::cases(2_000) {
        let text = version(&mut dice, &NUMBERS[..4]);
        let Ok(read) = Version::parse(&text) else { continue };
        let printed = read.to_string();
        let again = Version::parse_strict(&printed).expect("what is printed is strict");
        assert_eq!(read.precedence(&again), Ordering::Equal, "{text}");
        assert_eq!(again.to_string(), printed);
    }
}

#[test]
fn a_constraint_prints_one_of_the_same_meaning_and_the_best_is_the_highest() {
    let mut dice = Dice::new();
    for _ in 0..dice::cases(2_000) {
        let text = constraint(&mut dice);
        let Ok(read) = Constraint::parse(&text) else { continue };
        let again = Constraint::parse(&read.to_string()).expect("what is printed is read");
        let tags: Vec<String> = (0..20).map(|_| version(&mut dice, &NUMBERS[..4])).collect();
        let versions = || tags.iter().filter_map(|tag| Version::parse(tag).ok());
        let mut highest: Option<Version<'_>> = None;
        for version in versions() {
            assert_eq!(read.matches(&version), again.matches(&version), "{text}: {version}");
            let higher = highest.is_none_or(|highest| version.precedence(&highest).is_gt());
            if read.matches(&version) && higher {
                highest = Some(version);
            }
        }
        let best = read.best(tags.iter().map(String::as_str));
        assert_eq!(best.map(|it| it.original()), highest.map(|it| it.original()), "{text}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    let mut dice = Dice::new();
    for _ in 0..dice::cases(5_000) {
        let mut bytes = constraint(&mut dice).into_bytes();
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len());
            bytes[at] = dice.pick(b"0|x*. -+,~^<>=!v\n\xc3\xa9\x00");
        }
        let text = String::from_utf8_lossy(&bytes);
        drop(Constraint::parse(&text));
        drop(Version::parse(&text));
        drop(Version::parse_strict(&text));
    }
}

#[test]
fn choosing_among_many_tags_allocates_nothing() {
    let tags: Vec<String> = (0..10_000).map(|n| format!("v{}.{}.0-rc.1", n / 99, n % 99)).collect();
    let constraint = Constraint::parse(">=1.2-0 <50, !=3.x || ~60.1-0").expect("a constraint");
    let mut best = None;
    let allocated = allocation_counter::measure(|| {
        best = constraint.best(tags.iter().map(String::as_str)).map(|it| it.original());
    });
    assert_eq!(best, Some("v60.1.0-rc.1"));
    assert_eq!(allocated.count_total, 0);
}
