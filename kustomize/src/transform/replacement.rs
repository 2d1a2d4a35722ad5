//! Values copied from one object into others.

mod paths;
mod structured;

use super::fault;
use crate::edit::{self, Make, Place, split_field_path};
use crate::fault::Fault;
use crate::gvk::Gvk;
use crate::kustomization::{FieldOptions, Replacement, Target};
use crate::node::{Content, Node};
use crate::objects::Objects;
use crate::resource::Resource;
use crate::select::{Matcher, shown};

/// The field that is meant where none is named.
const DEFAULT_PATH: &str = "metadata.name";

/// The replacements of a kustomization.
#[derive(Debug)]
pub(crate) struct Replacements(pub(crate) Vec<Replacement>);

impl Replacements {
    pub(super) fn apply(&self, objects: &mut Objects) -> Result<(), Box<Fault>> {
        for (index, replacement) in self.0.iter().enumerate() {
            apply(replacement, objects)
                .map_err(|fault| fault.at(format!("replacements[{index}]")))?;
        }
        // The original builds its list anew here.
        objects.drop_gone();
        Ok(())
    }
}

fn apply(replacement: &Replacement, objects: &mut Objects) -> Result<(), Box<Fault>> {
    let is_complete = (replacement.source.is_some() || replacement.source_value.is_some())
        && replacement.targets.is_some();
    if !is_complete {
        return Err("it needs a source, and targets".into());
    }
    let mut copied = copied(replacement, objects)?;
    for target in replacement.targets.iter().flatten() {
        apply_to(target, &mut copied, objects)?;
    }
    Ok(())
}

/// What is copied.
struct Copied {
    value: Node,
    /// Where the value stands, if it is copied whole: it may itself be written over on the way.
    source: Option<Source>,
}

struct Source {
    object: usize,
    place: Place,
}

impl Copied {
    /// Looks at the value again, after a place of an object was written.
    fn follow(&mut self, object: usize, resource: &Resource, written: &[usize]) {
        // Where what it stood in is gone, it stays what it is.
        self.source.take_if(|source| {
            source.object == object
                && written.len() < source.place.len()
                && source.place.starts_with(written)
        });
        self.look(object, resource);
    }

    /// Looks at the value again, if it stands in this object.
    fn look(&mut self, object: usize, resource: &Resource) {
        let Some(source) = self.source.as_ref().filter(|source| source.object == object) else {
            return;
        };
        let steps = &mut source.place.iter();
        if let Some(value) = steps.try_fold(&resource.node, |node, &step| node.child(step))
            && *value != self.value
        {
            self.value = value.clone();
        }
    }
}

fn copied(replacement: &Replacement, objects: &Objects) -> Result<Copied, Box<Fault>> {
    let source = match (&replacement.source, &replacement.source_value) {
        (Some(_), Some(_)) => return Err("source and sourceValue exclude each other".into()),
        (None, value) => {
            let value = Node::plain(value.as_deref().unwrap_or_default());
            return Ok(Copied { value, source: None });
        }
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
    let mut found = None;
    for (object, resource) in objects.as_slice().iter().enumerate() {
        if !names(resource)?.any(|id| is_meant(&id)) {
            continue;
        }
        if found.replace((object, resource)).is_some() {
            let what = format!("several objects are called {}", shown(selector));
            return Err(Fault::new(what).at("source"));
        }
    }
    let Some((object, resource)) = found else {
        return Err(Fault::new(format!("no object is called {}", shown(selector))).at("source"));
    };
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let parts = split_field_path(path);
    let node = edit::lookup(&resource.node, &parts)
        .map_err(|problem| fault(format!("{path}: {problem}"), resource))?
        .filter(|node| !node.is_empty())
        .ok_or_else(|| fault(format!("it has no field {path:?} to copy"), resource))?;
    let options = source.options.as_ref().filter(|options| !options.delimiter.is_empty());
    let Some(options) = options else {
        let place = edit::place(&resource.node, &parts).ok().flatten();
        let source = place.map(|place| Source { object, place });
        return Ok(Copied { value: node.clone(), source });
    };
    let value = refined(node, options).map_err(|problem| fault(problem, resource))?;
    Ok(Copied { value, source: None })
}

type Called = (Gvk, String, String);

/// What an object is and was called, namespaces as they stand there.
fn names(resource: &Resource) -> Result<impl Iterator<Item = Called> + '_, Box<Fault>> {
    let earlier = resource.counted_earlier().map_err(|problem| fault(problem, resource))?;
    let gvk = resource.gvk();
    let now = (gvk.clone(), resource.name().to_owned(), resource.namespace().to_owned());
    Ok(std::iter::once(now).chain(earlier.iter().map(move |was| {
        let gvk = Gvk { kind: was.kind.clone(), ..gvk.clone() };
        (gvk, was.name.to_string(), was.namespace.to_string())
    })))
}

