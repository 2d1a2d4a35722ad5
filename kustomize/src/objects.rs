//! The objects of a build, in their order, found by what they are and were called.

use std::collections::HashMap;

use lean_string::LeanString;

use crate::fault::Fault;
use crate::gvk::ResId;
use crate::ids::Ids;
use crate::resource::{Behavior, Resource};
use crate::schema::Schema;

/// A list of objects of which no two have the same id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    list: Vec<Resource>,
    /// The ids, as long as nothing was changed.
    ids: Option<Ids>,
}

impl Objects {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn as_slice(&self) -> &[Resource] {
        &self.list
    }

    /// The objects, to be changed in any way.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [Resource] {
        self.ids = None;
        &mut self.list
    }

    pub(crate) fn into_vec(self) -> Vec<Resource> {
        self.list
    }

    /// Adds an object that is not there yet.
    pub(crate) fn append(&mut self, resource: Resource, schema: &Schema) -> Result<(), Box<Fault>> {
        let ids = self.ids.get_or_insert_with(|| Ids::of(&self.list, schema));
        let id = resource.id(schema);
        if let Some(first) = ids.find(&id, &self.list, schema) {
            return Err(twin(&resource, id, &self.list[first]));
        }
        ids.insert(self.list.len(), &id);
        self.list.push(resource);
        Ok(())
    }

    /// Adds the objects of another list; to an empty one they come as they are.
    pub(crate) fn merge(&mut self, other: Self, schema: &Schema) -> Result<(), Box<Fault>> {
        if !self.list.is_empty() {
            return other.list.into_iter().try_for_each(|resource| self.append(resource, schema));
        }
        self.ids = Some(unique(&other.list, schema, twin)?);
        self.list = other.list;
        self.list.shrink_to_fit();
        Ok(())
    }

    /// Adds what a generator made: it may be new, or change what is there.
    pub(crate) fn absorb(&mut self, resource: Resource, schema: &Schema) -> Result<(), Box<Fault>> {
        let id = resource.id(schema);
        let behavior = resource.past.behavior.unwrap_or(Behavior::Unspecified);
        let changes = matches!(behavior, Behavior::Merge | Behavior::Replace);
        match self.called(&id, schema).as_slice() {
            [] if changes => {
                let verb = if behavior == Behavior::Merge { "merged" } else { "replaced" };
                Err(Fault::new(format!("it does not exist, so it cannot be {verb}")).about(id))
            }
            [] => self.append(resource, schema),
            [_] if !changes => {
                let hint = "it is there already; set behavior to merge or replace";
                Err(Fault::new(hint).about(id))
            }
            &[at] => {
                let resource = combined(resource, &self.list[at], behavior)?;
                let new = resource.id(schema);
                let twin = self.list.iter().position(|other| other.id(schema) == new);
                if twin != Some(at) {
                    return Err(Fault::new("its place cannot be found again").about(id));
                }
                self.ids = None;
                self.list[at] = resource;
                Ok(())
            }
            _ => Err(Fault::new("several objects could be changed by it").about(id)),
        }
    }

    /// Where the objects are that are or were called this.
    pub(crate) fn called(&self, id: &ResId, schema: &Schema) -> Vec<usize> {
        let is = |resource: &Resource| {
            (resource.name() == id.name || resource.past.ids.iter().any(|was| was.name == id.name))
                && !resource.is_gone()
                && resource.all_ids(schema).any(|other| other == *id)
        };
        let places = self.list.iter().enumerate();
        places.filter(|(_, resource)| is(resource)).map(|(at, _)| at).collect()
    }

    /// Drops what nothing is left of.
    pub(crate) fn drop_gone(&mut self) {
        if self.list.iter().any(Resource::is_gone) {
            self.ids = None;
            self.list.retain(|resource| !resource.is_gone());
        }
    }

    /// An error if two objects have the same id.
    pub(crate) fn check_unique(&self, schema: &Schema) -> Result<(), Box<Fault>> {
        let fault = |_: &Resource, id: ResId, _: &Resource| {
            Fault::new("two objects are called this now").about(id)
        };
        unique(&self.list, schema, fault).map(drop)
    }

    /// Where the objects are that had each name, by the name.
    pub(crate) fn by_earlier_name(&self) -> HashMap<LeanString, Vec<usize>> {
        let mut places: HashMap<LeanString, Vec<usize>> = HashMap::new();
        for (at, resource) in self.list.iter().enumerate() {
            for earlier in &resource.past.ids {
                let places = places.entry(earlier.name.clone()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        places
    }
}

/// The ids of objects, no two of which may have the same.
fn unique(
    list: &[Resource],
    schema: &Schema,
    fault: impl Fn(&Resource, ResId, &Resource) -> Box<Fault>,
) -> Result<Ids, Box<Fault>> {
    let mut ids = Ids::default();
    for (at, resource) in list.iter().enumerate() {
        let id = resource.id(schema);
        if let Some(first) = ids.find(&id, list, schema) {
            return Err(fault(resource, id, &list[first]));
        }
        ids.insert(at, &id);
    }
    Ok(ids)
}

/// An object is added that is there already.
fn twin(new: &Resource, id: ResId, first: &Resource) -> Box<Fault> {
    let mut fault = Fault::new(match &first.file {
        Some(file) => format!("it is there already, from {file}"),
        None => "it is there already".to_owned(),
    });
    if let Some(file) = &new.file {
        fault = fault.in_file(file).at_line(new.node.read_line());
    }
    fault.about(id)
}

/// A generated object with what it takes over from the one it changes.
fn combined(mut new: Resource, old: &Resource, behavior: Behavior) -> Result<Resource, String> {
    let origin = old.annotation(crate::resource::ORIGIN).map(str::to_owned);
    let needs_hash = new.past.needs_hash;
    for field in ["labels", "annotations"] {
        let mut texts = old.texts(field);
        texts.extend(new.texts(field));
        new.set_texts(field, &texts)?;
    }
    new.past = old.past.clone();
    new.past.needs_hash &= needs_hash;
    new.variables.clone_from(&old.variables);
    new.set_name(old.name())?;
    new.set_namespace(old.namespace())?;
    if behavior == Behavior::Merge {
        for field in ["data", "binaryData"] {
            crate::generate::merge_data(&mut new.node, &old.node, field);
        }
        if let Some(origin) = origin {
            new.set_annotation(crate::resource::ORIGIN, &origin)?;
        }
    }
    Ok(new)
}
