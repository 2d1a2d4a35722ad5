//! Label selectors, as `kubectl -l` takes them.

use crate::node::Node;
use crate::resource::Resource;

/// What labels have to be like; nothing is asked of them by the empty one.
#[derive(Debug, Default)]
pub(crate) struct LabelSelector(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    Exists,
    Missing,
    In,
    NotIn,
    Less,
    Greater,
}

impl LabelSelector {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text.trim_start();
        let mut requirements = Vec::new();
        while !rest.is_empty() {
            let requirement;
            (requirement, rest) = Requirement::parse(rest)
                .map_err(|problem| format!("{text:?} is no selector: {problem}"))?;
            requirements.push(requirement);
            match rest.strip_prefix(',') {
                Some(more) if more.trim_start().is_empty() => {
                    return Err(format!("{text:?} is no selector: it ends with a comma"));
                }
                Some(more) => rest = more.trim_start(),
                None if rest.is_empty() => {}
                None => return Err(format!("{text:?} is no selector: {rest:?} is left over")),
            }
        }
        Ok(Self(requirements))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the labels or annotations of an object are as they have to be.
    pub(crate) fn matches(&self, resource: &Resource, field: &str) -> bool {
        let texts = resource.node.at(&["metadata", field]);
        self.0.iter().all(|requirement| {
            requirement.matches(texts.and_then(|texts| texts.get(&requirement.key)).map(Node::text))
        })
    }
}

impl Requirement {
    /// Reads one requirement, and gives back what follows.
    fn parse(text: &str) -> Result<(Self, &str), String> {
        if let Some(rest) = text.strip_prefix('!') {
            let (key, rest) = word(rest);
            check_key(key)?;
            return Ok((Self::new(key, Operator::Missing, Vec::new()), rest));
        }
        let (key, rest) = word(text);
        check_key(key)?;
        for (sign, operator) in [
            ("==", Operator::In),
            ("=", Operator::In),
            ("!=", Operator::NotIn),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            let Some(rest) = rest.strip_prefix(sign) else { continue };
            let (value, rest) = word(rest.trim_start());
            check_value(value)?;
            if matches!(operator, Operator::Less | Operator::Greater) {
                value.parse::<i64>().map_err(|_| format!("{value:?} is no whole number"))?;
            }
            return Ok((Self::new(key, operator, vec![value.to_owned()]), rest));
        }
        let (name, behind) = word(rest);
        let operator = match name {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => return Ok((Self::new(key, Operator::Exists, Vec::new()), rest)),
        };
        let inner = behind.strip_prefix('(').and_then(|behind| behind.split_once(')'));
        let (inner, rest) = inner.ok_or("a list of values in parentheses is missing")?;
        let values: Vec<String> = inner.split(',').map(|value| value.trim().to_owned()).collect();
        values.iter().try_for_each(|value| check_value(value))?;
        Ok((Self::new(key, operator, values), rest.trim_start()))
    }

    fn new(key: &str, operator: Operator, values: Vec<String>) -> Self {
        Self { key: key.to_owned(), operator, values }
    }

    fn matches(&self, value: Option<&str>) -> bool {
        let is_listed = |value: &str| self.values.iter().any(|wanted| wanted == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let compares = |value: &str, is: fn(&i64, &i64) -> bool| {
            let numbers = number(value).zip(self.values.first().and_then(|wanted| number(wanted)));
            numbers.is_some_and(|(value, wanted)| is(&value, &wanted))
        };
        match self.operator {
            Operator::Exists => value.is_some(),
            Operator::Missing => value.is_none(),
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Less => value.is_some_and(|value| compares(value, i64::lt)),
            Operator::Greater => value.is_some_and(|value| compares(value, i64::gt)),
        }
    }
}

/// The word that a text begins with, and what follows it and blanks.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let is_end = |char: char| char.is_whitespace() || "=!(),<>".contains(char);
    let (word, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    (word, rest.trim_start())
}

fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) =
        key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let is_prefix = |prefix: &str| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| {
                let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                !part.is_empty()
                    && part.bytes().all(|byte| is_end(&byte) || byte == b'-')
                    && part.as_bytes().first().is_some_and(is_end)
                    && part.as_bytes().last().is_some_and(is_end)
            })
    };
    if is_name(name) && !name.is_empty() && prefix.is_none_or(is_prefix) {
        return Ok(());
    }
    Err(format!("{key:?} is no key of a label"))
}

fn check_value(value: &str) -> Result<(), String> {
    if is_name(value) { Ok(()) } else { Err(format!("{value:?} is no value of a label")) }
}

/// Letters, digits and `-_.`, the first and last a letter or digit.
fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.len() <= 63
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
        && bytes.first().is_none_or(u8::is_ascii_alphanumeric)
        && bytes.last().is_none_or(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str) -> bool {
        let text = "metadata: {labels: {app: web, tier: 'b', n: 5, a.b/c: ''}}\n";
        let resource = Resource::new(Node::parse_all(text).unwrap().remove(0));
        LabelSelector::parse(selector).unwrap().matches(&resource, "labels")
    }

    #[test]
    fn selectors_ask_for_labels() {
        for selector in [
            "",
            "app",
            "!x",
            "app=web",
            "app == web,tier=b",
            "app!=x",
            "x!=y",
            "app in (a, web)",
            "app notin (a,b)",
            "x notin (a)",
            "n>4",
            "n < 6",
            "a.b/c",
            "a.b/c=",
            " app , !x ",
        ] {
            assert!(matches(selector), "{selector}");
        }
        for selector in ["x", "!app", "app=x", "app notin (web)", "n>5", "x<1", "app=web,x"] {
            assert!(!matches(selector), "{selector}");
        }
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        for selector in ["=", "a b", "a=b,", "a in b", "-a", "a=b c", "a>x", "a in (b", "é"] {
            assert!(LabelSelector::parse(selector).is_err(), "{selector}");
        }
    }
}
