//! Where npm's grammar, or a reader's intuition, says something else.

use gotk_expr::semver::{Constraint, Version};

fn matches(constraint: &str, version: &str) -> bool {
    let constraint = Constraint::parse(constraint).expect(constraint);
    constraint.matches(&Version::parse(version).expect(version))
}

#[test]
fn a_comma_means_and() {
    // npm's readers drop the first half, and then 0.0.3 matches.
    assert!(!matches(">=1.0.0, <2.0.0", "0.0.3"));
    assert!(matches(">=1.0.0, <2.0.0", "1.9.9"));
    assert!(!matches(">=1.0.0, <2.0.0", "2.0.0"));
}

#[test]
fn a_pre_release_needs_an_invitation() {
    assert!(!matches(">=1.2", "1.3.0-rc.1"));
    assert!(matches(">=1.2-0", "1.3.0-rc.1"));
    // npm invites pre-releases of the very same version only.
    assert!(matches(">=1.2.0-rc.1", "1.9.0-rc.1"));
    // The invitation is for the group, not for its neighbours.
    assert!(!matches(">=2 || 0.1.0-0", "2.1.0-rc.1"));
    let every = Constraint::parse(">=1.2").expect("a constraint").with_pre_releases();
    assert!(every.matches(&Version::parse("1.3.0-rc.1").expect("a version")));
}

#[test]
fn the_upper_end_of_a_range_lets_pre_releases_of_the_next_in() {
    assert!(matches(">=1.0.0-0 <2.0.0", "2.0.0-rc.1"));
    assert!(!matches(">=1.0.0-0 <2.0.0-0", "2.0.0-rc.1"));
}

#[test]
fn a_version_with_a_gap_is_a_range() {
    assert!(matches("1.2", "1.2.9") && !matches("1.2", "1.3.0"));
    assert!(matches(">1.2", "1.3.0") && !matches(">1.2", "1.2.9"));
    assert!(matches("<=1.2", "1.2.9") && !matches("<=1.2", "1.3.0"));
    assert!(matches("!=1.x", "2.0.0") && !matches("!=1.x", "1.7.0"));
}

#[test]
fn tilde_and_caret_read_what_was_left_out() {
    assert!(matches("~1", "1.9.0") && !matches("~1.2", "1.3.0"));
    assert!(matches("^0.2.3", "0.2.9") && !matches("^0.2.3", "0.3.0"));
    assert!(!matches("^0.0.3", "0.0.4"));
    assert!(matches("^0", "0.9.0"));
    // Odd, and as it is: a caret before nothing at all takes 0.0.0 only.
    assert!(matches("^*", "0.0.0") && !matches("^*", "1.0.0"));
}

#[test]
fn a_hyphen_needs_blanks_to_be_a_range() {
    assert!(matches("1.2 - 1.4.5", "1.4.5") && !matches("1.2 - 1.4.5", "1.4.6"));
    // Without them it is a pre-release.
    assert!(!matches("1.2.0-1.4.5", "1.3.0"));
}

#[test]
fn metadata_is_never_compared() {
    assert!(matches("1.2.3+a", "1.2.3+b"));
}

#[test]
fn what_is_no_constraint_is_quoted() {
    for (text, why) in [
        ("", "improper constraint: \"\""),
        ("x y", "improper constraint: \"x y\""),
        ("~>1 - 2", "improper constraint: \"~>>= 1, <= 2 \""),
        ("1|2", "constraint parser error"),
    ] {
        assert_eq!(Constraint::parse(text).expect_err(text).to_string(), why);
    }
    let long = "1".repeat(513);
    let why = "constraint string is too long (max 512 bytes)";
    assert_eq!(Constraint::parse(&long).expect_err(&long).to_string(), why);
    let many = vec!["1"; 33].join("||");
    let why = "too many constraint groups (max 32)";
    assert_eq!(Constraint::parse(&many).expect_err(&many).to_string(), why);
}
