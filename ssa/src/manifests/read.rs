//! Streams of documents, and the lists in them.

use gotk_yaml::{Node, Options};
use serde_json::{Map, Value};

use crate::Error;

/// Reads the objects of a YAML or JSON stream, in their order.
///
/// Documents without content are passed over, and so is kustomize's own `Kustomization`, which no
/// server serves. A list (its kind ends in `List` and it has `items`) is replaced by its items,
/// which have their kind and version from it if they have none themselves.
///
/// # Errors
///
/// The text is no YAML, or a document or item is not an object with apiVersion, kind and name. The
/// error says where. (The Go original drops such documents without a word, or crashes on them.)
#[doc(alias = "ReadObjects")]
pub fn read(text: &str) -> Result<Vec<Value>, Error> {
    read_with(text.as_bytes(), Options::default())
}

/// Reads the objects of bytes, within other limits or by stricter rules.
///
/// # Errors
///
/// As [`read`].
pub fn read_with(bytes: &[u8], options: Options) -> Result<Vec<Value>, Error> {
    let mut objects = Vec::new();
    for (index, document) in gotk_yaml::documents_from_slice(bytes, options).enumerate() {
        let document = document.map_err(Error::Unreadable)?;
        collect(document, Within::Stream, &mut objects).map_err(
            |Misfit { mut path, problem }| {
                path.reverse();
                Error::NotAnObject { place: place(bytes, index, &path), problem }
            },
        )?;
    }
    Ok(objects)
}

/// Why a document is no object, and the way to the item that is none, innermost first.
struct Misfit {
    path: Vec<usize>,
    problem: String,
}

/// What a value stands in.
#[derive(Clone, Copy)]
enum Within<'a> {
    Stream,
    /// A list of anything.
    List,
    /// A list whose items are of this version and kind unless they say otherwise.
    ListOf(&'a str, &'a str),
}

fn collect(value: Value, within: Within<'_>, objects: &mut Vec<Value>) -> Result<(), Misfit> {
    let misfit = |problem: String| Misfit { path: Vec::new(), problem };
    let mut object = match (value, within) {
        (Value::Null, Within::Stream) => return Ok(()),
        (Value::Object(object), _) => object,
        (other, _) => return Err(misfit(format!("{} is not an object", name_of_type(&other)))),
    };
    if let Some(items) = take_items(&mut object) {
        return collect_items(&object, items, objects);
    }
    if let Within::ListOf(api_version, kind) = within {
        object.entry("apiVersion").or_insert_with(|| api_version.into());
        object.entry("kind").or_insert_with(|| kind.into());
    }
    if is_kustomization(&object) {
        return Ok(());
    }
    match problem(&object) {
        Some(problem) => Err(misfit(problem)),
        None => {
            objects.push(Value::Object(object));
            Ok(())
        }
    }
}

fn take_items(object: &mut Map<String, Value>) -> Option<Vec<Value>> {
    let is_list = text(object, "kind").is_some_and(|kind| kind.ends_with("List"));
    match object.get_mut("items") {
        Some(Value::Array(items)) if is_list => Some(std::mem::take(items)),
        Some(Value::Null) if is_list => Some(Vec::new()),
        _ => None,
    }
}

fn collect_items(
    list: &Map<String, Value>,
    items: Vec<Value>,
    objects: &mut Vec<Value>,
) -> Result<(), Misfit> {
    // A `List` is of anything, a `ConfigMapList` of ConfigMaps.
    let kind = text(list, "kind").and_then(|kind| kind.strip_suffix("List"));
    let within = match (text(list, "apiVersion"), kind) {
        (Some(api_version), Some(kind)) if !kind.is_empty() => Within::ListOf(api_version, kind),
        _ => Within::List,
    };
    for (index, item) in items.into_iter().enumerate() {
        collect(item, within, objects).map_err(|mut misfit| {
            misfit.path.push(index);
            misfit
        })?;
    }
    Ok(())
}

/// What is missing for it to be an object, naming as much of it as there is.
fn problem(object: &Map<String, Value>) -> Option<String> {
    let kind = text(object, "kind").filter(|kind| !kind.is_empty());
    let metadata = object.get("metadata").and_then(Value::as_object);
    let name = metadata.and_then(|metadata| text(metadata, "name")).filter(|name| !name.is_empty());
    let subject = match (kind, name) {
        (Some(kind), Some(name)) => format!("{kind}/{name}"),
        (Some(kind), None) => kind.to_owned(),
        (None, Some(name)) => format!("the object {name:?}"),
        (None, None) => "the document".to_owned(),
    };
    if kind.is_none() {
        return Some(format!("{subject} has no kind"));
    }
    if text(object, "apiVersion").is_none_or(str::is_empty) {
        return Some(format!("{subject} has no apiVersion"));
    }
    if name.is_none() {
        let generated = metadata.is_some_and(|metadata| metadata.contains_key("generateName"));
        let hint = if generated { ": generateName cannot be applied" } else { "" };
        return Some(format!("{subject} has no metadata.name{hint}"));
    }
    None
}

fn is_kustomization(object: &Map<String, Value>) -> bool {
    text(object, "kind").is_some_and(|kind| kind.eq_ignore_ascii_case("kustomization"))
        && text(object, "apiVersion").is_some_and(|it| it.starts_with("kustomize.config.k8s.io/"))
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

fn name_of_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// Where an item of a document stands. Asked for only when there is something to complain about, so
/// the text is read once more.
fn place(bytes: &[u8], document: usize, path: &[usize]) -> String {
    let mut place = format!("document {}", document + 1);
    match position(bytes, document, path) {
        Some((line, column)) => place.push_str(&format!(", line {line}, column {column}")),
        None => path.iter().for_each(|item| place.push_str(&format!(", item {}", item + 1))),
    }
    place
}

fn position(bytes: &[u8], document: usize, path: &[usize]) -> Option<(usize, usize)> {
    let part = gotk_yaml::split(bytes).nth(document)?.ok()?;
    let tree = gotk_yaml::Document::parse_with(&part.bytes, &Options::kyaml()).ok()??;
    let mut node = &tree.root;
    for item in path {
        node = node.get("items").map(Node::items)?.get(*item)?;
    }
    let span = node.span?;
    Some((part.line + span.line, span.column))
}

#[cfg(test)]
mod tests;
