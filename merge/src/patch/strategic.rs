//! Strategic merge patch: JSON merge patch that knows which lists have keys.

use serde_json::{Map, Value};

use super::malformed;
use super::order::{By, ordered};
use crate::error::Error;
use crate::go;
use crate::schema::{Field, ObjectType, Schema, TypeId};
use crate::value::{self, MAX_DEPTH};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

/// Applies a strategic merge patch, directives included.
///
/// Lists whose schema says `merge` merge by their key, or as sets of scalars; other lists are
/// replaced. Only built-in kinds have such schemas: for a custom resource an API server refuses
/// this kind of patch.
///
/// # Errors
///
/// A patch whose directives contradict themselves, names a field that the type has not, or leaves
/// out the key of a list item.
pub fn strategic(object: Value, patch: &Value, of: &ObjectType) -> Result<Value, Error> {
    let merge = Merge { schema: &of.schema };
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            merge.maps(Some(of.root), object, patch, 0).map(Value::Object)
        }
        _ => Err(malformed("expected an object".to_owned())),
    }
}

struct Merge<'s> {
    schema: &'s Schema,
}

/// A list field: what tells its items apart, and their type.
struct ListField<'s> {
    merges: bool,
    key: Option<&'s str>,
    items: Option<TypeId>,
}