fn or_default(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// The part of a value that the options mean.
fn refined(node: &Node, options: &FieldOptions) -> Result<Node, String> {
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

fn apply_to(target: &Target, copied: &mut Copied, objects: &mut Objects) -> Result<(), Box<Fault>> {
    let Some(select) = &target.select else {
        return Err(Fault::new("a target has nothing to select").at("targets"));
    };
    let select = Matcher::new(select)?;
    let mut rejects = Vec::new();
    for reject in &target.reject {
        rejects.push((Matcher::new(reject)?, reject.names_nothing()));
    }
    for (object, resource) in objects.as_mut_slice().iter_mut().enumerate() {
        let called: Vec<Called> = names(resource)?.collect();
        let marked = |(matcher, _): &(Matcher, bool)| {
            matcher.asks_for_marks() && matcher.means_marks(resource)
        };
        if !select.means_marks(resource) || rejects.iter().any(marked) {
            continue;
        }
        let named = |matcher: &Matcher| {
            called.iter().any(|(gvk, name, namespace)| matcher.means_id(gvk, name, namespace))
        };
        let is_rejected = rejects.iter().any(|(matcher, is_any)| !is_any && named(matcher));
        if !is_rejected && named(&select) {
            copy(target, copied, object, resource).map_err(|problem| fault(problem, resource))?;
        }
    }
    Ok(())
}

fn copy(
    target: &Target,
    copied: &mut Copied,
    object: usize,
    resource: &mut Resource,
) -> Result<(), String> {
    let default = [DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    let options = target.options.as_ref();
    for path in paths {
        let create = options.is_some_and(|options| options.create).then(|| made_for(&copied.value));
        let parts = split_field_path(path);
        if let Some(place) = structured::set(&mut resource.node, &parts, &copied.value, create) {
            written(&place, copied, object, resource);
            continue;
        }
        let found = paths::find(&mut resource.node, &parts, create)
            .map_err(|problem| format!("{path}: {problem}"))?;
        if found.is_empty() {
            let hint =
                if create.is_some() { "cannot be made" } else { "does not exist; set create" };
            return Err(format!("field {path:?} {hint}"));
        }
        // What was made on the way may stand in the value.
        copied.look(object, resource);
        for place in &found.places {
            let Some(field) = paths::at(&mut resource.node, place) else { continue };
            set_field(field, &copied.value, options)
                .map_err(|problem| format!("{path}: {problem}"))?;
            written(place, copied, object, resource);
        }
    }
    Ok(())
}

fn made_for(value: &Node) -> Make {
    match value.content {
        Content::Scalar(_) => Make::Scalar,
        Content::Sequence(_) => Make::Sequence,
        Content::Mapping(_) => Make::Mapping,
    }
}

/// What follows from writing a place: nodes that are one change together, and the value may be one.
fn written(place: &[usize], copied: &mut Copied, object: usize, resource: &mut Resource) {
    crate::share::spread(resource);
    copied.follow(object, resource, place);
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
