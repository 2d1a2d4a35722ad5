//! Small texts that several kinds' cells are made of.

use serde_json::Value;

/// A text member; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

/// The items of a list that may not be there.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

/// `a=b,c=d`, or what stands for none.
pub(super) fn labels(map: &Value) -> String {
    let mut pairs: Vec<String> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

/// A label selector as people write it; empty where it selects everything.
pub(crate) fn selector(selector: &Value) -> String {
    let mut terms: Vec<(String, String)> = selector["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect();
    for expression in items(&selector["matchExpressions"]) {
        let key = text(expression, "key");
        let mut values: Vec<&str> =
            items(&expression["values"]).iter().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        let term = match text(expression, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        };
        terms.push((key.to_owned(), term));
    }
    terms.sort();
    terms.into_iter().map(|(_, term)| term).collect::<Vec<_>>().join(",")
}

/// The first of `list`, and how many more there are.
pub(super) fn first_of(list: &[String], limit: usize) -> String {
    let shown = list[..list.len().min(limit)].join(",");
    match list.len().checked_sub(limit) {
        Some(more) if more > 0 => format!("{shown} + {more} more..."),
        _ if list.is_empty() => "<none>".to_owned(),
        _ => shown,
    }
}

/// `RWO,ROX`
pub(super) fn access_modes(modes: &Value) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let has = |name: &str| items(modes).iter().any(|mode| mode == name);
    let found = SHORT.iter().filter(|(name, _)| has(name)).map(|(_, short)| *short);
    found.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn selectors_are_written_by_key() {
        let both = json!({
            "matchLabels": { "b": "1", "a": "2" },
            "matchExpressions": [
                { "key": "c", "operator": "In", "values": ["y", "x"] },
                { "key": "aa", "operator": "DoesNotExist" },
            ],
        });
        assert_eq!(selector(&both), "a=2,!aa,b=1,c in (x,y)");
        assert_eq!(selector(&json!({})), "");
        assert_eq!(labels(&json!({})), "<none>");
    }

    #[test]
    fn long_lists_are_cut_and_counted() {
        let list: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).into();
        assert_eq!(first_of(&list, 3), "a,b,c + 1 more...");
        assert_eq!(first_of(&list[..3], 3), "a,b,c");
        assert_eq!(first_of(&[], 3), "<none>");
        assert_eq!(access_modes(&json!(["ReadWriteMany", "ReadWriteOnce"])), "RWO,RWX");
    }
}
