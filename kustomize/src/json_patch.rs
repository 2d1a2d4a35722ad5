//! JSON Patch as kustomize applies it, which is a little more than RFC 6902.
//!
//! `evanphx/json-patch` v4: an index may be negative and counts from the end, `replace` sets a key
//! that is not there, and what stands before the first slash of a path is not looked at.

use serde_json::{Map, Value};

/// The operations of a patch, read and not yet applied.
#[derive(Clone, Debug)]
pub(crate) struct JsonPatch(Vec<Operation>);

#[derive(Clone, Debug)]
struct Operation {
    kind: String,
    path: Option<String>,
    from: Option<String>,
    value: Value,
}

impl JsonPatch {
    /// Reads a patch in JSON or YAML.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value = if text.starts_with('[') {
            serde_json::from_str(text).map_err(|error| format!("JSON patch: {error}"))?
        } else {
            gotk_yaml::from_str(text).map_err(|error| error.to_string())?
        };
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(items) => {
                items.iter().map(Operation::read).collect::<Result<_, _>>().map(Self)
            }
            _ => Err("a JSON patch is a list of operations".to_owned()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Applies the operations in their order.
    pub(crate) fn apply(&self, document: &mut Value) -> Result<(), String> {
        let mut copied = 0;
        for (index, operation) in self.0.iter().enumerate() {
            operation.apply(document, &mut copied).map_err(|problem| {
                let path = operation.path.as_deref().unwrap_or_default();
                format!("operation {} ({} {path:?}): {problem}", index + 1, operation.kind)
            })?;
        }
        Ok(())
    }
}

/// The most bytes that `copy` may multiply an object by.
const MAX_COPIED: usize = 16 << 20;

impl Operation {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(map) = value else {
            return Err("an operation of a JSON patch is a mapping".to_owned());
        };
        let text = |key| map.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            kind: text("op").unwrap_or_default(),
            path: text("path"),
            from: text("from"),
            value: map.get("value").cloned().unwrap_or_default(),
        })
    }

    fn apply(&self, document: &mut Value, copied: &mut usize) -> Result<(), String> {
        let path = self.path.as_deref().ok_or("it has no path")?;
        match self.kind.as_str() {
            "add" => add(document, path, self.value.clone()),
            "remove" => remove(document, path).map(drop),
            "replace" => replace(document, path, self.value.clone()),
            "test" => test(document, path, &self.value),
            "move" => {
                let from = self.from.as_deref().ok_or("it has no from")?;
                let value = remove(document, from)?;
                add(document, path, value)
            }
            "copy" => {
                let from = self.from.as_deref().ok_or("it has no from")?;
                let value = get(document, from)?.cloned().unwrap_or_default();
                *copied += weight(&value);
                if *copied > MAX_COPIED {
                    return Err(format!("more than {MAX_COPIED} bytes are copied"));
                }
                add(document, path, value)
            }
            other => Err(format!("{other:?} is no operation of a JSON patch")),
        }
    }
}

/// The collection that a path leads into, and the key in it.
fn place<'a>(document: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), String> {
    let missing = || "nothing is there".to_owned();
    let (_, pointer) = path.split_once('/').ok_or_else(missing)?;
    let mut steps: Vec<String> = pointer.split('/').map(unescape).collect();
    let key = steps.pop().ok_or_else(missing)?;
    let mut node = document;
    for step in steps {
        node = match node {
            Value::Object(map) => map.get_mut(&step),
            Value::Array(items) => index(&step, items.len()).ok().and_then(|at| items.get_mut(at)),
            _ => None,
        }
        .ok_or_else(|| format!("{step:?} is not there"))?;
    }
    match node {
        Value::Object(_) | Value::Array(_) => Ok((node, key)),
        _ => Err("it leads into a value that is no collection".to_owned()),
    }
}

fn unescape(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// An index into a list of this length; negative ones count from its end.
fn index(step: &str, length: usize) -> Result<usize, String> {
    let number: i64 = step.parse().map_err(|_| format!("{step:?} is not an index"))?;
    let at = if number < 0 { number + length as i64 } else { number };
    usize::try_from(at).ok().filter(|at| *at < length).ok_or_else(|| format!("no index {step}"))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    match place(document, path)? {
        (Value::Object(map), key) => {
            map.insert(key, value);
        }
        (Value::Array(items), key) if key == "-" => items.push(value),
        (Value::Array(items), key) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
        }
        _ => {}
    }
    Ok(())
}

