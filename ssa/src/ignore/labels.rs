//! Kubernetes' label selectors.

use crate::Error;

/// `app=web,tier in (a,b),!legacy`: all of them must hold. Without any, everything fits.
#[derive(Debug, Default)]
pub(super) struct LabelSelector(Vec<Requirement>);

#[derive(Debug)]
struct Requirement {
    key: String,
    must: Must,
}

#[derive(Debug, Eq, PartialEq)]
enum Must {
    Exist,
    BeAbsent,
    BeIn(Vec<String>),
    NotBeIn(Vec<String>),
}

impl LabelSelector {
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let parts = split(text).into_iter().filter(|part| !part.trim().is_empty());
        let read = |part: &str| {
            requirement(part.trim()).ok_or_else(|| super::rule(text, "is no selector"))
        };
        Ok(Self(parts.map(read).collect::<Result<_, _>>()?))
    }

    pub(super) fn fits<'o>(&self, label: &dyn Fn(&str) -> Option<&'o str>) -> bool {
        self.0.iter().all(|Requirement { key, must }| {
            let has = label(key);
            match must {
                Must::Exist => has.is_some(),
                Must::BeAbsent => has.is_none(),
                Must::BeIn(values) => has.is_some_and(|has| values.iter().any(|it| it == has)),
                Must::NotBeIn(values) => has.is_none_or(|has| values.iter().all(|it| it != has)),
            }
        })
    }
}

/// At the commas that are not within parentheses.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut within) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        match character {
            '(' => within = true,
            ')' => within = false,
            ',' if !within => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

fn requirement(text: &str) -> Option<Requirement> {
    let of = |key: &str, must| {
        let key = key.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        (!key.is_empty() && key.chars().all(plain))
            .then(|| Requirement { key: key.to_owned(), must })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, value)) = text.split_once("!=") {
        return of(key, Must::NotBeIn(one(value)));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return of(key, Must::BeIn(one(value)));
    }
    if let Some(values) = text.strip_suffix(')') {
        let (head, values) = values.split_once('(')?;
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        return match word {
            "in" => of(key, Must::BeIn(values)),
            "notin" => of(key, Must::NotBeIn(values)),
            _ => None,
        };
    }
    match text.strip_prefix('!') {
        Some(key) => of(key, Must::BeAbsent),
        None => of(text, Must::Exist),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let fits = |text: &str| {
            let labels = |key: &str| (key == "app").then_some("web");
            LabelSelector::parse(text).unwrap().fits(&labels)
        };
        for text in [
            "",
            "app",
            "app=web",
            "app==web",
            "app in (api, web)",
            "!tier",
            "tier!=x",
            "app notin (x),app",
        ] {
            assert!(fits(text), "{text}");
        }
        for text in [
            "tier",
            "app=api",
            "app in (api)",
            "!app",
            "app!=web",
            "app notin (web)",
            "app=web,tier",
        ] {
            assert!(!fits(text), "{text}");
        }
        for text in ["a b", "app in web", "=x", "app within (web)"] {
            assert!(LabelSelector::parse(text).is_err(), "{text}");
        }
    }
}