impl<'s> Merge<'s> {
    fn maps(
        &self,
        of: Option<TypeId>,
        mut object: Map<String, Value>,
        patch: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, Error> {
        if depth > MAX_DEPTH {
            return Err(malformed(format!("nested deeper than {MAX_DEPTH}")));
        }
        match patch.get(DIRECTIVE) {
            None => {}
            Some(Value::String(it)) if it == "delete" => return Ok(Map::new()),
            Some(Value::String(it)) if it == "replace" => {
                let rest = patch.iter().filter(|(name, _)| *name != DIRECTIVE);
                return Ok(rest.map(|(name, value)| (name.clone(), value.clone())).collect());
            }
            Some(other) => return Err(bad_directive(other, patch)),
        }
        retain_keys(&mut object, patch)?;
        let ordered = self.apply_orders(of, &mut object, patch, depth)?;
        for (name, value) in value::sorted(patch) {
            if name == RETAIN_KEYS
                || name.starts_with(SET_ORDER)
                || ordered.contains(&name.as_str())
            {
                continue;
            }
            match name.strip_prefix(DELETE_FROM) {
                Some(name) => delete_from(&mut object, name, value)?,
                None => self.field(of, &mut object, name, value, depth)?,
            }
        }
        Ok(object)
    }

    fn field(
        &self,
        of: Option<TypeId>,
        object: &mut Map<String, Value>,
        name: &str,
        patch: &Value,
        depth: usize,
    ) -> Result<(), Error> {
        if patch.is_null() {
            object.remove(name);
            return Ok(());
        }
        let merged = match (object.remove(name), patch) {
            (Some(Value::Object(live)), Value::Object(patch)) => {
                let (_, child) = self.lookup(of, name)?;
                Some(Value::Object(self.maps(child, live, patch, depth + 1)?))
            }
            (Some(Value::Array(live)), Value::Array(patch)) => {
                let list = self.list_field(of, name)?;
                Some(Value::Array(if list.merges {
                    self.lists(&list, live, patch, depth + 1)?.0
                } else {
                    patch.clone()
                }))
            }
            (before, _) => {
                let nulls_too = before.as_ref().is_some_and(|it| same_scalar_kind(it, patch));
                plain(patch, nulls_too)
            }
        };
        object.extend(merged.map(|value| (name.to_owned(), value)));
        Ok(())
    }

    /// The merged list, and what the live one counts as for a directive that orders it.
    fn lists(
        &self,
        list: &ListField<'s>,
        live: Vec<Value>,
        patch: &[Value],
        depth: usize,
    ) -> Result<(Vec<Value>, Vec<Value>), Error> {
        let first = live.first().or_else(|| patch.first());
        if !first.is_some_and(Value::is_object) {
            return Ok((scalar_lists(live.clone(), patch), live));
        }
        let key = list.key.ok_or_else(|| {
            let name = list.items.and_then(|id| self.schema.atom(id).name.as_deref());
            refused(format!("cannot merge lists without merge key for {}", short(name)))
        })?;
        let size = live.len();
        let (kept, patch) = special_items(live, patch, key)?;
        let (before, wanted) = (kept.clone(), patch.clone());
        let mut merged = kept;
        let by = By::Key(key);
        let mut places = std::collections::HashMap::new();
        for (place, item) in merged.iter().enumerate().rev() {
            places.insert(by.of(item), place);
        }
        for item in patch {
            match places.get(&by.of(&item)) {
                Some(place) => {
                    let found = std::mem::take(&mut merged[*place]);
                    merged[*place] = self.item(list.items, found, &item, depth)?;
                }
                None => {
                    places.insert(by.of(&item), merged.len());
                    merged.push(item);
                }
            }
        }
        // Upstream deletes and appends in one array: as many new items as were deleted take the places
        // that became free, and so count as having been there.
        let mut counted = before.clone();
        counted.extend(
            merged.iter().skip(before.len()).take(size.saturating_sub(before.len())).cloned(),
        );
        Ok((ordered(merged, &wanted, &before, by), counted))
    }

    fn item(
        &self,
        of: Option<TypeId>,
        live: Value,
        patch: &Value,
        depth: usize,
    ) -> Result<Value, Error> {
        match (live, patch) {
            (Value::Object(live), Value::Object(patch)) => {
                self.maps(of, live, patch, depth).map(Value::Object)
            }
            (_, patch) => Ok(patch.clone()),
        }
    }

    /// Follows the directives that say how lists are ordered. Returns the lists that are done.
    fn apply_orders<'p>(
        &self,
        of: Option<TypeId>,
        object: &mut Map<String, Value>,
        patch: &'p Map<String, Value>,
        depth: usize,
    ) -> Result<Vec<&'p str>, Error> {
        let mut done = Vec::new();
        for (directive, order) in value::sorted(patch) {
            let Some(name) = directive.strip_prefix(SET_ORDER) else { continue };
            let bad = || malformed("invalid patch format of setElementOrder list".to_owned());
            let order = order.as_array().ok_or_else(bad)?;
            let list = self.list_field(of, name)?;
            let wanted = patch.get(name).map(|it| it.as_array().ok_or_else(bad)).transpose()?;
            let live = match object.remove(name) {
                None => None,
                Some(Value::Array(items)) => Some(items),
                Some(_) => return Err(bad()),
            };
            let by = list.key.map_or(By::Value, By::Key);
            check_order(wanted.map_or(&[][..], Vec::as_slice), order, by)?;
            let mut before = live.clone().unwrap_or_default();
            let nothing = before.is_empty() && wanted.is_none_or(Vec::is_empty);
            if nothing && (live.is_some() || wanted.is_some()) {
                return Err(refused("no elements in any of the given slices".to_owned()));
            }
            let merged = match (live, wanted) {
                (None, None) => continue,
                (Some(live), None) => live,
                (None, Some(wanted)) => wanted.iter().filter_map(|it| plain(it, true)).collect(),
                (Some(live), Some(wanted)) if list.merges => {
                    let (merged, counted) = self.lists(&list, live, wanted, depth + 1)?;
                    before = counted;
                    merged
                }
                (Some(_), Some(wanted)) => wanted.clone(),
            };
            object.insert(name.to_owned(), Value::Array(ordered(merged, order, &before, by)));
            done.push(name);
        }
        Ok(done)
    }

    fn list_field(&self, of: Option<TypeId>, name: &str) -> Result<ListField<'s>, Error> {
        let (field, child) = self.lookup(of, name)?;
        let list = child.and_then(|id| self.schema.atom(id).list.as_ref());
        let facts = field.map(|field| &field.facts);
        Ok(ListField {
            merges: facts.is_some_and(|it| it.patch_merge),
            key: facts.and_then(|it| it.merge_key.as_deref()),
            items: list.map(|list| list.element),
        })
    }

    fn lookup(
        &self,
        of: Option<TypeId>,
        name: &str,
    ) -> Result<(Option<&'s Field>, Option<TypeId>), Error> {
        let Some(atom) = of.map(|id| self.schema.atom(id)) else { return Ok((None, None)) };
        let Some(map) = &atom.map else { return Ok((None, None)) };
        match (map.field(name), map.element) {
            (Some(field), _) => Ok((Some(field), Some(field.of))),
            (None, Some(element)) => Ok((None, Some(element))),
            (None, None) => Err(refused(format!(
                "unable to find api field in struct {} for the json field {}",
                short(atom.name.as_deref()),
                go::quote(name)
            ))),
        }
    }
}

fn scalar_lists(live: Vec<Value>, patch: &[Value]) -> Vec<Value> {
    let before = live.clone();
    let mut seen = std::collections::HashSet::new();
    let both = live.into_iter().chain(patch.iter().cloned());
    let merged = both.filter(|item| seen.insert(By::Value.of(item))).collect();
    ordered(merged, patch, &before, By::Value)
}

