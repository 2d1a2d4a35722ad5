//! `1.2 - 1.4.5` in the words of the other operators.

use crate::semver::grammar::Scanner;

/// Rewrites every hyphen range. What it leaves behind may still be no constraint; the error then
/// shows the rewritten text, as upstream's does.
pub(crate) fn rewrite(text: &str) -> String {
    let mut rewritten = text.to_owned();
    let mut from = 0;
    while let Some(range) = find(text, from) {
        let replacement = format!(">= {}, <= {} ", range.first, range.last);
        rewritten = rewritten.replacen(range.text, &replacement, 1);
        from = range.end;
    }
    rewritten
}

struct Range<'a> {
    text: &'a str,
    first: &'a str,
    last: &'a str,
    end: usize,
}

/// The leftmost range that starts at `from` or behind.
fn find(text: &str, from: usize) -> Option<Range<'_>> {
    // Without a hyphen between blanks there is none, which spares most texts the search.
    let hyphen = |at: &usize| text[*at..].contains('-');
    let starts = (from..text.len()).filter(|&at| text.is_char_boundary(at)).take_while(hyphen);
    starts.into_iter().find_map(|at| range_at(text, at))
}

fn range_at(text: &str, start: usize) -> Option<Range<'_>> {
    let mut scanner = Scanner::from(text, start);
    scanner.blank();
    let first = scanner.pattern()?.text;
    (scanner.blank() && scanner.skip("-") && scanner.blank()).then_some(())?;
    let last = scanner.pattern()?.text;
    scanner.blank();
    let end = scanner.at();
    Some(Range { text: &text[start..end], first, last, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_rewritten_wherever_it_stands() {
        for (text, rewritten) in [
            ("1.2 - 1.4.5", ">= 1.2, <= 1.4.5 "),
            ("1 - 2 || 3 - 4", ">= 1, <= 2 ||>= 3, <= 4 "),
            ("~>1.2.3 - 1.4", "~>>= 1.2.3, <= 1.4 "),
            ("1.2.3.4 - 5", "1.>= 2.3.4, <= 5 "),
            ("1.2-1.4", "1.2-1.4"),
            ("1.2 -1.4", "1.2 -1.4"),
            ("ü - 1", "ü - 1"),
        ] {
            assert_eq!(rewrite(text), rewritten, "{text}");
        }
    }
}
