//! Setting and finding fields as kyaml does: with the styles and tags that decide what a value is.

use gotk_yaml::{Dialect, Quoting, Typed};
use lean_string::LeanString;
use thin_vec::thin_vec;

use crate::node::{Content, Entries, Items, Node, Tag};

/// What is made where nothing is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Make {
    Mapping,
    Scalar,
    Sequence,
}

impl Make {
    pub(crate) fn node(self) -> Node {
        let content = match self {
            Self::Mapping => Content::Mapping(Entries::new()),
            Self::Scalar => Content::Scalar(LeanString::default()),
            Self::Sequence => Content::Sequence(Items::new()),
        };
        Node { content, line: 0, tag: Tag::None, quoting: Quoting::Plain, flow: false }
    }

    /// What stands before this step of a path: a list before an index, else a mapping.
    fn before(next: Option<&str>, last: Self) -> Self {
        match next {
            None | Some("") => last,
            Some(next) if is_selector(next) || next.parse::<u32>().is_ok() => Self::Sequence,
            Some(_) => Self::Mapping,
        }
    }
}

/// A value to set, quoted if it has to be.
fn quoted(mut value: Node) -> Node {
    quote(&mut value);
    value
}

/// Quotes a text if YAML 1.1 would take it for something else than a string.
pub(crate) fn quote(value: &mut Node) {
    if value.is_string() && value.quoting == Quoting::Plain && is_old_nonstring(value.text()) {
        value.quoting = Quoting::Double;
    }
}

/// Whether YAML 1.1 takes a text for something else than a string.
fn is_old_nonstring(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    let may_be = text.bytes().next().is_some_and(|first| {
        first.is_ascii_digit() || b"+-.~yYnNtTfFoO{[!&*#\"'|>% ?".contains(&first)
    }) || text.contains(": ")
        || text.ends_with(':');
    if !may_be {
        return false;
    }
    match gotk_yaml::typed_from_word(text, Dialect::Sigs) {
        Typed::Timestamp(_) => false,
        Typed::String(_) => match text.bytes().next() {
            // A whole text may also be a collection, a comment or tagged.
            Some(b'{' | b'[' | b'#' | b'!' | b'|' | b'>' | b'"' | b'\'' | b'?' | b'&' | b'-') => {
                matches!(gotk_yaml::from_str(text), Ok(value) if !value.is_string())
            }
            _ if text.contains(": ") || text.ends_with(':') => {
                matches!(gotk_yaml::from_str(text), Ok(value) if !value.is_string())
            }
            _ => false,
        },
        _ => true,
    }
}

/// Writes a scalar over a scalar, in whose style it is then written.
pub(crate) fn set_scalar(node: &mut Node, value: Node) -> Result<(), String> {
    if !node.is_null() && !node.is_scalar() {
        return Err(format!("{} stands where a scalar is expected", noun(node)));
    }
    if value.is_null() {
        return Ok(());
    }
    let quoting = node.quoting;
    node.overwrite(Node { quoting, ..quoted(value) });
    Ok(())
}

/// Sets a field of a mapping: in the style of what is there, or behind all others.
pub(crate) fn set_field(node: &mut Node, name: &str, value: Node) -> Result<(), String> {
    if node.is_null() {
        return Ok(());
    }
    if !node.is_mapping() {
        return Err(format!("{} stands where a mapping is expected", noun(node)));
    }
    if value.is_null() {
        node.remove(name);
        return Ok(());
    }
    let value = quoted(value);
    match node.get_mut(name) {
        Some(field) => {
            let Node { quoting, flow, .. } = *field;
            field.overwrite(Node { quoting, flow, ..value });
        }
        None => node.push_entry(Node::plain(name), value),
    }
    Ok(())
}

/// Changes the text of a scalar and leaves its type.
pub(crate) fn set_text(node: &mut Node, text: &str) {
    node.content = Content::Scalar(text.into());
}

/// What a node is, in a message.
pub(crate) fn noun(node: &Node) -> &'static str {
    match node.content {
        Content::Scalar(_) => "a scalar",
        Content::Sequence(_) => "a list",
        Content::Mapping(_) => "a mapping",
    }
}

/// Whether a step selects items of a list: `[name=web]`.
pub(crate) fn is_selector(step: &str) -> bool {
    step.starts_with('[') && step.ends_with(']') && step.len() > 1
}