/// The patch's items without directives, and the list without what they delete.
fn special_items(
    live: Vec<Value>,
    patch: &[Value],
    key: &str,
) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let mut wanted = Vec::with_capacity(patch.len());
    let mut deleted = std::collections::HashSet::new();
    let mut replace = false;
    for item in patch {
        let Value::Object(fields) = item else { return Err(refused("expected a map".to_owned())) };
        let directive = fields.get(DIRECTIVE);
        if fields.get(key).is_none() && directive.is_none_or(|it| it == "delete") {
            return Err(no_key(item, key));
        }
        match directive.map(|it| it.as_str().unwrap_or_default()) {
            None => wanted.push(item.clone()),
            Some("delete") => drop(deleted.insert(By::Key(key).of(item))),
            Some("replace") => replace = true,
            Some("merge") => {
                return Err(refused(
                    "merging lists cannot yet be specified in the patch".to_owned(),
                ));
            }
            Some(_) => return Err(bad_directive(&fields[DIRECTIVE], fields)),
        }
    }
    if replace {
        return Ok((wanted, Vec::new()));
    }
    let kept = live
        .into_iter()
        .filter(|it| it.get(key).is_none() || !deleted.contains(&By::Key(key).of(it)));
    Ok((kept.collect(), wanted))
}

fn retain_keys(object: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), Error> {
    let Some(list) = patch.get(RETAIN_KEYS) else { return Ok(()) };
    let bad = || malformed("invalid patch format of retainKeys".to_owned());
    let retained = list.as_array().ok_or_else(bad)?;
    let retained: std::collections::HashSet<&str> =
        retained.iter().filter_map(Value::as_str).collect();
    for (name, value) in patch {
        let said = value.is_null()
            || name == RETAIN_KEYS
            || name.starts_with(DELETE_FROM)
            || name.starts_with(SET_ORDER);
        if !said && !retained.contains(name.as_str()) {
            return Err(bad());
        }
    }
    object.retain(|name, _| retained.contains(name.as_str()));
    Ok(())
}

fn delete_from(object: &mut Map<String, Value>, name: &str, list: &Value) -> Result<(), Error> {
    let bad = || malformed("invalid patch format of primitive list".to_owned());
    let deleted = By::Value.set(list.as_array().ok_or_else(bad)?);
    if let Some(Value::Array(items)) = object.get_mut(name) {
        items.retain(|item| !deleted.contains(&By::Value.of(item)));
    }
    Ok(())
}

/// The items of a patch must come in the order that the patch asks for.
fn check_order(wanted: &[Value], order: &[Value], by: By<'_>) -> Result<(), Error> {
    if wanted.is_empty() || order.is_empty() {
        return Ok(());
    }
    let directive = |item: &Value| item.get(DIRECTIVE).cloned();
    let mut items =
        wanted.iter().filter(|it| directive(it).is_none_or(|it| it != "delete")).peekable();
    let mut places = order.iter();
    while items.peek().is_some() {
        if items.next_if(|item| directive(item).is_some()).is_some() && places.len() > 0 {
            continue;
        }
        let Some(place) = places.next() else {
            let shown = |items: &[Value]| bare(&Value::from(items.to_vec()));
            return Err(refused(format!(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                shown(wanted),
                shown(order)
            )));
        };
        if let (By::Key(key), Some(item)) = (by, items.peek()) {
            let keyless = [*item, place].into_iter().find(|it| it.get(key).is_none());
            if let Some(keyless) = keyless {
                return Err(no_key(keyless, key));
            }
        }
        items.next_if(|item| by.of(item) == by.of(place));
    }
    Ok(())
}

fn no_key(item: &Value, key: &str) -> Error {
    refused(format!("map: {} does not contain declared merge key: {key}", bare(item)))
}

/// A value as Go prints it inside a message.
fn bare(value: &Value) -> String {
    let shown = go::wrapped(value);
    shown.strip_prefix("&{").and_then(|it| it.strip_suffix('}')).unwrap_or(&shown).to_owned()
}

/// A patch's value as it is stored: without directives, and without nulls unless they replace.
fn plain(value: &Value, nulls_too: bool) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(DIRECTIVE) => None,
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| nulls_too || !value.is_null());
            let kept =
                kept.filter_map(|(name, value)| Some((name.clone(), plain(value, nulls_too)?)));
            Some(Value::Object(kept.collect()))
        }
        Value::Array(items) => {
            Some(items.iter().filter_map(|item| plain(item, nulls_too)).collect())
        }
        scalar => Some(scalar.clone()),
    }
}

const fn same_scalar_kind(a: &Value, b: &Value) -> bool {
    value::rank(a) == value::rank(b)
}

