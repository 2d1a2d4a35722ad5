//! `status.phase=Running,metadata.name!=a`: selectors on the few fields a kind offers.

use crate::failure::go_quoted;
use crate::kind::Kind;
use crate::object::Stored;

/// One comparison.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    path: Box<str>,
    value: Box<str>,
    equal: bool,
}

impl Requirement {
    pub(super) fn matches(&self, kind: &Kind, object: &Stored) -> bool {
        object.field(kind, &self.path).is_some_and(|found| (*found == *self.value) == self.equal)
    }
}

pub(super) fn parse(kind: &Kind, text: &str) -> Result<Vec<Requirement>, String> {
    let terms = split_terms(text).into_iter().filter(|term| !term.is_empty());
    let requirements: Vec<Requirement> = terms
        .map(|term| one(&term).ok_or_else(|| not_understood(text, &term)))
        .collect::<Result<_, _>>()?;
    match requirements.iter().find(|r| !is_known(kind, &r.path)) {
        Some(unknown) => Err(unsupported(kind, &unknown.path)),
        None => Ok(requirements),
    }
}

/// Cuts at commas; a backslash takes the next character out of play.
fn split_terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == ',' && !escaped {
            terms.push(String::new());
            continue;
        }
        if let Some(last) = terms.last_mut() {
            last.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}

fn one(term: &str) -> Option<Requirement> {
    let at = term.find('=')?;
    let (path, value, equal) = match (&term[..at], &term[at + 1..]) {
        (path, value) if path.ends_with('!') => (&path[..at - 1], value, false),
        (path, value) => (path, value.strip_prefix('=').unwrap_or(value), true),
    };
    Some(Requirement { path: path.into(), value: unescaped(value)?.into(), equal })
}

/// Only `\\`, `\,` and `\=` are escapes; a bare `=` in a value is an error.
fn unescaped(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(|next| matches!(next, '\\' | ',' | '='))?),
            '=' => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

fn is_known(kind: &Kind, path: &str) -> bool {
    match path {
        "metadata.name" => true,
        "metadata.namespace" => kind.namespaced() || !has_own_conversion(kind),
        path => kind.fields.iter().any(|field| &**field == path),
    }
}

fn not_understood(text: &str, term: &str) -> String {
    format!("invalid selector: '{text}'; can't understand '{term}'")
}

/// Kinds with selectable fields of their own word the refusal differently.
fn unsupported(kind: &Kind, path: &str) -> String {
    if kind.is("batch", "Job") {
        format!("field label {} not supported for Job", go_quoted(path))
    } else if has_own_conversion(kind) {
        format!("field label not supported: {path}")
    } else {
        format!(
            "{} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            go_quoted(path)
        )
    }
}

fn has_own_conversion(kind: &Kind) -> bool {
    !kind.fields.is_empty() && !kind.is("apps", "ReplicaSet")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    fn refusal(plural: &str, text: &str) -> String {
        let registry = Registry::built_in();
        let kind = registry.iter().find(|k| &*k.plural == plural).unwrap();
        parse(kind, text).map(|_| String::new()).unwrap_or_else(|message| message)
    }

    #[test]
    fn an_unknown_field_is_refused_as_its_kind_words_it() {
        assert_eq!(refusal("pods", "spec.foo=b"), "field label not supported: spec.foo");
        assert_eq!(
            refusal("nodes", "metadata.namespace=b"),
            "field label not supported: metadata.namespace"
        );
        assert_eq!(refusal("jobs", "spec.foo=b"), "field label \"spec.foo\" not supported for Job");
        assert_eq!(
            refusal("configmaps", "data.x=b"),
            "\"data.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        );
    }

    #[test]
    fn a_term_without_a_comparison_is_not_understood() {
        assert_eq!(refusal("pods", "a"), "invalid selector: 'a'; can't understand 'a'");
        assert_eq!(refusal("pods", "metadata.name==a,spec.nodeName!=b,"), "");
        assert_eq!(refusal("pods", r"metadata.name=a\,b"), "");
        assert_ne!(refusal("pods", r"metadata.name=a=b"), "");
    }
}