/// The field and the value of a selector.
pub(crate) fn selector(step: &str) -> Result<(&str, &str), String> {
    step.trim_start_matches('[')
        .strip_suffix(']')
        .and_then(|inner| inner.split_once('='))
        .ok_or_else(|| format!("{step:?} does not select an item; write [field=value]"))
}

/// One step into a tree: where it leads to, if anywhere.
fn step(node: &Node, part: &str) -> Result<Option<Where>, String> {
    if node.is_null() {
        return Ok(None);
    }
    if let Ok(index) = part.parse::<i64>() {
        let index = usize::try_from(index).map_err(|_| format!("index {part} is negative"))?;
        expect_list(node)?;
        return Ok((index < node.items().len()).then_some(Where::Item(index)));
    }
    match part {
        "-" => {
            expect_list(node)?;
            Ok(node.items().len().checked_sub(1).map(Where::Item))
        }
        "*" => Err("a wildcard cannot be used here".to_owned()),
        _ if is_selector(part) => {
            let (field, value) = selector(part)?;
            expect_list(node)?;
            let fits = |item: &Node| match field {
                "" => item.text() == value,
                field => item.get(field).is_some_and(|found| found.text() == value),
            };
            Ok(node.items().iter().position(fits).map(Where::Item))
        }
        _ if !node.is_mapping() => {
            Err(format!("{} stands where a mapping is expected", noun(node)))
        }
        _ => Ok(node.entries().iter().position(|(key, _)| key.text() == part).map(Where::Entry)),
    }
}

fn expect_list(node: &Node) -> Result<(), String> {
    if node.is_sequence() {
        return Ok(());
    }
    Err(format!("{} stands where a list is expected", noun(node)))
}

enum Where {
    Entry(usize),
    Item(usize),
}

impl Where {
    fn index(&self) -> usize {
        let (Self::Entry(at) | Self::Item(at)) = *self;
        at
    }

    fn of<'a>(&self, node: &'a Node) -> Option<&'a Node> {
        match *self {
            Self::Entry(at) => node.entries().get(at).map(|(_, value)| value),
            Self::Item(at) => node.items().get(at),
        }
    }

    fn of_mut<'a>(&self, node: &'a mut Node) -> Option<&'a mut Node> {
        match *self {
            Self::Entry(at) => node.entries_mut().get_mut(at).map(|(_, value)| value),
            Self::Item(at) => node.items_mut().get_mut(at),
        }
    }
}

/// What is at a path of fields, indices and selectors.
pub(crate) fn lookup<'a, S: AsRef<str>>(
    node: &'a Node,
    path: &[S],
) -> Result<Option<&'a Node>, String> {
    let mut node = node;
    for part in clean(path) {
        let Some(next) = step(node, part)?.and_then(|at| at.of(node)) else { return Ok(None) };
        node = next;
    }
    Ok(Some(node))
}

/// Where in a tree something stands: the steps that lead there, each the place of an entry or an item.
pub(crate) type Place = Vec<usize>;

/// The place of what is at a path.
pub(crate) fn place<S: AsRef<str>>(node: &Node, path: &[S]) -> Result<Option<Place>, String> {
    let (mut node, mut place) = (node, Place::new());
    for part in clean(path) {
        let Some(at) = step(node, part)? else { return Ok(None) };
        let Some(next) = at.of(node) else { return Ok(None) };
        place.push(at.index());
        node = next;
    }
    Ok(Some(place))
}

/// What is at a path, to be changed.
pub(crate) fn lookup_mut<'a, S: AsRef<str>>(
    node: &'a mut Node,
    path: &[S],
) -> Result<Option<&'a mut Node>, String> {
    let mut node = node;
    for part in clean(path) {
        let Some(at) = step(node, part)? else { return Ok(None) };
        let Some(next) = at.of_mut(node) else { return Ok(None) };
        node = next;
    }
    Ok(Some(node))
}

/// What is at a path, made if it is not there; `None` where something on the way is null.
pub(crate) fn lookup_create<'a, S: AsRef<str>>(
    node: &'a mut Node,
    path: &[S],
    make: Make,
) -> Result<Option<&'a mut Node>, String> {
    let parts: Vec<&str> = clean(path).collect();
    let mut node = node;
    for (depth, part) in parts.iter().enumerate() {
        if node.is_null() {
            return Ok(None);
        }
        let at = match step(node, part)? {
            Some(at) => at,
            None => match make_step(node, part, Make::before(parts.get(depth + 1).copied(), make))?
            {
                Some(at) => at,
                None => return Ok(None),
            },
        };
        let Some(next) = at.of_mut(node) else { return Ok(None) };
        node = next;
    }
    Ok(Some(node))
}

