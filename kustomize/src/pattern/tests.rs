//! What Go's `regexp` answers: whether a pattern is one, and which of the texts it is for, whole.

use super::compile;

const TEXTS: &[&str] = &[
    "", "a", "b", "aa", "aaaaaa", "N{", "a{,2}", "a{02}", "-", "&", "[", "]", "[b]", "a]", "~",
    "<a>", "foo", "d1", " ", "\x0b", "\n", "a\nb", "é", "α", "ABC", "a b", "a.b", "a.b.b", "\\",
    "A", "B", "C", "_", "{", "}", "{1}", "a}", "😀", "1", "\x07", "K", "x", "k",
];

type Answer = Option<&'static [&'static str]>;

const ANSWERS: &[(&str, Answer)] = &[
    (r"N{", Some(&["N{"])),
    (r"a{2}", Some(&["aa"])),
    (r"a{,2}", Some(&["a{,2}"])),
    (r"a{2,}", Some(&["aa", "aaaaaa"])),
    (r"a{02}", Some(&["a{02}"])),
    (r"a{1001}", None),
    (r"a{3,2}", None),
    (r"a{2}{3}", None),
    (r"a**", None),
    (r"a*?", Some(&["", "a", "aa", "aaaaaa"])),
    (r"a+??", None),
    (r"a{2}?", Some(&["aa"])),
    (r"^*a", Some(&["a"])),
    (r"*", None),
    (r"a|*", None),
    (r"[[a]", Some(&["a", "["])),
    (r"[a[b]]", Some(&["a]"])),
    (r"[a&&b]", Some(&["a", "b", "&"])),
    (r"[a--b]", None),
    (r"[a-]", Some(&["a", "-"])),
    (r"[-a]", Some(&["a", "-"])),
    (r"[a-b-c]", Some(&["a", "b", "-"])),
    (r"[]a]", Some(&["a", "]"])),
    (
        r"[^]a]",
        Some(&[
            "b", "-", "&", "[", "~", " ", "\x0b", "\n", "é", "α", "\\", "A", "B", "C", "_", "{",
            "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (r"[]", None),
    (r"[b-a]", None),
    (r"[~~]", Some(&["~"])),
    (r"[[:alpha:]]", Some(&["a", "b", "A", "B", "C", "K", "x", "k"])),
    (
        r"[[:^alpha:]]",
        Some(&[
            "-", "&", "[", "]", "~", " ", "\x0b", "\n", "é", "α", "\\", "_", "{", "}", "😀", "1",
            "\x07",
        ]),
    ),
    (r"[[:foo:]]", None),
    (r"[[:alpha]", Some(&["a", "["])),
    (r"[\d]", Some(&["1"])),
    (r"[^\D]", Some(&["1"])),
    (r"[\pL]", Some(&["a", "b", "é", "α", "A", "B", "C", "K", "x", "k"])),
    (r"[a-\d]", None),
    (r"[\x41-\x43]", Some(&["A", "B", "C"])),
    (r"[\]]", Some(&["]"])),
    (r"[\-a]", Some(&["a", "-"])),
    (r"\<a\>", Some(&["<a>"])),
    (r"\d+", Some(&["1"])),
    (
        r"\D",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", " ", "\x0b", "\n", "é", "α", "\\", "A", "B", "C",
            "_", "{", "}", "😀", "\x07", "K", "x", "k",
        ]),
    ),
    (r"\s", Some(&[" ", "\n"])),
    (
        r"\S",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", "\x0b", "é", "α", "\\", "A", "B", "C", "_", "{",
            "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (
        r"\w+",
        Some(&[
            "a", "b", "aa", "aaaaaa", "foo", "d1", "ABC", "A", "B", "C", "_", "1", "K", "x", "k",
        ]),
    ),
    (
        r"\W",
        Some(&["-", "&", "[", "]", "~", " ", "\x0b", "\n", "é", "α", "\\", "{", "}", "😀", "\x07"]),
    ),
    (r"\bfoo\b", Some(&["foo"])),
    (r"\Bo", Some(&[])),
    (r"a\z", Some(&["a"])),
    (r"a\Z", None),
    (r"\Aa", Some(&["a"])),
    (r"\Qa.b\E+", Some(&["a.b"])),
    (r"\Qa.b", None),
    (r"\Q\\E", Some(&["\\"])),
    (r"\E", None),
    (r"\C", None),
    (
        r"\pL+",
        Some(&["a", "b", "aa", "aaaaaa", "foo", "é", "α", "ABC", "A", "B", "C", "K", "x", "k"]),
    ),
    (
        r"\PL",
        Some(&["-", "&", "[", "]", "~", " ", "\x0b", "\n", "\\", "_", "{", "}", "😀", "1", "\x07"]),
    ),
    (r"\p{Greek}", Some(&["α"])),
    (r"\P{^Greek}", Some(&["α"])),
    (r"\p{greek}", Some(&["α"])),
    (r"\pX", None),
    (
        r"\p{Any}",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", " ", "\x0b", "\n", "é", "α", "\\", "A", "B", "C",
            "_", "{", "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (r"\101", Some(&["A"])),
    (r"\1", None),
    (r"\8", None),
    (r"\012", Some(&["\n"])),
    (r"\x{1F600}", Some(&["😀"])),
    (r"\x4", None),
    (r"\xZZ", None),
    (r"\a", Some(&["\x07"])),
    (r"\v", Some(&["\x0b"])),
    (r"\_", Some(&["_"])),
    (r"\-", Some(&["-"])),
    (r"\é", None),
    (r"(?i)ABC", Some(&["ABC"])),
    (r"(?x)a b", None),
    (r"(?P<n>a)", Some(&["a"])),
    (r"(?<n>a)", Some(&["a"])),
    (r"(?a)", None),
    (r"(?i:A)b", Some(&[])),
    (r"(?U)a+", Some(&["a", "aa", "aaaaaa"])),
    (
        r"(?-s).",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", " ", "\x0b", "é", "α", "\\", "A", "B", "C", "_",
            "{", "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (
        r"(?s).",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", " ", "\x0b", "\n", "é", "α", "\\", "A", "B", "C",
            "_", "{", "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (r"(?m)^b$", Some(&["b"])),
    (r"(", None),
    (r")", None),
    (r"a)", None),
    (r"(?", None),
    (r"(?P<n", None),
    (r"(?:)", Some(&[""])),
    (r"()", Some(&[""])),
    (r"a||b", Some(&["", "a", "b"])),
    (r"a}", Some(&["a}"])),
    (r"{", Some(&["{"])),
    (r"}", Some(&["}"])),
    (r"{1}", None),
    (r"a.b", Some(&["a b", "a.b"])),
    (
        r".",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", " ", "\x0b", "é", "α", "\\", "A", "B", "C", "_",
            "{", "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (r"$", Some(&[""])),
    (r"x\", None),
    (r"[a", None),
    (r"[a-", None),
    (r"a{1,2}*", None),
    (r"(a{2}){3}", Some(&["aaaaaa"])),
    (r"[\s]", Some(&[" ", "\n"])),
    (
        r"[^\s]",
        Some(&[
            "a", "b", "-", "&", "[", "]", "~", "\x0b", "é", "α", "\\", "A", "B", "C", "_", "{",
            "}", "😀", "1", "\x07", "K", "x", "k",
        ]),
    ),
    (r"é+", Some(&["é"])),
    (r"[é-ü]", Some(&["é"])),
    ("a\nb", Some(&["a\nb"])),
    (r"(?i)k", Some(&["K", "k"])),
    (r"#", Some(&[])),
    (r"a b", Some(&["a b"])),
];

#[test]
fn patterns_mean_what_they_mean_in_go() {
    for (pattern, matched) in ANSWERS {
        let ours = compile(&format!("^(?:{pattern})$")).ok();
        let ours: Option<Vec<&str>> =
            ours.map(|regex| TEXTS.iter().copied().filter(|text| regex.is_match(text)).collect());
        assert_eq!(ours.as_deref(), *matched, "{pattern:?}");
    }
}
