//! The objects of a build, in their order, found by what they are and were called.

use std::collections::{HashMap, HashSet};

use smol_str::SmolStr;

use crate::fault::Fault;
use crate::gvk::ResId;
use crate::resource::{Behavior, Resource};
use crate::schema::Schema;

/// A list of objects of which no two have the same id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    list: Vec<Resource>,
    /// The ids, as long as nothing was changed.
    ids: Option<HashSet<ResId>>,
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
        let ids = self
            .ids
            .get_or_insert_with(|| self.list.iter().map(|resource| resource.id(schema)).collect());
        let id = resource.id(schema);
        if ids.contains(&id) {
            let first = self.list.iter().find(|resource| resource.id(schema) == id);
            let mut fault = Fault::new(match first.and_then(|first| first.file.as_deref()) {
                Some(file) => format!("it is there already, from {file}"),
                None => "it is there already".to_owned(),
            });
            if let Some(file) = &resource.file {
                fault = fault.in_file(file).at_line(resource.node.read_line());
            }
            return Err(fault.about(id));
        }
        ids.insert(id);
        self.list.push(resource);
        Ok(())
    }

    pub(crate) fn append_all(
        &mut self,
        resources: impl IntoIterator<Item = Resource>,
        schema: &Schema,
    ) -> Result<(), Box<Fault>> {
        resources.into_iter().try_for_each(|resource| self.append(resource, schema))
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
        let mut seen = HashSet::with_capacity(self.list.len());
        for resource in &self.list {
            let id = resource.id(schema);
            if let Some(twin) = seen.replace(id) {
                return Err(Fault::new("two objects are called this now").about(twin));
            }
        }
        Ok(())
    }

    /// Where the objects are that had each name, by the name.
    pub(crate) fn by_earlier_name(&self) -> HashMap<SmolStr, Vec<usize>> {
        let mut places: HashMap<SmolStr, Vec<usize>> = HashMap::new();
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