fn remove(document: &mut Value, path: &str) -> Result<Value, String> {
    match place(document, path)? {
        (Value::Object(map), key) => take(map, &key).ok_or_else(|| format!("no key {key:?}")),
        (Value::Array(items), key) => {
            let at = index(&key, items.len())?;
            Ok(items.remove(at))
        }
        _ => Ok(Value::Null),
    }
}

/// Takes a key out without the order of the others being changed, however maps are kept.
fn take(map: &mut Map<String, Value>, key: &str) -> Option<Value> {
    let value = map.get_mut(key)?.take();
    map.retain(|name, _| name != key);
    Some(value)
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    if path.is_empty() {
        if !matches!(value, Value::Object(_) | Value::Array(_)) {
            return Err("the whole can only be replaced by a collection".to_owned());
        }
        *document = value;
        return Ok(());
    }
    match place(document, path)? {
        (Value::Object(map), key) => {
            map.insert(key, value);
        }
        (Value::Array(items), key) => {
            let at = index(&key, items.len())?;
            items[at] = value;
        }
        _ => {}
    }
    Ok(())
}

fn get<'a>(document: &'a mut Value, path: &str) -> Result<Option<&'a Value>, String> {
    match place(document, path)? {
        (Value::Object(map), key) => Ok(map.get(&key)),
        (Value::Array(items), key) => {
            let at = index(&key, items.len())?;
            Ok(items.get(at))
        }
        _ => Ok(None),
    }
}

fn test(document: &mut Value, path: &str, expected: &Value) -> Result<(), String> {
    let found = match path {
        "" => Some(&*document),
        path => get(document, path)?,
    };
    if found.unwrap_or(&Value::Null) == expected {
        Ok(())
    } else {
        Err("the value is another".to_owned())
    }
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    16 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(patch: &str) -> Result<Value, String> {
        let mut value = json!({"a": {"b": 1}, "list": [1, 2, 3], "x/y": null});
        JsonPatch::parse(patch)?.apply(&mut value)?;
        Ok(value)
    }

    #[test]
    fn replacing_a_key_that_is_not_there_sets_it() {
        let value = patched("- {op: replace, path: /a/c, value: 2}").unwrap();
        assert_eq!(value["a"], json!({"b": 1, "c": 2}));
    }

    #[test]
    fn negative_indices_count_from_the_end() {
        let list = |patch| patched(patch).unwrap()["list"].clone();
        assert_eq!(list("- {op: remove, path: /list/-1}"), json!([1, 2]));
        assert_eq!(list("- {op: add, path: /list/-1, value: 4}"), json!([1, 2, 3, 4]));
        assert_eq!(list("- {op: replace, path: /list/-3, value: 4}"), json!([4, 2, 3]));
        assert!(patched("- {op: replace, path: /list/-4, value: 4}").is_err());
    }

    #[test]
    fn what_is_not_there_cannot_be_removed_and_nothing_is_added_below_it() {
        let error = |patch| patched(patch).unwrap_err();
        assert_eq!(
            error("- {op: remove, path: /a/z}"),
            r#"operation 1 (remove "/a/z"): no key "z""#
        );
        assert_eq!(
            error("- {op: add, path: /z/y, value: 1}"),
            r#"operation 1 (add "/z/y"): "z" is not there"#
        );
        assert_eq!(
            error("- {op: test, path: /a/b, value: 2}"),
            r#"operation 1 (test "/a/b"): the value is another"#
        );
    }

    #[test]
    fn values_move_and_are_copied() {
        let patch = r#"[{"op": "copy", "from": "/a/b", "path": "/list/-"},
                        {"op": "move", "from": "/a", "path": "/c"},
                        {"op": "add", "path": "/x~1y", "value": "z"}]"#;
        let value = patched(patch).unwrap();
        assert_eq!(value, json!({"c": {"b": 1}, "list": [1, 2, 3, 1], "x/y": "z"}));
    }
}
