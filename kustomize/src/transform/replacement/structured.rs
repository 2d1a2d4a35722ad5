//! Fields inside a text that is itself YAML or JSON.

use gotk_yaml::{Content as YamlContent, Document, Node as YamlNode, Quoting};

use super::paths;
use crate::edit::{self, Make, Place};
use crate::node::{Content, Node, Tag};

/// A tree that paths lead through.
pub(super) trait Walk: Sized {
    fn is_nothing(&self) -> bool;
    fn is_map(&self) -> bool;
    fn is_text(&self) -> bool;
    fn word(&self) -> &str;
    /// Which entry of a mapping has a name.
    fn position(&self, name: &str) -> Option<usize>;
    /// How many items a list has.
    fn length(&self) -> Option<usize>;
    /// What an entry or an item holds.
    fn child_mut(&mut self, at: usize) -> Option<&mut Self>;
    fn push_item(&mut self, item: Self);
    fn push_field(&mut self, name: &str, value: Self);
    fn made(make: Make) -> Self;
    fn text(word: &str) -> Self;
    /// As it is written.
    fn printed(&self) -> String;
}

impl Walk for Node {
    fn is_nothing(&self) -> bool {
        self.is_null()
    }

    fn is_map(&self) -> bool {
        self.is_mapping()
    }

    fn is_text(&self) -> bool {
        self.is_scalar()
    }

    fn word(&self) -> &str {
        self.text()
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.entries().iter().position(|(key, _)| key.as_str() == Some(name))
    }

    fn length(&self) -> Option<usize> {
        self.is_sequence().then(|| self.items().len())
    }

    fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match &mut self.content {
            Content::Scalar(_) => None,
            Content::Sequence(items) => items.get_mut(at),
            Content::Mapping(entries) => entries.get_mut(at).map(|(_, value)| value),
        }
    }

    fn push_item(&mut self, item: Self) {
        if let Content::Sequence(items) = &mut self.content {
            items.push(item);
        }
    }

    fn push_field(&mut self, name: &str, value: Self) {
        self.push_entry(Self::plain(name), value);
    }

    fn made(make: Make) -> Self {
        make.node()
    }

    fn text(word: &str) -> Self {
        Self::plain(word)
    }

    fn printed(&self) -> String {
        match (&self.content, self.quoting) {
            (Content::Scalar(text), Quoting::Double) => format!("{text:?}"),
            (Content::Scalar(text), Quoting::Single) => format!("'{}'", text.replace('\'', "''")),
            (Content::Scalar(text), Quoting::Plain)
                if self.tag == Tag::Str && Tag::of_word(text) != Tag::Str =>
            {
                format!("{text:?}")
            }
            (Content::Scalar(text), _) => text.to_string(),
            _ => {
                let value = self.to_value().unwrap_or_default();
                gotk_yaml::to_string(&value).unwrap_or_default()
            }
        }
    }
}

impl Walk for YamlNode {
    fn is_nothing(&self) -> bool {
        self.is_null()
    }

    fn is_map(&self) -> bool {
        matches!(self.content, YamlContent::Mapping { .. })
    }

    fn is_text(&self) -> bool {
        matches!(self.content, YamlContent::Scalar { .. })
    }

    fn word(&self) -> &str {
        self.as_str().unwrap_or_default()
    }

    fn position(&self, name: &str) -> Option<usize> {
        let YamlContent::Mapping { entries, .. } = &self.content else { return None };
        entries.iter().position(|(key, _)| key.as_str() == Some(name))
    }

    fn length(&self) -> Option<usize> {
        match &self.content {
            YamlContent::Sequence { items, .. } => Some(items.len()),
            _ => None,
        }
    }

    fn child_mut(&mut self, at: usize) -> Option<&mut Self> {
        match &mut self.content {
            YamlContent::Sequence { items, .. } => items.get_mut(at),
            YamlContent::Mapping { entries, .. } => entries.get_mut(at).map(|(_, value)| value),
            _ => None,
        }
    }

    fn push_item(&mut self, item: Self) {
        if let YamlContent::Sequence { items, .. } = &mut self.content {
            items.push(item);
        }
    }

    fn push_field(&mut self, name: &str, value: Self) {
        if let YamlContent::Mapping { entries, .. } = &mut self.content {
            entries.push((Self::plain(name), value));
        }
    }

    fn made(make: Make) -> Self {
        match make {
            Make::Mapping => Self::mapping(Vec::new()),
            Make::Scalar => Self::plain(""),
            Make::Sequence => Self::sequence(Vec::new()),
        }
    }

