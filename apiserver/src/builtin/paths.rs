//! `spec.ports[*].protocol`: places in an object, as the tables of defaults and rules name them.

use serde_json::Value;

/// Calls `work` with every parent that is there, the name of the member, and the path as people
/// write it.
pub(super) fn each_mut(object: &mut Value, path: &str, work: &mut dyn FnMut(&mut Value, &str)) {
    match path.split_once('.') {
        None => work(object, path),
        Some((step, rest)) => match step.strip_suffix("[*]") {
            Some(name) => {
                let items = object.get_mut(name).and_then(Value::as_array_mut);
                items.into_iter().flatten().for_each(|item| each_mut(item, rest, work));
            }
            None => {
                if let Some(inner) = object.get_mut(step).filter(|inner| inner.is_object()) {
                    each_mut(inner, rest, work);
                }
            }
        },
    }
}

/// Every value a path leads to, with the path it has; null where the parent has none.
pub(super) fn each<'v>(object: &'v Value, path: &str) -> Vec<(String, &'v Value)> {
    let mut found = Vec::new();
    collect(object, path, String::new(), &mut found);
    found
}

fn collect<'v>(at: &'v Value, path: &str, so_far: String, found: &mut Vec<(String, &'v Value)>) {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let name = step.strip_suffix("[*]");
    let here =
        format!("{so_far}{}{}", if so_far.is_empty() { "" } else { "." }, name.unwrap_or(step));
    let Some(inner) = at.get(name.unwrap_or(step)) else {
        if rest.is_none() && name.is_none() && at.is_object() {
            found.push((here, &Value::Null));
        }
        return;
    };
    let places: Vec<(String, &Value)> = match name {
        Some(_) => {
            let items = inner.as_array().into_iter().flatten().enumerate();
            items.map(|(at, item)| (format!("{here}[{at}]"), item)).collect()
        }
        None => vec![(here, inner)],
    };
    for (here, inner) in places {
        match rest {
            Some(rest) if inner.is_object() => collect(inner, rest, here, found),
            Some(_) => {}
            None => found.push((here, inner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_to_every_item_of_a_list() {
        let mut object = json!({ "a": [{ "b": { "c": 1 } }, { "b": {} }, {}] });
        let found: Vec<String> = each(&object, "a[*].b.c")
            .iter()
            .map(|(path, value)| format!("{path}={value}"))
            .collect();
        assert_eq!(found, ["a[0].b.c=1", "a[1].b.c=null"]);
        each_mut(&mut object, "a[*].b.c", &mut |parent, name| parent[name] = 2.into());
        assert_eq!(object, json!({ "a": [{ "b": { "c": 2 } }, { "b": { "c": 2 } }, {}] }));
        assert_eq!(each(&json!({ "l": ["x", "y"] }), "l[*]").len(), 2);
    }
}
