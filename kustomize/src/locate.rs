//! On which line of a kustomization a field stands.

use gotk_yaml::{Document, Node};

use crate::fault::Fault;
use crate::load::File;

/// Says where in a kustomization something is wrong, unless a file is named already.
pub(crate) fn place(fault: Box<Fault>, file: &File) -> Box<Fault> {
    if !fault.file.is_empty() {
        return fault;
    }
    let line = std::str::from_utf8(&file.bytes).ok().and_then(|text| line(text, &fault.field));
    fault.in_file(&file.name).at_line(line.unwrap_or_default())
}

/// The line of the deepest part of a field that is there.
fn line(text: &str, field: &str) -> Option<usize> {
    let document = Document::parse(text).ok()??;
    let mut node = &document.root;
    let mut line = None;
    for step in steps(field) {
        let Some((key, next)) = enter(node, step) else { break };
        line = key.span.map(|span| span.line).or(line);
        node = next;
    }
    line
}

/// The fields and indices of `a[0].b`.
fn steps(field: &str) -> impl Iterator<Item = &str> {
    field.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty())
}

fn enter<'n>(node: &'n Node, step: &str) -> Option<(&'n Node, &'n Node)> {
    if let Ok(index) = step.parse::<usize>()
        && let Some(item) = node.items().get(index)
    {
        return Some((item, item));
    }
    let is = |key: &Node| key.as_str().is_some_and(|key| key.eq_ignore_ascii_case(step));
    node.entries().iter().rfind(|(key, _)| is(key)).map(|(key, value)| (key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_or_what_is_nearest_to_it() {
        let text = "resources:\n- a\n- b\nPatches:\n- path: x\n  target:\n    kind: A\n";
        for (field, expected) in [
            ("resources[1]", Some(3)),
            ("patches[0].target.kind", Some(7)),
            ("patches[0].options", Some(5)),
            ("labels", None),
        ] {
            assert_eq!(line(text, field), expected, "{field}");
        }
    }
}
