//! `app=web,tier in (a, b),!old`: selectors on labels, with the words upstream refuses them in.

use crate::failure::go_quoted;
use crate::names;
use crate::object::Stored;

/// One demand on one label.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    key: Box<str>,
    demand: Demand,
}

#[derive(Clone, Debug)]
enum Demand {
    Exists,
    Absent,
    In(Vec<String>),
    /// Also satisfied where the label is absent.
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Requirement {
    pub(super) fn matches(&self, object: &Stored) -> bool {
        let found = object.label(&self.key);
        match &self.demand {
            Demand::Exists => found.is_some(),
            Demand::Absent => found.is_none(),
            Demand::In(values) => found.is_some_and(|found| values.iter().any(|v| v == found)),
            Demand::NotIn(values) => !found.is_some_and(|found| values.iter().any(|v| v == found)),
            Demand::Greater(than) => number(found).is_some_and(|n| n > *than),
            Demand::Less(than) => number(found).is_some_and(|n| n < *than),
        }
    }
}

fn number(found: Option<&str>) -> Option<i64> {
    found?.parse().ok()
}

pub(super) fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let mut requirements = Vec::new();
    if parser.peek().is_empty() {
        return Ok(requirements);
    }
    loop {
        match parser.peek() {
            "!" => {}
            token if is_word(token) => {}
            found => {
                return Err(format!(
                    "found '{found}', expected: !, identifier, or 'end of string'"
                ));
            }
        }
        requirements.push(
            parser.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?,
        );
        match parser.next() {
            "" => return Ok(requirements),
            "," => {}
            found => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
        }
        if !(parser.peek() == "!" || is_word(parser.peek())) {
            return Err(format!("found '{}', expected: identifier after ','", parser.peek()));
        }
    }
}

struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
}

impl<'a> Parser<'a> {
    /// The next token; empty at the end.
    fn peek(&self) -> &'a str {
        self.tokens.get(self.at).copied().unwrap_or_default()
    }

    fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        if self.peek() == "!" {
            self.at += 1;
            return Ok(Requirement { key: self.key()?, demand: Demand::Absent });
        }
        let key = self.key()?;
        if matches!(self.peek(), "" | ",") {
            return Ok(Requirement { key, demand: Demand::Exists });
        }
        let demand = match self.next() {
            "=" | "==" => Demand::In(vec![self.value(&key)?]),
            "!=" => Demand::NotIn(vec![self.value(&key)?]),
            "in" => Demand::In(self.values(&key)?),
            "notin" => Demand::NotIn(self.values(&key)?),
            ">" | "gt" => Demand::Greater(self.integer()?),
            "<" | "lt" => Demand::Less(self.integer()?),
            found => {
                return Err(format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt"));
            }
        };
        Ok(Requirement { key, demand })
    }

    fn key(&mut self) -> Result<Box<str>, String> {
        let key = self.next();
        if !is_word(key) {
            return Err(format!("found '{key}', expected: identifier"));
        }
        match names::qualified(key).first() {
            Some(why) => Err(format!("<nil>: Invalid value: {}: {why}", go_quoted(key))),
            None => Ok(key.into()),
        }
    }

    /// A value may be missing: `a=` asks for the empty one.
    fn value(&mut self, key: &str) -> Result<String, String> {
        let value = if is_word(self.peek()) { self.next() } else { "" };
        checked(key, 0, value)
    }

    fn integer(&mut self) -> Result<i64, String> {
        let value = self.next();
        value.parse().map_err(|_| {
            let value = go_quoted(value);
            format!("values[0]: Invalid value: {value}: for 'Gt', 'Lt' operators, the value must be an integer")
        })
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>, String> {
        if self.peek() != "(" {
            return Err(format!("found '{}' expected: '('", self.peek()));
        }
        self.at += 1;
        let mut values = Vec::new();
        loop {
            values.push(self.value(key)?);
            match self.next() {
                ")" => return Ok(values),
                "," => {}
                found => return Err(format!("found '{found}', expected: ',' or ')'")),
            }
        }
    }
}

fn checked(key: &str, at: usize, value: &str) -> Result<String, String> {
    match names::label_value(value).first() {
        Some(why) => {
            Err(format!("values[{at}][{key}]: Invalid value: {}: {why}", go_quoted(value)))
        }
        None => Ok(value.to_owned()),
    }
}

fn is_word(token: &str) -> bool {
    !token.is_empty() && !token.contains(is_special)
}

fn is_special(c: char) -> bool {
    matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<')
}

/// Words, brackets, commas and the operators of one or two characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if is_special(first) {
            if rest.starts_with("==") || rest.starts_with("!=") { 2 } else { 1 }
        } else {
            rest.find(|c: char| is_special(c) || c.is_whitespace()).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::Registry;

    fn selected(selector: &str, labels: serde_json::Value) -> bool {
        let kind = Registry::built_in().find("", "v1", "configmaps").unwrap();
        let object = json!({ "metadata": { "name": "a", "namespace": "n", "labels": labels } });
        let object = Stored::encode(&kind, object, 1);
        parse(selector).unwrap().iter().all(|requirement| requirement.matches(&object))
    }

    #[test]
    fn each_operator_selects() {
        let labels = json!({ "app": "web", "n": "5" });
        for yes in [
            "",
            "app",
            "!old",
            "app=web",
            "app==web",
            "app!=db",
            "old!=x",
            "app in (db, web)",
            "app notin (db)",
            "n>4",
            "n<6",
            "app=web,n=5",
        ] {
            assert!(selected(yes, labels.clone()), "{yes}");
        }
        for no in [
            "old",
            "!app",
            "app=db",
            "app!=web",
            "app in (db)",
            "app notin (web)",
            "n>5",
            "app>1",
            "app=",
        ] {
            assert!(!selected(no, labels.clone()), "{no}");
        }
    }

    #[test]
    fn refusals_are_worded_as_upstream_words_them() {
        let rows = [
            (
                "a b",
                "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a,,b", "found ',', expected: identifier after ','"),
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            (
                "a>b",
                "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
            ),
        ];
        for (selector, message) in rows {
            assert_eq!(parse(selector).unwrap_err(), message, "{selector}");
        }
        assert!(
            parse("-a").unwrap_err().starts_with(
                "unable to parse requirement: <nil>: Invalid value: \"-a\": name part"
            )
        );
        assert!(
            parse("a=-b")
                .unwrap_err()
                .starts_with("unable to parse requirement: values[0][a]: Invalid value: \"-b\"")
        );
    }
}
