//! JSON Patch (RFC 6902) as kube-apiserver reads it, which is more lenient than the RFC in places
//! that clients build on: `test` for null holds where there is nothing, `replace` adds what is
//! missing from a map, an index below zero counts from the end.

use serde_json::Value;

use super::malformed;
use crate::error::Error;

/// The sum of what `copy` may add, in bytes of JSON: kube-apiserver's limit of a request.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// Applies the operations in order; none of them where one does not fit.
pub(super) fn apply(mut object: Value, operations: &[Value]) -> Result<Value, Error> {
    let operations: Vec<Operation<'_>> =
        operations.iter().map(Operation::read).collect::<Result<_, _>>()?;
    let mut copied = 0;
    for operation in &operations {
        operation.run(&mut object, &mut copied).map_err(|why| {
            let (verb, path) = (operation.verb, operation.path.unwrap_or_default());
            Error::Patch { message: format!("{verb} {path:?}: {why}"), malformed: false }
        })?;
    }
    Ok(object)
}

/// One operation; what is missing shows when it is its turn.
struct Operation<'p> {
    verb: &'p str,
    path: Option<&'p str>,
    from: Option<&'p str>,
    value: &'p Value,
}

impl<'p> Operation<'p> {
    fn read(operation: &'p Value) -> Result<Self, Error> {
        let members = operation.as_object();
        let members = members.ok_or_else(|| malformed("an operation is a map".to_owned()))?;
        let text = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(malformed(format!("{name} of an operation is a text"))),
        };
        Ok(Self {
            verb: text("op")?.unwrap_or_default(),
            path: text("path")?,
            from: text("from")?,
            value: members.get("value").unwrap_or(&Value::Null),
        })
    }

    fn run(&self, object: &mut Value, copied: &mut usize) -> Result<(), String> {
        let path = self.path.ok_or("it has no path")?;
        match self.verb {
            "add" => add(object, path, self.value.clone()),
            "remove" => take(object, path).map(drop),
            "replace" if path.is_empty() => whole(object, self.value),
            "replace" => {
                *slot(object, path)? = self.value.clone();
                Ok(())
            }
            "move" => {
                let value = take(object, self.from.ok_or("it has no from")?)?;
                add(object, path, value)
            }
            "copy" => {
                let value = found(object, self.from.ok_or("it has no from")?)?.clone();
                *copied += value.to_string().len();
                if *copied > MAX_COPIED {
                    return Err(format!("copies are {copied} bytes by now, {MAX_COPIED} may be"));
                }
                add(object, path, value)
            }
            "test" if found(object, path)? == self.value => Ok(()),
            "test" => Err("the value is another".to_owned()),
            _ => Err("there is no such operation".to_owned()),
        }
    }
}

/// Splits a path into the steps to the parent and the last key. What stands before the first slash
/// is not looked at.
fn split(path: &str) -> Result<(Vec<String>, String), String> {
    let (_, steps) = path.split_once('/').ok_or("the path names nothing")?;
    let mut steps: Vec<String> =
        steps.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let last = steps.pop().unwrap_or_default();
    Ok((steps, last))
}

fn missing(path: &str) -> String {
    format!("there is nothing to hold {path:?}")
}

/// The map or list that holds what a path names, and the key in it.
fn parent<'v>(object: &'v mut Value, path: &str) -> Result<(&'v mut Value, String), String> {
    let (steps, last) = split(path)?;
    let mut at = object;
    for step in &steps {
        at = match at {
            Value::Object(map) => map.get_mut(step.as_str()),
            Value::Array(items) => index(step, items.len()).ok().and_then(|at| items.get_mut(at)),
            _ => None,
        }
        .ok_or_else(|| missing(path))?;
    }
    Ok((at, last))
}

fn index(key: &str, length: usize) -> Result<usize, String> {
    let number: i64 = key.parse().map_err(|_| format!("{key:?} is no index"))?;
    let at = if number < 0 { i64::try_from(length).unwrap_or(i64::MAX) + number } else { number };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| format!("the index {key} is outside of a list of {length}"))
}

/// The value at a path; null where a map has no such member.
fn found<'v>(object: &'v Value, path: &str) -> Result<&'v Value, String> {
    let (steps, last) = split(path)?;
    let mut at = object;
    for step in &steps {
        at = match at {
            Value::Object(map) => map.get(step.as_str()),
            Value::Array(items) => index(step, items.len()).ok().and_then(|at| items.get(at)),
            _ => None,
        }
        .ok_or_else(|| missing(path))?;
    }
    match at {
        Value::Object(map) => Ok(map.get(last.as_str()).unwrap_or(&Value::Null)),
        Value::Array(items) => Ok(&items[index(&last, items.len())?]),
        _ => Err(missing(path)),
    }
}

/// The place of a value that is replaced: a map makes one.
fn slot<'v>(object: &'v mut Value, path: &str) -> Result<&'v mut Value, String> {
    match parent(object, path)? {
        (Value::Object(map), key) => Ok(map.entry(key).or_insert(Value::Null)),
        (Value::Array(items), key) => {
            let at = index(&key, items.len())?;
            Ok(&mut items[at])
        }
        _ => Err(missing(path)),
    }
}

fn add(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    match parent(object, path)? {
        (Value::Object(map), key) => drop(map.insert(key, value)),
        (Value::Array(items), key) if key == "-" => items.push(value),
        (Value::Array(items), key) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
        }
        _ => return Err(missing(path)),
    }
    Ok(())
}

