//! Names, tags and digests of images.

use super::{Specs, fault};
use crate::edit::{self, noun};
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::image;
use crate::kustomization::Image;
use crate::node::{Content, Node};
use crate::objects::Objects;

/// What becomes of the images that an entry means.
#[derive(Debug)]
pub(crate) struct Images {
    image: Image,
    matcher: image::Matcher,
    specs: Specs,
}

impl Images {
    pub(crate) fn new(image: Image, specs: Specs) -> Result<Self, String> {
        let matcher = image::Matcher::new(&image.name)?;
        Ok(Self { image, matcher, specs })
    }

    pub(super) fn apply(&self, objects: &mut Objects) -> Result<(), Box<Fault>> {
        for resource in objects.as_mut_slice() {
            let gvk = resource.gvk();
            if gvk.kind == "CustomResourceDefinition" {
                continue;
            }
            self.walk(&mut resource.node).map_err(|problem| fault(problem, resource))?;
            for spec in self.specs.iter().filter(|spec| field::is_about(spec, &gvk)) {
                let set = &mut |field: &mut Node| self.set(field);
                field::apply(spec, &mut resource.node, Create::Nothing, set)
                    .map_err(|problem| fault(problem, resource))?;
            }
        }
        Ok(())
    }

    /// Changes the images in every list of containers, wherever it is.
    fn walk(&self, node: &mut Node) -> Result<(), String> {
        match &mut node.content {
            Content::Scalar(_) => Ok(()),
            Content::Sequence(items) => items.iter_mut().try_for_each(|item| self.walk(item)),
            Content::Mapping(entries) => entries.iter_mut().try_for_each(|(key, value)| {
                self.walk(value)?;
                if !matches!(key.text(), "containers" | "initContainers") {
                    return Ok(());
                }
                value.items_mut().iter_mut().try_for_each(|container| self.set_in(container))
            }),
        }
    }

    fn set_in(&self, container: &mut Node) -> Result<(), String> {
        if container.is_null() {
            return Ok(());
        }
        if !container.is_mapping() {
            return Err(format!("a container is {}, not a mapping", noun(container)));
        }
        container.get_mut("image").map_or(Ok(()), |image| self.set(image))
    }

    fn set(&self, field: &mut Node) -> Result<(), String> {
        if !field.is_scalar() {
            return Err(format!("image: it is {}, not a text", noun(field)));
        }
        let reference = field.text();
        if !self.matcher.matches(reference) {
            return Ok(());
        }
        let changed = self.changed(reference);
        edit::set_scalar(field, Node::plain(changed))
    }

    fn changed(&self, reference: &str) -> String {
        let found = image::Image::parse(reference);
        let new = &self.image;
        let mut text = match new.new_name.as_str() {
            "" => found.name.to_owned(),
            name => name.to_owned(),
        };
        let suffixed = format!("{}{}", found.tag, new.tag_suffix);
        let (tag, digest) = match (new.new_tag.as_str(), new.digest.as_str()) {
            ("", "") if !new.tag_suffix.is_empty() => (suffixed.as_str(), ""),
            ("", "") => (found.tag, found.digest),
            (tag, digest) => (tag, digest),
        };
        if !tag.is_empty() {
            text.extend([":", tag]);
        }
        if !digest.is_empty() {
            text.extend(["@", digest]);
        }
        text
    }
}