fn bad_directive(directive: &Value, map: &Map<String, Value>) -> Error {
    let shown = bare(&Value::Object(map.clone()));
    let directive = directive.as_str().unwrap_or_default();
    refused(format!("unknown patch type: {directive} in map: {shown}"))
}

fn refused(message: String) -> Error {
    Error::Patch { message, malformed: false }
}

/// The last part of a type's name, as Go calls the struct.
fn short(name: Option<&str>) -> &str {
    name.and_then(|it| it.rsplit('.').next()).unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(object: Value, patch: Value) -> Result<Value, String> {
        let of = Schema::builtin().kind("", "v1", "Pod").unwrap();
        let object = json!({ "spec": object });
        let patched =
            strategic(object, &json!({ "spec": patch }), &of).map_err(|it| it.to_string())?;
        Ok(patched["spec"].clone())
    }

    #[test]
    fn lists_with_a_merge_key_merge_item_by_item() {
        let live =
            json!({"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]});
        let patch =
            json!({"containers": [{"name": "b", "image": "2"}, {"name": "c", "image": "1"}]});
        assert_eq!(
            patched(live, patch).unwrap(),
            json!({"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c", "image": "1"}]})
        );
    }

    #[test]
    fn lists_without_are_replaced() {
        let live = json!({"tolerations": [{"key": "a"}]});
        assert_eq!(
            patched(live, json!({"tolerations": [{"key": "b"}]})).unwrap(),
            json!({"tolerations": [{"key": "b"}]})
        );
    }

    #[test]
    fn directives_delete_and_replace() {
        let live =
            || json!({"containers": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"x": "1"}});
        let delete = json!({"containers": [{"name": "a", "$patch": "delete"}], "nodeSelector": {"$patch": "delete"}});
        assert_eq!(
            patched(live(), delete).unwrap(),
            json!({"containers": [{"name": "b"}], "nodeSelector": {}})
        );
        let replace = json!({"containers": [{"$patch": "replace"}, {"name": "c"}], "nodeSelector": {"$patch": "replace", "y": "2"}});
        assert_eq!(
            patched(live(), replace).unwrap(),
            json!({"containers": [{"name": "c"}], "nodeSelector": {"y": "2"}})
        );
        assert!(
            patched(live(), json!({"nodeSelector": {"$patch": "odd"}}))
                .unwrap_err()
                .starts_with("unknown patch type: odd")
        );
    }

    #[test]
    fn an_order_may_be_asked_for() {
        let live = json!({"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]});
        let patch = json!({"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]});
        assert_eq!(
            patched(live, patch).unwrap(),
            json!({"containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}]})
        );
    }

    #[test]
    fn new_items_take_the_places_of_deleted_ones_when_an_order_is_asked_for() {
        let live = json!({"containers": [{"name": "d"}, {"name": "b"}, {"name": "a"}]});
        let patch = json!({"$setElementOrder/containers": [{"name": "e"}, {"name": "c"}],
            "containers": [{"name": "d", "$patch": "delete"}, {"name": "e"}]});
        assert_eq!(
            patched(live, patch).unwrap(),
            json!({"containers": [{"name": "b"}, {"name": "a"}, {"name": "e"}]})
        );
    }

    #[test]
    fn scalars_are_taken_out_of_a_list_by_value() {
        let of = Schema::builtin().kind("", "v1", "Pod").unwrap();
        let object = json!({"metadata": {"finalizers": ["a", "b", "c"]}});
        let patch = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"], "finalizers": ["d"]}});
        assert_eq!(
            strategic(object, &patch, &of).unwrap(),
            json!({"metadata": {"finalizers": ["d", "a", "c"]}})
        );
    }

    #[test]
    fn retained_keys_are_all_that_stays() {
        let of = Schema::builtin().kind("apps", "v1", "Deployment").unwrap();
        let object = json!({"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}}});
        let patch = json!({"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}});
        assert_eq!(
            strategic(object.clone(), &patch, &of).unwrap(),
            json!({"spec": {"strategy": {"type": "Recreate"}}})
        );
        let bad = json!({"spec": {"strategy": {"$retainKeys": [], "type": "Recreate"}}});
        assert_eq!(strategic(object, &bad, &of).unwrap_err().code(), 400);
    }

    #[test]
    fn an_item_must_say_its_key_and_a_field_must_exist() {
        let live = || json!({"containers": [{"name": "a"}], "odd": {}});
        assert!(
            patched(live(), json!({"containers": [{"image": "x"}]}))
                .unwrap_err()
                .ends_with("does not contain declared merge key: name")
        );
        assert!(
            patched(live(), json!({"odd": {"x": 1}}))
                .unwrap_err()
                .contains("struct PodSpec for the json field \"odd\"")
        );
    }
}
