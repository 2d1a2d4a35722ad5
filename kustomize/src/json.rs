//! JSON as Go writes it.

use serde_json::Value;

/// On one line.
pub(crate) fn compact(value: &Value) -> String {
    let mut text = String::new();
    crate::hash::write(value, &mut text);
    text
}

/// Indented by two blanks.
pub(crate) fn pretty(value: &Value) -> String {
    let text = compact(value);
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_text, mut is_escaped) = (0, false, false);
    let mut chars = text.chars().peekable();
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    while let Some(char) = chars.next() {
        if in_text {
            out.push(char);
            in_text = char != '"' || is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            continue;
        }
        match char {
            '{' | '[' => {
                out.push(char);
                if chars.peek().is_some_and(|next| !matches!(next, '}' | ']')) {
                    depth += 1;
                    new_line(&mut out, depth);
                } else if let Some(end) = chars.next() {
                    out.push(end);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char);
            }
            ',' => {
                out.push(char);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => {
                in_text = other == '"';
                out.push(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_those_of_go() {
        let value = json!({"b": [], "a": [1, {"c": "x,\"{"}], "d": {}});
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"c\": \"x,\\\"{\"\n    }\n  ],\n  \"b\": [],\n  \"d\": {}\n}";
        assert_eq!(pretty(&value), expected);
    }
}
