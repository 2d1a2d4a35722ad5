//! Values copied from one object into others.

mod paths;
mod structured;

use super::fault;
use crate::edit::{self, Make, split_field_path};
use crate::fault::Fault;
use crate::kustomization::{FieldOptions, Replacement, Target};
use crate::node::{Content, Node};
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::select::{Matcher, shown};

/// The field that is meant where none is named.
const DEFAULT_PATH: &str = "metadata.name";

/// The replacements of a kustomization.
#[derive(Debug)]
pub(crate) struct Replacements(pub(crate) Vec<Replacement>);

impl Replacements {
    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        for (index, replacement) in self.0.iter().enumerate() {
            apply(replacement, objects, schema)
                .map_err(|fault| fault.at(format!("replacements[{index}]")))?;
        }
        // The original builds its list anew here.
        objects.drop_gone();
        Ok(())
    }
}

fn apply(
    replacement: &Replacement,
    objects: &mut Objects,
    schema: &Schema,
) -> Result<(), Box<Fault>> {
    let is_complete = (replacement.source.is_some() || replacement.source_value.is_some())
        && replacement.targets.is_some();
    if !is_complete {
        return Err("it needs a source, and targets".into());
    }
    let value = value(replacement, objects, schema)?;
    for target in replacement.targets.iter().flatten() {
        apply_to(target, &value, objects)?;
    }
    Ok(())
}

/// The value that is copied.
fn value(
    replacement: &Replacement,
    objects: &Objects,
    schema: &Schema,
) -> Result<Node, Box<Fault>> {
    let source = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err("source and sourceValue exclude each other".into()),
        (None, value) => return Ok(Node::plain(value.as_deref().unwrap_or_default())),
        (Some(source), None) => source,
    };
    let selector = &source.object;
    let is_meant = |(gvk, name, namespace): &Called| {
        let fits = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        gvk.is_selected_by(&selector.gvk)
            && fits(&selector.name, name)
            && (selector.namespace.is_empty()
                || or_default(&selector.namespace) == or_default(namespace))
    };
    let mut found =
        objects.as_slice().iter().filter(|resource| names(resource).any(|id| is_meant(&id)));
    let (resource, others) = (found.next(), found.next());
    let Some(resource) = resource else {
        return Err(Fault::new(format!("no object is called {}", shown(selector))).at("source"));
    };
    if others.is_some() {
        let what = format!("several objects are called {}", shown(selector));
        return Err(Fault::new(what).at("source"));
    }
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let node = edit::lookup(&resource.node, &split_field_path(path))
        .map_err(|problem| fault(format!("{path}: {problem}"), resource))?
        .filter(|node| !node.is_empty())
        .ok_or_else(|| fault(format!("it has no field {path:?} to copy"), resource))?;
    let _ = schema;
    refined(node, source.options.as_ref()).map_err(|problem| fault(problem, resource))
}

type Called = (crate::gvk::Gvk, String, String);

/// What an object is and was called, namespaces as they stand there.
fn names(resource: &Resource) -> impl Iterator<Item = Called> + '_ {
    let gvk = resource.gvk();
    let now = (gvk.clone(), resource.name().to_owned(), resource.namespace().to_owned());
    std::iter::once(now).chain(resource.past.ids.iter().map(move |was| {
        let gvk = crate::gvk::Gvk { kind: was.kind.clone(), ..gvk.clone() };
        (gvk, was.name.to_string(), was.namespace.to_string())
    }))
}

fn or_default(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// The part of a value that the options mean.
fn refined(node: &Node, options: Option<&FieldOptions>) -> Result<Node, String> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else {
        return Ok(node.clone());
    };
    if !node.is_scalar() {
        return Err("a delimiter can only part a text".to_owned());
    }
    let index = usize::try_from(options.index).ok();
    let part = index.and_then(|index| node.text().split(&options.delimiter).nth(index));
    let part = part.ok_or_else(|| {
        let (index, delimiter) = (options.index, &options.delimiter);
        format!("the text has no part {index} between {delimiter:?}")
    })?;
    let mut refined = node.clone();
    edit::set_text(&mut refined, part);
    Ok(refined)
}

fn apply_to(target: &Target, value: &Node, objects: &mut Objects) -> Result<(), Box<Fault>> {
    let Some(select) = &target.select else {
        return Err(Fault::new("a target has nothing to select").at("targets"));
    };
    let select = Matcher::new(select)?;
    let mut rejects = Vec::new();
    for reject in &target.reject {
        rejects.push((Matcher::new(reject)?, reject.names_nothing()));
    }
    for resource in objects.as_mut_slice() {
        let marked = |(matcher, _): &(Matcher, bool)| {
            matcher.asks_for_marks() && matcher.means_marks(resource)
        };
        if !select.means_marks(resource) || rejects.iter().any(marked) {
            continue;
        }
        let named = |matcher: &Matcher| {
            names(resource).any(|(gvk, name, namespace)| matcher.means_id(&gvk, &name, &namespace))
        };
        let is_rejected = rejects.iter().any(|(matcher, is_any)| !is_any && named(matcher));
        if !is_rejected && named(&select) {
            copy(target, value, resource).map_err(|problem| fault(problem, resource))?;
            crate::share::spread(resource);
        }
    }
    Ok(())
}

fn copy(target: &Target, value: &Node, resource: &mut Resource) -> Result<(), String> {
    let default = [DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    let options = target.options.as_ref();
    let create = options.is_some_and(|options| options.create).then_some(match value.content {
        Content::Scalar(_) => Make::Scalar,
        Content::Sequence(_) => Make::Sequence,
        Content::Mapping(_) => Make::Mapping,
    });
    for path in paths {
        let parts = split_field_path(path);
        if structured::set(&mut resource.node, &parts, value, create) {
            continue;
        }
        let set = &mut |field: &mut Node| set_field(field, value, options);
        let count = paths::visit(&mut resource.node, &parts, create, set)
            .map_err(|problem| format!("{path}: {problem}"))?;
        if count == 0 {
            let hint =
                if create.is_some() { "cannot be made" } else { "does not exist; set create" };
            return Err(format!("field {path:?} {hint}"));
        }
    }
    Ok(())
}

/// Writes the value over a field, or over a part of it.
fn set_field(field: &mut Node, value: &Node, options: Option<&FieldOptions>) -> Result<(), String> {
    let mut value = value.clone();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if !field.is_scalar() {
            return Err("a delimiter can only part a text".to_owned());
        }
        let mut parts: Vec<&str> = field.text().split(&options.delimiter).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, value.text()),
            Ok(index) if index >= parts.len() => parts.push(value.text()),
            Ok(index) => parts[index] = value.text(),
        }
        let joined = parts.join(&options.delimiter);
        edit::set_text(&mut value, &joined);
    }
    if field.is_scalar() && value.is_scalar() {
        let text = value.text().to_owned();
        edit::set_text(field, &text);
    } else if field.is_scalar() {
        // Of a collection only its text is copied, and it has none.
        edit::set_text(field, "");
    } else {
        field.overwrite(value);
    }
    Ok(())
}
