//! Which documents of a file are objects, and what lists hold.

use std::collections::VecDeque;

use serde_json::Value;

use crate::fault::Fault;
use crate::node::Node;

/// The objects among documents; what stands in lists comes behind all others.
pub(crate) fn objects(documents: Vec<Node>) -> Result<Vec<Node>, Box<Fault>> {
    let mut queue: VecDeque<Node> = checked(documents)?.into();
    let mut objects = Vec::with_capacity(queue.len());
    while let Some(node) = queue.pop_front() {
        let kind = text(&node, "kind");
        if !kind.ends_with("List") {
            objects.push(node);
            continue;
        }
        let at = |problem: String| Fault::new(problem).about(kind);
        let Value::Object(mut map) = node.to_value().map_err(at)? else { continue };
        match map.remove("items") {
            None => objects.push(node),
            Some(Value::Null) => {}
            Some(Value::Array(items)) => {
                for item in items {
                    queue.extend(checked(alone(&item))?);
                }
            }
            Some(_) => return Err(at("its items are no list".to_owned())),
        }
    }
    Ok(objects)
}

/// What an item would be as the only document of a file: a `List` is taken apart at once.
fn alone(item: &Value) -> Vec<Node> {
    let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default();
    if !matches!(kind, "List" | "ResourceList") {
        return vec![Node::from_json(item)];
    }
    match (item.get("items"), item.get("functionConfig")) {
        (Some(Value::Array(items)), _) => items.iter().map(Node::from_json).collect(),
        (None, None) => vec![Node::from_json(item)],
        _ => Vec::new(),
    }
}

/// Drops what is empty; everything else has to have a kind and a name.
fn checked(documents: Vec<Node>) -> Result<Vec<Node>, Box<Fault>> {
    let mut kept = documents;
    kept.retain(|node| !node.is_empty());
    for node in &kept {
        check(node).map_err(|problem| Fault::new(problem).at_line(node.read_line()))?;
    }
    Ok(kept)
}

fn check(node: &Node) -> Result<(), String> {
    if !node.is_mapping() {
        return Err("a document is no mapping, so it is no object".to_owned());
    }
    let kind = text(node, "kind");
    if kind.is_empty() {
        return Err("an object has no kind".to_owned());
    }
    let name = node.get("metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
    if name.is_empty() && !kind.ends_with("List") {
        return Err(format!("a {kind} has no metadata.name"));
    }
    Ok(())
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).filter(|value| !value.is_null()).map(Node::text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        let objects = objects(Node::parse_all(text).unwrap()).map_err(|fault| fault.to_string())?;
        let name = |node: &Node| node.at(&["metadata", "name"]).unwrap().text().to_owned();
        Ok(objects.iter().map(name).collect())
    }

    #[test]
    fn what_lists_hold_comes_last() {
        let text = "kind: FooList\nitems:\n- {kind: A, metadata: {name: a}}\n\
                    - {kind: List, items: [{kind: A, metadata: {name: c}}]}\n---\n\
                    kind: B\nmetadata: {name: b}\n---\nkind: EmptyList\nitems:\n";
        assert_eq!(names(text).unwrap(), ["b", "a", "c"]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        assert_eq!(names("- a\n").unwrap_err(), "a document is no mapping, so it is no object");
        assert_eq!(names("a: b\n").unwrap_err(), "an object has no kind");
        assert_eq!(names("kind: A\n").unwrap_err(), "a A has no metadata.name");
        assert_eq!(names("{}\n---\n").unwrap(), Vec::<String>::new());
    }
}
