//! `ConfigMap`s and Secrets out of files, environments and literals.

mod sources;

use std::collections::BTreeMap;

use gotk_yaml::Quoting;

use crate::fault::Fault;
use crate::kustomization::{GeneratorArgs, GeneratorOptions};
use crate::load::Loader;
use crate::node::{Entries, Node, Tag};
use crate::resource::{Behavior, Resource};

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Makes the object that a generator describes.
pub(crate) fn generate(
    kind: Kind,
    args: &GeneratorArgs,
    options: Option<&GeneratorOptions>,
    loader: &Loader<'_>,
) -> Result<Resource, Box<Fault>> {
    if args.name.is_empty() {
        return Err(Fault::new("it has no name").at("name"));
    }
    let pairs = sources::read(&args.sources, loader)?;
    let mut node = base(kind, args);
    let mut data: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (key, value) in pairs {
        if data.insert(key.clone(), value).is_some() {
            return Err(Fault::new(format!("key {key:?} is there twice")));
        }
    }
    match kind {
        Kind::ConfigMap => data.iter().for_each(|(key, value)| set_data(&mut node, key, value)),
        Kind::Secret => {
            let entry = |(key, value): (&String, &Vec<u8>)| (Node::plain(key), text(base64(value)));
            node.set("data", Node::mapping(data.iter().map(entry).collect()));
        }
    }
    let mut resource = Resource::new(node);
    if let Some(options) = options {
        for (field, texts) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            if !texts.is_empty() {
                resource.set_texts(field, texts)?;
            }
        }
        if options.immutable {
            let value = Node { tag: Tag::Bool, ..Node::plain("true") };
            resource.node.set("immutable", value);
        }
    }
    resource.past.needs_hash = !options.is_some_and(|options| options.disable_name_suffix_hash);
    resource.past.behavior = Some(Behavior::named(&args.behavior));
    Ok(resource)
}

fn base(kind: Kind, args: &GeneratorArgs) -> Node {
    let mut metadata = Node::mapping(Entries::new());
    metadata.set("name", Node::string(&args.name));
    if !args.namespace.is_empty() {
        metadata.set("namespace", Node::string(&args.namespace));
    }
    let mut node = Node::mapping(Entries::new());
    node.set("apiVersion", Node::string("v1"));
    node.set("kind", Node::string(kind.name()));
    node.set("metadata", metadata);
    if kind == Kind::Secret {
        let kind = if args.kind.is_empty() { "Opaque" } else { &args.kind };
        node.set("type", Node::string(kind));
    }
    node
}

/// Puts a value where a `ConfigMap` has it: texts in `data`, anything else in `binaryData`.
fn set_data(node: &mut Node, key: &str, value: &[u8]) {
    let (field, value) = match std::str::from_utf8(value) {
        Ok(value) => ("data", value.to_owned()),
        Err(_) => ("binaryData", base64(value)),
    };
    if let Some(data) = node.mapping_at(field) {
        data.set(key, text(value));
    }
}

fn text(value: String) -> Node {
    let quoting = if value.contains('\n') { Quoting::Literal } else { Quoting::Plain };
    Node { quoting, ..Node::string(value) }
}

/// Adds what the older of two objects has in a map of texts and the newer has not.
pub(crate) fn merge_data(new: &mut Node, old: &Node, field: &str) {
    let texts = |node: &Node| {
        let entries = node.get(field).map(Node::entries).unwrap_or_default();
        let text = |(key, value): &(Node, Node)| (key.text().to_owned(), value.text().to_owned());
        entries.iter().map(text).collect::<BTreeMap<_, _>>()
    };
    let mut merged = texts(old);
    merged.extend(texts(new));
    new.remove(field);
    if !merged.is_empty() {
        let entry = |(key, value)| (Node::plain(key), text(value));
        new.set(field, Node::mapping(merged.into_iter().map(entry).collect()));
    }
}

/// The longest line of base64; a text that is longer ends with a line break too.
const LINE: usize = 70;

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let length = bytes.len().div_ceil(3) * 4;
    let wraps = length >= LINE;
    let mut out = String::with_capacity(length + if wraps { length / LINE + 1 } else { 0 });
    let mut column = 0;
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
            column += 1;
            if wraps && column % LINE == 0 {
                out.push('\n');
            }
        }
    }
    if wraps && column % LINE != 0 {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_wrapped_from_70_characters_on() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"\xffhello"), "/2hlbGxv");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(&[0; 51]), "A".repeat(68));
        let long = base64(&[0; 52]);
        assert_eq!(long, format!("{}\n{}==\n", "A".repeat(70), ""), "{long}");
        assert_eq!(base64(&[0; 105]), format!("{0}\n{0}\n", "A".repeat(70)));
    }

    #[test]
    fn the_newer_of_two_texts_wins() {
        let parse = |text| Node::parse_all(text).unwrap().remove(0);
        let mut new = parse("data: {a: 1, b: x}\n");
        merge_data(&mut new, &parse("data: {b: y, c: z}\n"), "data");
        let expected = serde_json::json!({"data": {"a": "1", "b": "x", "c": "z"}});
        assert_eq!(new.to_value().unwrap(), expected);
    }
}
