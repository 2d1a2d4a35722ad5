//! The part of Kubernetes' JSONPath that definitions use for their columns: `.spec.a`, `['a.b']`,
//! `[0]`, `[-1]`, `[*]`, `[?(@.type=="Ready")]`, `\.` in names.

use serde_json::Value;

/// A path to values in an object.
#[derive(Debug, PartialEq)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq)]
enum Step {
    Name(String),
    Index(i64),
    All,
    /// Items that have a value at a path beneath them, compared with a text or a number.
    Where {
        path: JsonPath,
        equal: bool,
        value: Value,
    },
}

impl JsonPath {
    /// `None` where it is more than columns use.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('{').trim_end_matches('}');
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = match rest.strip_prefix('[') {
                Some(inner) => bracket(inner)?,
                None => name(rest.strip_prefix('.').unwrap_or(rest))?,
            };
            steps.extend(step);
        }
        Some(Self { steps })
    }

    /// The first value the path leads to.
    pub(super) fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        first(&self.steps, value)
    }
}

fn first<'v>(steps: &[Step], value: &'v Value) -> Option<&'v Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    match step {
        Step::Name(name) => first(rest, value.get(name)?),
        Step::Index(at) => {
            let items = value.as_array()?;
            let at = if *at < 0 { at.checked_add(i64::try_from(items.len()).ok()?)? } else { *at };
            first(rest, items.get(usize::try_from(at).ok()?)?)
        }
        Step::All => children(value).find_map(|child| first(rest, child)),
        Step::Where { path, equal, value: wanted } => children(value)
            .filter(|child| path.first(child).is_some_and(|found| (found == wanted) == *equal))
            .find_map(|child| first(rest, child)),
    }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// A name after a dot: up to the next dot or bracket that no backslash precedes.
fn name(text: &str) -> Option<(Option<Step>, &str)> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    let end = loop {
        match chars.next() {
            None => break text.len(),
            Some((at, '.' | '[')) => break at,
            Some((_, '\\')) => name.push(chars.next()?.1),
            Some((_, c)) => name.push(c),
        }
    };
    let step = match name.as_str() {
        "" if text.is_empty() => None,
        "" => return None,
        "*" => Some(Step::All),
        _ => Some(Step::Name(name)),
    };
    Some((step, &text[end..]))
}

fn bracket(inner: &str) -> Option<(Option<Step>, &str)> {
    if let Some(filter) = inner.strip_prefix("?(") {
        let (condition, rest) = filter.split_once(")]")?;
        return Some((Some(condition_of(condition)?), rest));
    }
    for quote in ['\'', '"'] {
        if let Some(quoted) = inner.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Some(Step::Name(name.to_owned())), rest.strip_prefix(']')?));
        }
    }
    let (index, rest) = inner.split_once(']')?;
    let step = match index.trim() {
        "*" => Step::All,
        number => Step::Index(number.parse().ok()?),
    };
    Some((Some(step), rest))
}

/// `@.type=="Ready"`
fn condition_of(text: &str) -> Option<Step> {
    let (equal, (path, value)) = match (text.split_once("=="), text.split_once("!=")) {
        (Some(sides), _) => (true, sides),
        (_, Some(sides)) => (false, sides),
        _ => return None,
    };
    let value = value.trim();
    let unquoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let value = match unquoted('"').or_else(|| unquoted('\'')) {
        Some(text) => Value::from(text),
        None => serde_json::from_str(value).ok()?,
    };
    let path = JsonPath::parse(path.trim().strip_prefix('@')?)?;
    Some(Step::Where { path, equal, value })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_columns_use_is_found() {
        let object = json!({
            "spec": { "a.b": "dotted", "list": [1, 2, 3], "map": { "x": { "y": "z" } } },
            "status": { "conditions": [
                { "type": "Stalled", "status": "False" }, { "type": "Ready", "status": "True" },
            ] },
        });
        let rows = [
            (".spec.list[0]", json!(1)),
            (".spec.list[-1]", json!(3)),
            (".spec.list[*]", json!(1)),
            (".spec['a.b']", json!("dotted")),
            (r".spec.a\.b", json!("dotted")),
            ("{.spec.map.x.y}", json!("z")),
            ("$.spec.map.*.y", json!("z")),
            (r#".status.conditions[?(@.type=="Ready")].status"#, json!("True")),
            (".status.conditions[?(@.type=='Ready')].status", json!("True")),
            (".status.conditions[?(@.type!='Ready')].status", json!("False")),
        ];
        for (path, found) in rows {
            let path = JsonPath::parse(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!(path.first(&object), Some(&found), "{path:?}");
        }
        assert_eq!(JsonPath::parse(".spec.nothing").unwrap().first(&object), None);
    }

    #[test]
    fn what_cannot_be_read_is_no_path() {
        for bad in [".a[", ".a[?(@.b)]", ".a[x]", "..a", ".a['b]"] {
            assert_eq!(JsonPath::parse(bad), None, "{bad}");
        }
    }
}