    fn text(word: &str) -> Self {
        Self::plain(word)
    }

    fn printed(&self) -> String {
        Document::new(self.clone()).to_string()
    }
}

/// The node that a text holds.
pub(super) fn parsed(text: &str) -> Option<YamlNode> {
    Document::parse(text).ok().flatten().map(|document| document.root)
}

/// Sets a field inside of a text on the way, and says where that text stands; `None` if there is none,
/// or it cannot be done.
pub(super) fn set(
    node: &mut Node,
    path: &[String],
    value: &Node,
    create: Option<Make>,
) -> Option<Place> {
    let (depth, place) = text_on_the_way(node, path)?;
    let field = paths::at(node, &place)?;
    let changed = changed(field.text(), &path[depth..], value, create)?;
    edit::set_text(field, &changed);
    Some(place)
}

/// The first text on a path that does not end there, and how many steps lead to it.
fn text_on_the_way(node: &mut Node, path: &[String]) -> Option<(usize, Place)> {
    (1..path.len()).find_map(|depth| {
        let place = edit::place(node, &path[..depth]).ok()??;
        let text = paths::at(node, &place)?.as_str()?;
        Document::parse(text).is_ok().then_some((depth, place))
    })
}

fn changed(text: &str, path: &[String], value: &Node, create: Option<Make>) -> Option<String> {
    let mut document = Document::parse(text).ok()??;
    let found = paths::find(&mut document.root, path, create).ok().filter(|it| !it.is_empty())?;
    for place in &found.places {
        let field = paths::at(&mut document.root, place)?;
        if field.is_text() {
            set_word(field, value.text());
        } else {
            *field = yaml(value);
        }
    }
    if !text.trim_start().starts_with(['{', '[']) {
        return Some(document.to_string().trim().to_owned());
    }
    let value = document.to_value().ok()?;
    let is_pretty = text.contains('\n') && text.contains("  ");
    Some(if is_pretty { crate::json::pretty(&value) } else { crate::json::compact(&value) })
}

/// Changes the text of a scalar and leaves its type.
fn set_word(field: &mut YamlNode, word: &str) {
    let was = type_of(field);
    let mut new = YamlNode::plain(word);
    if let (YamlContent::Scalar { quoting, .. }, Some(old)) = (&mut new.content, field.quoting()) {
        *quoting = old;
        if was == Tag::Str && old == Quoting::Plain && Tag::of_word(word) != Tag::Str {
            *quoting = Quoting::Double;
        }
    }
    field.content = new.content;
    if field.tag.is_empty() && was != Tag::Str && type_of(field) != was {
        field.tag = match was {
            Tag::Null => "!!null",
            Tag::Bool => "!!bool",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            _ => "!!timestamp",
        }
        .to_owned();
    }
}

fn type_of(field: &YamlNode) -> Tag {
    match (field.as_str(), field.quoting()) {
        (Some(word), Some(Quoting::Plain)) => Tag::of_word(word),
        _ => Tag::Str,
    }
}

/// A value as a node of a document.
fn yaml(value: &Node) -> YamlNode {
    match &value.content {
        Content::Scalar(text) if value.kind() == Tag::Str => YamlNode::string(text.as_str()),
        Content::Scalar(text) => YamlNode::plain(text.as_str()),
        Content::Sequence(items) => YamlNode::sequence(items.iter().map(yaml).collect()),
        Content::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| (yaml(key), yaml(value)));
            YamlNode::mapping(entries.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_in(text: &str, path: &str, word: &str) -> Option<String> {
        let path = edit::split_field_path(path);
        changed(text, &path, &Node::plain(word), None)
    }

    #[test]
    fn yaml_keeps_its_comments_and_order() {
        let text = "b: 1 # one\na:\n- n: x\n";
        assert_eq!(set_in(text, "b", "2").unwrap(), "b: 2 # one\na:\n- n: x");
        assert_eq!(set_in(text, "a.[n=x].n", "y").unwrap(), "b: 1 # one\na:\n- n: y");
        assert_eq!(set_in(text, "c", "2"), None);
        assert_eq!(set_in("text", "c", "2"), None);
    }

    #[test]
    fn json_stays_json() {
        assert_eq!(
            set_in(r#"{"b": {"c": 1}, "a": "<x>"}"#, "b.c", "2").unwrap(),
            r#"{"a":"\u003cx\u003e","b":{"c":2}}"#
        );
        assert_eq!(set_in("{\n  \"b\": \"1\"\n}", "b", "2").unwrap(), "{\n  \"b\": \"2\"\n}");
    }
}
