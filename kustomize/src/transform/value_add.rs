//! `ValueAddTransformer`: a value into fields, or into a path that stands in a field.

use serde_json::Value;

use super::{fault, namespace};
use crate::decode::{Decode, Decoded, Mode, Problem, integer, list, optional, string};
use crate::edit::{self, Make};
use crate::fault::Fault;
use crate::kustomization::Selector;
use crate::node::Node;
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::select::Matcher;

/// The configuration, as it is written.
#[derive(Debug, Default)]
pub(crate) struct ValueAddArgs {
    pub(crate) value: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) target_file_path: String,
}

/// A field of some objects.
#[derive(Debug, Default)]
pub(crate) struct Target {
    selector: Option<Selector>,
    field_path: String,
    position: i64,
}

impl Decode for ValueAddArgs {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "value" => string(&mut self.value, value, mode),
            "targets" => list(&mut self.targets, value, mode),
            "targetfilepath" => string(&mut self.target_file_path, value, mode),
            _ => Ok(false),
        }
    }
}

impl Decode for Target {
    fn field(&mut self, name: &str, value: &Value, mode: Mode) -> Decoded<bool> {
        match name {
            "selector" => optional(&mut self.selector, value, mode),
            "fieldpath" => string(&mut self.field_path, value, mode),
            "filepathposition" => integer(&mut self.position, value),
            _ => Ok(false),
        }
    }
}

/// Adds a value to fields.
#[derive(Debug)]
pub(crate) struct ValueAdd {
    value: String,
    targets: Vec<(Option<Matcher>, String, usize)>,
}

impl ValueAdd {
    /// Checks a configuration; without a value it is the name of the folder.
    pub(crate) fn new(args: ValueAddArgs, folder: &str) -> Result<Self, Problem> {
        let value = match args.value.trim() {
            "" => folder.to_owned(),
            value => value.to_owned(),
        };
        if args.targets.is_empty() {
            return Err(Problem::new("it has no targets"));
        }
        let mut targets = Vec::new();
        for target in args.targets {
            if target.field_path.is_empty() {
                return Err(Problem::new("a target has no fieldPath"));
            }
            let position = usize::try_from(target.position)
                .map_err(|_| Problem::new("filePathPosition is negative"))?;
            let matcher = target.selector.map(|selector| Matcher::new(&selector)).transpose();
            targets.push((matcher.map_err(Problem::new)?, target.field_path, position));
        }
        Ok(Self { value, targets })
    }

    pub(super) fn apply(&self, objects: &mut Objects, schema: &Schema) -> Result<(), Box<Fault>> {
        for (matcher, path, position) in &self.targets {
            let places = match matcher {
                Some(matcher) => matcher.places(objects, schema),
                None => (0..objects.len()).collect(),
            };
            let objects = objects.as_mut_slice();
            for place in places {
                let resource = &mut objects[place];
                if path == "metadata/namespace" {
                    namespace::set_plainly(&self.value, resource, schema)?;
                } else {
                    let set = self.set(resource, path, *position);
                    set.map_err(|problem| fault(format!("{path}: {problem}"), resource))?;
                }
            }
        }
        Ok(())
    }

    fn set(&self, resource: &mut Resource, path: &str, position: usize) -> Result<(), String> {
        let parts = edit::split_path(path, '/');
        let found = edit::lookup_create(&mut resource.node, &parts, Make::Scalar)?;
        let Some(field) = found else { return Ok(()) };
        let value = match position.checked_sub(1) {
            Some(position) => inserted(field.text(), position, &self.value),
            None => self.value.clone(),
        };
        edit::set_scalar(field, Node::plain(value))
    }
}

/// A path with one more name; an absolute one stays absolute.
fn inserted(path: &str, position: usize, name: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    names.insert(position.min(names.len()), name);
    let joined = names.join("/");
    if is_absolute { format!("/{joined}") } else { joined }
}