/// Makes what a step should lead to; indices make nothing.
fn make_step(node: &mut Node, part: &str, make: Make) -> Result<Option<Where>, String> {
    if part == "-" || part.parse::<i64>().is_ok() {
        return Ok(None);
    }
    if is_selector(part) {
        let (field, value) = selector(part)?;
        let item = match field {
            "" => Node::plain(value),
            field => Node::mapping(thin_vec![(Node::plain(field), Node::plain(value))]),
        };
        if let Content::Sequence(items) = &mut node.content {
            items.push(item);
            return Ok(Some(Where::Item(items.len() - 1)));
        }
        return Ok(None);
    }
    node.push_entry(Node::plain(part), make.node());
    Ok(Some(Where::Entry(node.entries().len() - 1)))
}

fn clean<S: AsRef<str>>(path: &[S]) -> impl Iterator<Item = &str> {
    path.iter().map(|part| part.as_ref().trim()).filter(|part| !part.is_empty())
}

/// Splits a path at a delimiter that no backslash precedes; one in front means nothing.
pub(crate) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let mut pieces = path.split(delimiter).peekable();
    let first = pieces.next().unwrap_or_default();
    let first = match (first, pieces.peek()) {
        ("", Some(_)) => pieces.next().unwrap_or_default(),
        (first, _) => first,
    };
    let mut parts = vec![first.to_owned()];
    for piece in pieces {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts
}

/// Splits a path at dots outside brackets: a selector stays whole, `[a.b]` is the field `a.b`.
pub(crate) fn split_field_path(path: &str) -> Vec<String> {
    let pieces = split_path(path, '.');
    let mut parts = Vec::new();
    let mut pieces = pieces.into_iter();
    while let Some(piece) = pieces.next() {
        if !piece.starts_with('[') || piece.ends_with(']') {
            parts.push(piece);
            continue;
        }
        let mut whole = piece;
        for more in pieces.by_ref() {
            whole.push('.');
            whole.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        parts.push(match whole.contains('=') {
            true => whole,
            false => whole.trim_matches(['[', ']']).to_owned(),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Node {
        Node::parse_all(text).unwrap().remove(0)
    }

    #[test]
    fn paths_split_at_what_is_not_quoted() {
        assert_eq!(split_path("/a/b\\/c/d", '/'), ["a", "b/c", "d"]);
        assert_eq!(split_path("", '/'), [""]);
        assert_eq!(split_field_path("a.[x=y.z].b"), ["a", "[x=y.z]", "b"]);
        assert_eq!(
            split_field_path("metadata.annotations.[a.b/c]"),
            ["metadata", "annotations", "a.b/c"]
        );
        assert_eq!(split_field_path("a.b\\.c"), ["a", "b.c"]);
    }

    #[test]
    fn a_new_text_is_quoted_where_yaml_1_1_would_misread_it() {
        for text in ["yes", "on", "12", "1e3", "0x1f", "null", "~", ".5", "{a: b}"] {
            assert!(is_old_nonstring(text), "{text}");
        }
        for text in ["", "web", "yes sir", "v1.2", "2020-01-01", "1:30", "a\n1", "-x", "=", "a:b"] {
            assert!(!is_old_nonstring(text), "{text}");
        }
    }

    #[test]
    fn what_is_set_takes_the_style_of_what_was_there() {
        let mut node = parse("a: x\nb: 'x'\n");
        set_field(&mut node, "a", Node::plain("12")).unwrap();
        set_field(&mut node, "b", Node::plain("12")).unwrap();
        set_field(&mut node, "c", Node::plain("12")).unwrap();
        let value = node.to_value().unwrap();
        assert_eq!(value, serde_json::json!({"a": 12, "b": "12", "c": "12"}));
    }

    #[test]
    fn what_is_missing_is_made() {
        let mut node = parse("a: {}\n");
        let found =
            lookup_create(&mut node, &["a", "list", "[name=x]", "port"], Make::Scalar).unwrap();
        set_scalar(found.unwrap(), Node::plain("1")).unwrap();
        let value = node.to_value().unwrap();
        assert_eq!(value, serde_json::json!({"a": {"list": [{"name": "x", "port": 1}]}}));
        assert!(lookup(&node, &["a", "list", "name"]).is_err());
    }
}