fn take(object: &mut Value, path: &str) -> Result<Value, String> {
    match parent(object, path)? {
        (Value::Object(map), key) => map.remove(&key).ok_or_else(|| format!("no {key:?} is there")),
        (Value::Array(items), key) => {
            let at = index(&key, items.len())?;
            Ok(items.remove(at))
        }
        _ => Err(missing(path)),
    }
}

fn whole(object: &mut Value, value: &Value) -> Result<(), String> {
    if !value.is_object() && !value.is_array() {
        return Err("an object is a map".to_owned());
    }
    *object = value.clone();
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What kube-apiserver 1.37.1 answered, each to the same object; null where it refused.
    #[test]
    fn operations_do_what_kube_apiserver_does() {
        let object = json!({ "list": ["a", "b"], "map": { "k": "v" } });
        let map = |map: Value| json!({ "list": ["a", "b"], "map": map });
        let list = |list: Value| json!({ "list": list, "map": { "k": "v" } });
        let same = || object.clone();
        let cases = [
            (json!({ "op": "test", "path": "/map/none", "value": null }), same()),
            (json!({ "op": "test", "path": "/map/none" }), same()),
            (json!({ "op": "test", "path": "/none", "value": null }), same()),
            (json!({ "op": "test", "path": "/none/deep", "value": null }), Value::Null),
            (json!({ "op": "test", "path": "/list/5", "value": null }), Value::Null),
            (json!({ "op": "test", "path": "/map/k", "value": null }), Value::Null),
            (json!({ "op": "test", "path": "/map/none", "value": "x" }), Value::Null),
            (json!({ "op": "test", "path": "/map/k", "value": "v" }), same()),
            (json!({ "op": "test", "path": "/list", "value": ["b", "a"] }), Value::Null),
            (json!({ "op": "test", "path": "", "value": {} }), Value::Null),
            (
                json!({ "op": "replace", "path": "/map/none", "value": "x" }),
                map(json!({ "k": "v", "none": "x" })),
            ),
            (json!({ "op": "replace", "path": "/none/deep", "value": "x" }), Value::Null),
            (json!({ "op": "replace", "path": "/list/0", "value": "c" }), list(json!(["c", "b"]))),
            (json!({ "op": "replace", "path": "/list/-", "value": "c" }), Value::Null),
            (json!({ "op": "replace", "path": "", "value": { "a": 1 } }), json!({ "a": 1 })),
            (json!({ "op": "remove", "path": "/map/none" }), Value::Null),
            (json!({ "op": "remove", "path": "" }), Value::Null),
            (json!({ "op": "remove", "path": "/list/-1" }), list(json!(["a"]))),
            (json!({ "op": "remove", "path": "/list/7" }), Value::Null),
            (json!({ "op": "add", "path": "/list/-", "value": "c" }), list(json!(["a", "b", "c"]))),
            (
                json!({ "op": "add", "path": "/list/-1", "value": "c" }),
                list(json!(["a", "b", "c"])),
            ),
            (
                json!({ "op": "add", "path": "/list/01", "value": "c" }),
                list(json!(["a", "c", "b"])),
            ),
            (json!({ "op": "add", "path": "/list/9", "value": "c" }), Value::Null),
            (json!({ "op": "add", "path": "/list/x", "value": "c" }), Value::Null),
            (json!({ "op": "add", "path": "/map/l" }), map(json!({ "k": "v", "l": null }))),
            (json!({ "op": "add", "path": "/map/k/x", "value": "y" }), Value::Null),
            (
                json!({ "op": "add", "path": "/map/b~1c", "value": 1 }),
                map(json!({ "k": "v", "b/c": 1 })),
            ),
            (json!({ "op": "add", "value": "x" }), Value::Null),
            (json!({ "op": "ADD", "path": "/map/l", "value": "x" }), Value::Null),
            (json!({ "path": "/map/l", "value": "x" }), Value::Null),
            (
                json!({ "op": "copy", "from": "/map/none", "path": "/map/l" }),
                map(json!({ "k": "v", "l": null })),
            ),
            (
                json!({ "op": "copy", "from": "/map/k", "path": "/map/l" }),
                map(json!({ "k": "v", "l": "v" })),
            ),
            (json!({ "op": "copy", "from": "/none/k", "path": "/map/l" }), Value::Null),
            (json!({ "op": "move", "from": "/map/none", "path": "/map/l" }), Value::Null),
            (json!({ "op": "move", "from": "/map/k", "path": "/map/l" }), map(json!({ "l": "v" }))),
            (json!({ "op": "move", "from": "/map", "path": "/map/l" }), Value::Null),
        ];
        for (operation, expected) in cases {
            let got = apply(object.clone(), std::slice::from_ref(&operation)).unwrap_or_default();
            assert_eq!(got, expected, "{operation}");
        }
    }

    #[test]
    fn what_stands_before_the_first_slash_is_not_looked_at() {
        let patch = json!({ "op": "add", "path": "a/b", "value": 1 });
        assert_eq!(apply(json!({}), &[patch]).unwrap(), json!({ "b": 1 }));
    }

    #[test]
    fn copies_do_not_grow_without_bound() {
        let double = json!({ "op": "copy", "from": "/a", "path": "/a/-" });
        let patch = vec![double; 64];
        let error = apply(json!({ "a": ["0123456789"] }), &patch).unwrap_err();
        assert_eq!(error.code(), 422);
    }

    #[test]
    fn a_refusal_says_which_operation_and_why() {
        let patch = [json!({ "op": "remove", "path": "/a/7" })];
        let error = apply(json!({ "a": [1] }), &patch).unwrap_err();
        assert_eq!(error.to_string(), "remove \"/a/7\": the index 7 is outside of a list of 1");
    }
}
