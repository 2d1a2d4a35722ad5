//! Variables replaced in values: what is a string stays one.

use gotk_yaml::Quoting;
use serde_json::Value;

use super::substitute::{Replacing, Wrong};
use crate::node::{Content, Node, Tag};
use crate::resource::Resource;

/// Replaces the variables in the values of an object.
pub(super) fn replace(resource: &mut Resource, replacing: &Replacing) -> Result<(), Wrong> {
    let holds_texts =
        matches!(resource.kind(), "ConfigMap" | "Secret") && resource.api_version() == "v1";
    let file = resource.file.clone();
    let mut walk = Walk { replacing, file: file.as_deref(), path: Vec::new() };
    let Content::Mapping(entries) = &mut resource.node.content else { return Ok(()) };
    for (key, value) in entries {
        let name = key.text();
        let texts = name == "metadata"
            || (holds_texts && matches!(name, "data" | "stringData"))
            || matches!(name, "apiVersion" | "kind");
        walk.path.push(name.to_owned());
        walk.node(value, texts)?;
        walk.path.pop();
    }
    Ok(())
}

struct Walk<'r> {
    replacing: &'r Replacing,
    file: Option<&'r str>,
    path: Vec<String>,
}

impl Walk<'_> {
    /// `texts`: everything from here on is a string.
    fn node(&mut self, node: &mut Node, texts: bool) -> Result<(), Wrong> {
        match &mut node.content {
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    self.path.push(key.text().to_owned());
                    self.node(value, texts)?;
                    self.path.pop();
                }
                Ok(())
            }
            Content::Sequence(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.push(format!("[{index}]"));
                    self.node(item, texts)?;
                    self.path.pop();
                }
                Ok(())
            }
            Content::Scalar(text) if text.contains('$') && node.tag != Tag::Binary => {
                let expanded = self.replacing.expand(text);
                let expanded = expanded.map_err(|error| (self.place(node), error))?;
                let is_plain = node.quoting == Quoting::Plain && node.line > 0;
                let made = match is_plain && !texts && is_alone(node.text()) {
                    true => typed(&expanded),
                    false => Node::string(expanded),
                };
                *node = Node { line: node.line, ..made };
                Ok(())
            }
            Content::Scalar(_) => Ok(()),
        }
    }

    fn place(&self, node: &Node) -> String {
        let mut path = String::new();
        for step in &self.path {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        match (self.file, node.line) {
            (Some(file), line) if line > 0 => format!("{path} ({file}:{line})"),
            _ => path,
        }
    }
}

/// Whether a text is one expression and nothing else.
fn is_alone(text: &str) -> bool {
    let Some(inner) = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) else {
        return false;
    };
    let mut depth = 0_usize;
    for (at, _) in inner.match_indices(['{', '}']) {
        match &inner[at..=at] {
            "{" => depth += 1,
            _ if depth == 0 => return false,
            _ => depth -= 1,
        }
    }
    depth == 0
}

/// A number, a boolean or null if JSON says so, and else a string.
fn typed(text: &str) -> Node {
    match serde_json::from_str::<Value>(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) if text == text.trim() => {
            Node::from_value(&value)
        }
        _ => Node::string(text),
    }
}
