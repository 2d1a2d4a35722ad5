//! Texts that could make a program look at everything again and again.

/// Inputs of `size` units that could make a reader look at everything again and again.
pub(crate) fn shapes(size: usize) -> Vec<(&'static str, String)> {
    let keys: String = (0..size).map(|index| format!("key{index}: {index}\n")).collect();
    let anchors: String = (0..size).map(|index| format!("- &a{index} {index}\n")).collect();
    vec![
        ("keys", keys),
        ("anchors", anchors),
        ("equal keys", "a: 1\n".repeat(size)),
        ("equal null keys", "~: 1\n".repeat(size)),
        ("items", "- a\n".repeat(size)),
        ("one line of items", format!("[{}]", "a, ".repeat(size))),
        ("one line of pairs", format!("{{{}}}", "a: b, ".repeat(size))),
        ("one long word", "x".repeat(size * 8)),
        ("one long quoted word", format!("\"{}\"", "x\\n".repeat(size * 2))),
        ("one open quote", format!("\"{}", "x ".repeat(size * 2))),
        ("a plain scalar of many lines", "x\n".repeat(size * 2)),
        ("a block of many lines", format!("a: |\n{}", "  x\n".repeat(size * 2))),
        ("a block of blank lines", format!("a: |\n{}", "\n".repeat(size * 4))),
        ("comments", "# c\n".repeat(size * 2)),
        (
            "comments at many columns",
            (0..size).map(|at| format!("{}# c\n", " ".repeat(at % 40))).collect(),
        ),
        ("comments below a deep end", format!("{}\n{}", "- ".repeat(390), "# c\n".repeat(size))),
        ("line comments", "- a # c\n".repeat(size)),
        ("documents", "---\na: 1\n".repeat(size)),
        ("empty brackets", "- []\n".repeat(size)),
        ("brackets in brackets", format!("[{}]", "[[[]]],".repeat(size))),
        ("question marks", "? a\n".repeat(size)),
        ("tags", "- !t a\n".repeat(size)),
        (
            "merges",
            format!(
                "a: &a {{x: 1}}\n{}",
                "- <<: *a\n".repeat(size).replace("- ", "k: {").replace('\n', "}\n")
            ),
        ),
    ]
}
