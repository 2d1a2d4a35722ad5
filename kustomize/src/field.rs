//! Applying a change at the place that a field specification names.

use gotk_yaml::Quoting;

use crate::edit::{self, Make, noun, split_path};
use crate::fieldspec::FieldSpec;
use crate::gvk::Gvk;
use crate::node::{Content, Node, Tag};

/// A change of one field.
pub(crate) type Change<'f> = &'f mut dyn FnMut(&mut Node) -> Result<(), String>;

/// What is made where a specification allows it and nothing is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Create {
    Nothing,
    Mapping,
    /// A scalar; it has this tag where it takes the place of null.
    Scalar(Tag),
}

impl Create {
    fn make(self) -> Option<(Make, Tag)> {
        match self {
            Self::Nothing => None,
            Self::Mapping => Some((Make::Mapping, Tag::Map)),
            Self::Scalar(tag) => Some((Make::Scalar, tag)),
        }
    }
}

/// Whether a specification is about objects of this kind.
pub(crate) fn is_about(spec: &FieldSpec, gvk: &Gvk) -> bool {
    gvk.is_selected_by(&spec.gvk)
}

/// Changes the fields that a specification names.
pub(crate) fn apply(
    spec: &FieldSpec,
    node: &mut Node,
    create: Create,
    change: Change<'_>,
) -> Result<(), String> {
    let path = split_path(&spec.path, '/');
    let create = if spec.create { create.make() } else { None };
    walk(&path, node, create, change).map_err(|problem| format!("{}: {problem}", spec.path))
}

fn walk(
    path: &[String],
    node: &mut Node,
    create: Option<(Make, Tag)>,
    change: Change<'_>,
) -> Result<(), String> {
    let Some((part, rest)) = path.split_first() else { return change(node) };
    if node.is_null() {
        return Ok(());
    }
    match &mut node.content {
        Content::Sequence(items) => {
            items.iter_mut().try_for_each(|item| walk(path, item, create, change))
        }
        Content::Mapping(_) => {
            let (name, is_list) = match part.strip_suffix("[]") {
                Some(name) => (name, true),
                None => (part.as_str(), false),
            };
            match enter(node, name, is_list, rest.is_empty(), create)? {
                Some(field) => walk(rest, field, create, change),
                None => Ok(()),
            }
        }
        Content::Scalar(_) => Err(format!("{} stands where a mapping is expected", noun(node))),
    }
}

/// The field of a mapping, made where that is asked for.
fn enter<'n>(
    node: &'n mut Node,
    name: &str,
    is_list: bool,
    is_last: bool,
    create: Option<(Make, Tag)>,
) -> Result<Option<&'n mut Node>, String> {
    if name.is_empty() {
        return Err("an empty name names no field".to_owned());
    }
    let made = match create {
        _ if is_list => None,
        Some(made) if is_last => Some(made),
        Some(_) => Some((Make::Mapping, Tag::Map)),
        None => None,
    };
    let field = match made {
        Some((make, _)) => edit::lookup_create(node, &[name], make)?,
        None => edit::lookup_mut(node, &[name])?,
    };
    let Some(field) = field else { return Ok(None) };
    if field.is_null() {
        match made {
            Some((make, tag)) => *field = Node { tag, line: field.line, ..null_as(make) },
            None if is_list => *field = Node { tag: Tag::None, ..null_as(Make::Sequence) },
            None => {}
        }
    }
    Ok(Some(field))
}

/// What null becomes; a scalar keeps its text.
fn null_as(make: Make) -> Node {
    match make {
        Make::Scalar => Node { quoting: Quoting::Plain, ..Node::plain("null") },
        make => make.node(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn applied(path: &str, create: bool, text: &str) -> Result<Value, String> {
        let mut node = Node::parse_all(text).unwrap().remove(0);
        let spec = FieldSpec { gvk: Gvk::default(), path: path.to_owned(), create };
        apply(&spec, &mut node, Create::Scalar(Tag::Str), &mut |field| {
            edit::set_scalar(field, Node::string("new"))
        })?;
        node.to_value()
    }

    #[test]
    fn lists_are_walked_through_whether_the_path_says_so_or_not() {
        let text = "a: [{b: x}, {c: y}, {b: z}]\n";
        let expected = json!({"a": [{"b": "new"}, {"c": "y"}, {"b": "new"}]});
        assert_eq!(applied("a/b", false, text).unwrap(), expected);
        assert_eq!(applied("a[]/b", false, text).unwrap(), expected);
    }

    #[test]
    fn what_is_missing_is_made_only_if_asked_for_and_never_through_a_list() {
        assert_eq!(applied("a/b", false, "c: d\n").unwrap(), json!({"c": "d"}));
        assert_eq!(applied("a/b", true, "c: d\n").unwrap(), json!({"c": "d", "a": {"b": "new"}}));
        assert_eq!(applied("a[]/b", true, "c: d\n").unwrap(), json!({"c": "d"}));
        assert_eq!(applied("a/b", true, "a: null\n").unwrap(), json!({"a": {"b": "new"}}));
    }

    #[test]
    fn a_path_through_a_scalar_is_an_error() {
        assert_eq!(
            applied("a/b", false, "a: x\n").unwrap_err(),
            "a/b: a scalar stands where a mapping is expected"
        );
    }
}
