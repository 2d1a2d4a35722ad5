//! Fields that a kind's schema does not have: dropped, as Go's decoder drops them, and named.

use gotk_merge::{ObjectType, Path, PathElement};
use serde_json::Value;

const UNDECLARED: &str = "field not declared in schema";

/// Takes undeclared fields out of `object` and returns their names: `spec.ports[0].foo`.
///
/// # Errors
///
/// What else does not fit the schema.
pub(crate) fn drop_undeclared(of: &ObjectType, object: &mut Value) -> Result<Vec<String>, String> {
    let Err(errors) = of.validate(object) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for error in errors.iter() {
        if error.message == UNDECLARED {
            let path = Path::parse(&error.path).unwrap_or_default();
            names.extend(take(object, path.elements()));
        } else if !error.message.starts_with("duplicate entries") {
            return Err(error.to_string());
        }
    }
    Ok(names)
}

/// Removes what the path leads to and says where it was.
///
/// A path names a list item by its keys. They are not needed: the items share a type, so what is
/// undeclared in one is undeclared in all, and every item has an error of its own.
fn take(object: &mut Value, path: &[PathElement]) -> Option<String> {
    let (step, rest) = path.split_first()?;
    if let Value::Array(items) = object {
        return items
            .iter_mut()
            .enumerate()
            .find_map(|(at, item)| Some(format!("[{at}]{}", take(item, rest)?)));
    }
    let map = object.as_object_mut()?;
    let field = step.as_field()?;
    if rest.is_empty() {
        map.remove(field)?;
        return Some(format!(".{field}"));
    }
    Some(format!(".{field}{}", take(map.get_mut(field)?, rest)?))
}

/// The names without the dot they begin with.
pub(crate) fn bare(names: Vec<String>) -> impl Iterator<Item = String> {
    names.into_iter().map(|name| name.trim_start_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use gotk_merge::Schema;
    use serde_json::json;

    use super::*;

    #[test]
    fn undeclared_fields_are_dropped_and_named() {
        let service = Schema::builtin().kind("", "v1", "Service").unwrap();
        let mut object = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "foo": 1 },
            "spec": { "ports": [{ "port": 80 }, { "port": 81, "bar": {} }] },
        });
        let names = drop_undeclared(&service, &mut object).unwrap();
        let mut names: Vec<String> = bare(names).collect();
        names.sort();
        assert_eq!(names, ["metadata.foo", "spec.ports[1].bar"]);
        assert_eq!(object["spec"]["ports"], json!([{ "port": 80 }, { "port": 81 }]));
        assert!(drop_undeclared(&service, &mut json!({ "spec": 1 })).is_err());
    }
}
