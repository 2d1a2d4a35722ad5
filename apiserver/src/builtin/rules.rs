//! The table of rules that one field alone decides.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::paths;
use crate::failure::Cause;
use crate::kind::Kind;
use crate::names;

struct Row {
    group: &'static str,
    kind: &'static str,
    path: &'static str,
    rule: Rule,
}

enum Rule {
    OneOf(Vec<&'static str>),
    Required,
    Min(i64),
    Above(i64),
    Label,
    Subdomain,
    Fixed(Shown),
    /// Fixed, in other words.
    Locked,
}

/// How a refusal shows the value that is not to change.
#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Json,
    /// Members with the names Go has for them.
    Go,
    Null,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let lines = include_str!("rules.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(read).collect()
});

fn read(line: &'static str) -> Option<Row> {
    let mut columns = line.split(' ');
    let (group, kind, path) = (columns.next()?, columns.next()?, columns.next()?);
    let rule = columns.next()?;
    let rest: Vec<&str> = columns.collect();
    let number = || rest.first()?.parse().ok();
    let rule = match rule {
        "one-of" => Rule::OneOf(rest),
        "required" => Rule::Required,
        "min" => Rule::Min(number()?),
        "above" => Rule::Above(number()?),
        "label" => Rule::Label,
        "subdomain" => Rule::Subdomain,
        "locked" => Rule::Locked,
        "fixed" => Rule::Fixed(Shown::Json),
        "fixed-go" => Rule::Fixed(Shown::Go),
        "fixed-null" => Rule::Fixed(Shown::Null),
        _ => return None,
    };
    Some(Row { group: if group == "-" { "" } else { group }, kind, path, rule })
}

fn of(kind: &Kind) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(|row| kind.is(row.group, row.kind))
}

pub(super) fn causes(kind: &Kind, object: &Value) -> Vec<Cause> {
    let rows = of(kind).filter(|row| !matches!(row.rule, Rule::Fixed(_) | Rule::Locked));
    rows.flat_map(|row| {
        paths::each(object, row.path)
            .into_iter()
            .flat_map(|(path, value)| row.rule.check(&path, value))
    })
    .collect()
}

pub(super) fn update_causes(kind: &Kind, before: &Value, new: &Value) -> Vec<Cause> {
    let fixed = of(kind).filter_map(|row| match row.rule {
        Rule::Fixed(shown) => Some((row.path, Some(shown))),
        Rule::Locked => Some((row.path, None)),
        _ => None,
    });
    let changed = fixed.filter_map(|(path, shown)| {
        let pointer = format!("/{}", path.replace('.', "/"));
        let part = |object: &Value| object.pointer(&pointer).cloned().unwrap_or_default();
        let (before, new) = (part(before), part(new));
        let value = match shown {
            Some(Shown::Json) => new.clone(),
            Some(Shown::Go) => go_members(&new),
            Some(Shown::Null) => Value::Null,
            None => {
                let why = format!("updates to {path} are forbidden.");
                return (before != new).then(|| Cause::forbidden(path, &why));
            }
        };
        (before != new).then(|| Cause::invalid(path, &value, "field is immutable"))
    });
    changed.collect()
}

/// `{"apiGroup":…}` as `{"APIGroup":…}`: what Go calls the members.
fn go_members(value: &Value) -> Value {
    let renamed = value.as_object().into_iter().flatten().map(|(name, value)| {
        let name = match name.strip_prefix("api") {
            Some(rest) => format!("API{rest}"),
            None => name[..1].to_uppercase() + &name[1..],
        };
        (name, value.clone())
    });
    Value::Object(renamed.collect::<Map<_, _>>())
}

impl Rule {
    fn check(&self, path: &str, value: &Value) -> Vec<Cause> {
        let text = value.as_str().unwrap_or_default();
        let grammar = |problems: Vec<String>| -> Vec<Cause> {
            problems.iter().map(|why| Cause::invalid(path, value, why)).collect()
        };
        match self {
            Self::OneOf(_) if value.is_null() => Vec::new(),
            Self::OneOf(known) if known.contains(&text) => Vec::new(),
            Self::OneOf(known) => vec![Cause::unsupported(path, value, known)],
            Self::Required if text.is_empty() => vec![Cause::required(path, "")],
            Self::Min(least) => match value.as_i64() {
                Some(number) if number < *least => {
                    let why = format!("must be greater than or equal to {least}");
                    vec![Cause::invalid(path, value, &why)]
                }
                _ => Vec::new(),
            },
            Self::Above(limit) => match value.as_i64() {
                Some(number) if number <= *limit => {
                    vec![Cause::invalid(path, value, &format!("must be greater than {limit}"))]
                }
                _ => Vec::new(),
            },
            Self::Label => grammar(names::label(text)),
            Self::Subdomain => grammar(names::subdomain(text)),
            Self::Required | Self::Fixed(_) | Self::Locked => Vec::new(),
        }
    }
}

/// A port's number; names are checked elsewhere.
pub(super) fn port(path: &str, value: &Value) -> Vec<Cause> {
    let fits = value.as_i64().is_none_or(|number| (1..=65_535).contains(&number));
    let why = "must be between 1 and 65535, inclusive";
    if fits { Vec::new() } else { vec![Cause::invalid(path, value, why)] }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::failure::Failure;
    use crate::registry::Registry;

    #[test]
    fn every_line_is_read_and_of_a_kind_that_is_served() {
        let text = include_str!("rules.txt");
        assert_eq!(TABLE.len(), text.lines().filter(|line| !line.starts_with('#')).count());
        let registry = Registry::built_in();
        for row in TABLE.iter() {
            assert!(registry.iter().any(|k| k.is(row.group, row.kind)), "{}", row.kind);
        }
    }

    #[test]
    fn refusals_are_worded_as_upstream_words_them() {
        let registry = Registry::built_in();
        let refused = |group: &str, plural: &str, object: Value| {
            let kind = registry.find(group, "v1", plural).unwrap();
            Failure::invalid(&kind, "a", causes(&kind, &object)).message().to_owned()
        };
        assert_eq!(
            refused("", "services", json!({ "spec": { "type": "X" } })),
            "Service \"a\" is invalid: spec.type: Unsupported value: \"X\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""
        );
        assert_eq!(
            refused("apps", "deployments", json!({ "spec": { "replicas": -1 } })),
            "Deployment.apps \"a\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
        );
    }

    #[test]
    fn a_fixed_field_is_shown_as_upstream_shows_it() {
        let registry = Registry::built_in();
        let kind = registry.find("rbac.authorization.k8s.io", "v1", "rolebindings").unwrap();
        let of =
            |name: &str| json!({ "roleRef": { "apiGroup": "g", "kind": "Role", "name": name } });
        let causes = update_causes(&kind, &of("a"), &of("b"));
        let message = Failure::invalid(&kind, "x", causes).message().to_owned();
        assert!(message.ends_with(
            "roleRef: Invalid value: {\"APIGroup\":\"g\",\"Kind\":\"Role\",\"Name\":\"b\"}: field is immutable"
        ), "{message}");
    }
}
