//! The node that a pointer names.

use crate::json;
use crate::node::{Content, Node};
use crate::options::Dialect;
use crate::steps;
use crate::token::Quoting;
use crate::typed::typed_from_word;

/// A node, and how it is reached.
pub(super) struct Found<'n> {
    pub(super) node: &'n Node,
    /// It stands between brackets.
    pub(super) in_flow: bool,
    /// The steps to it, by the names that keys have in JSON: `on` is `true` there.
    pub(super) path: Vec<String>,
}

pub(super) fn node<'n>(root: &'n Node, steps: &[String]) -> Option<Found<'n>> {
    let mut found = Found { node: root, in_flow: false, path: Vec::with_capacity(steps.len()) };
    for step in steps {
        let (name, node, flow) = match &found.node.content {
            Content::Mapping { entries, flow } => {
                // Of equal keys the last one counts.
                steps::count(entries.len());
                let mut same =
                    entries.iter().filter(|(key, _)| key.as_str() == Some(step.as_str()));
                let (key, value) = same.next_back()?;
                (name_in_json(key, step), value, *flow)
            }
            Content::Sequence { items, flow } => {
                (step.clone(), items.get(step.parse::<usize>().ok()?)?, *flow)
            }
            Content::Alias(_) | Content::Scalar { .. } => return None,
        };
        found.path.push(name);
        found.node = node;
        found.in_flow |= flow;
    }
    Some(found)
}

/// The name of a key as Kubernetes reads it.
fn name_in_json(key: &Node, text: &str) -> String {
    if key.quoting() != Some(Quoting::Plain) || !key.tag.is_empty() {
        return text.to_owned();
    }
    json::name_of(&typed_from_word(text, Dialect::Sigs)).into_owned()
}
