//! The grammars of names, labels and keys, with the sentences the server refuses them in.

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const QUALIFIED_SHAPE: &str = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// Each returns why `text` is refused: empty when it is not.
pub(crate) fn subdomain(text: &str) -> Vec<String> {
    let parts_hold = text.split('.').all(|part| is_label(part, |c| c.is_ascii_alphanumeric()));
    both(too_long(text, 253), (!parts_hold).then(|| SUBDOMAIN.to_owned()))
}

pub(crate) fn label(text: &str) -> Vec<String> {
    let why = if text.contains('.') { "must not contain dots" } else { LABEL };
    both(
        too_long(text, 63),
        (!is_label(text, |c| c.is_ascii_alphanumeric())).then(|| why.to_owned()),
    )
}

pub(crate) fn label_1035(text: &str) -> Vec<String> {
    both(
        too_long(text, 63),
        (!is_label(text, |c| c.is_ascii_lowercase())).then(|| LABEL_1035.to_owned()),
    )
}

/// What may stand in a path: RBAC's names.
pub(crate) fn path_segment(text: &str) -> Vec<String> {
    if text == "." || text == ".." {
        return vec![format!("may not be '{text}'")];
    }
    let refused = ["/", "%"].into_iter().filter(|c| text.contains(c));
    refused.map(|c| format!("may not contain '{c}'")).collect()
}

/// A label's or annotation's key: `[prefix/]name`.
pub(crate) fn qualified(text: &str) -> Vec<String> {
    let (prefix, name) = match text.split('/').collect::<Vec<_>>()[..] {
        [name] => (None, name),
        [prefix, name] => (Some(prefix), name),
        _ => return vec![QUALIFIED_SHAPE.to_owned()],
    };
    let mut problems: Vec<String> = match prefix {
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => {
            subdomain(prefix).into_iter().map(|why| format!("prefix part {why}")).collect()
        }
        None => Vec::new(),
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if let Some(why) = too_long(name, 63) {
        problems.push(format!("name part {why}"));
    }
    if !is_word(name) {
        problems.push(QUALIFIED.to_owned());
    }
    problems
}

pub(crate) fn label_value(text: &str) -> Vec<String> {
    let holds = text.is_empty() || is_word(text);
    both(too_long(text, 63), (!holds).then(|| LABEL_VALUE.to_owned()))
}

/// A key of a `ConfigMap` or `Secret`.
pub(crate) fn config_key(text: &str) -> Vec<String> {
    let holds =
        !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c));
    let dots = match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    };
    [too_long(text, 253), (!holds).then(|| CONFIG_KEY.to_owned()), dots]
        .into_iter()
        .flatten()
        .collect()
}

fn both(first: Option<String>, second: Option<String>) -> Vec<String> {
    [first, second].into_iter().flatten().collect()
}

fn too_long(text: &str, limit: usize) -> Option<String> {
    (text.len() > limit).then(|| format!("must be no more than {limit} characters"))
}

/// Lower-case letters, digits and inner dashes, with `first` deciding how it may begin.
fn is_label(text: &str, first: impl Fn(&u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(head), Some(tail)) = (bytes.first(), bytes.last()) else { return false };
    first(head)
        && *tail != b'-'
        && bytes.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
}

/// Letters and digits with `-`, `_` and `.` inside.
fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(head), Some(tail)) = (bytes.first(), bytes.last()) else { return false };
    head.is_ascii_alphanumeric()
        && tail.is_ascii_alphanumeric()
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_to_their_grammar() {
        for good in ["a", "a.b", "a-b.c0"] {
            assert!(subdomain(good).is_empty(), "{good}");
        }
        for bad in ["", "A", "a_b", "-a", "a-", "a..b", ".a"] {
            assert!(!subdomain(bad).is_empty(), "{bad}");
        }
        assert_eq!(label("n1.a"), ["must not contain dots"]);
        assert!(label("1a").is_empty() && !label_1035("1a").is_empty());
        assert_eq!(subdomain(&"a".repeat(254)), ["must be no more than 253 characters"]);
        assert!(path_segment("system:node").is_empty() && !path_segment("a/b").is_empty());
    }

    #[test]
    fn label_keys_have_one_optional_prefix() {
        for good in ["a", "a.b/c", "A_b-C.1"] {
            assert!(qualified(good).is_empty(), "{good}");
        }
        for bad in ["", "-x", "a b", "/a", "a/", "a/b/c", "A/b"] {
            assert!(!qualified(bad).is_empty(), "{bad}");
        }
        assert!(label_value("").is_empty() && !label_value("a b").is_empty());
        assert!(config_key("a.b_C-1").is_empty() && !config_key("a b").is_empty());
    }
}
