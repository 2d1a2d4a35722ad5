//! The last step: variables are replaced, object by object.

use std::cell::RefCell;

use serde_json::Value;

use super::Substitution;
use super::spec::{PostBuild, Reference};
use super::typed;
use super::variables::Variables;
use crate::build::Build;
use crate::fault::Fault;
use crate::ids::Ids;
use crate::node::Node;
use crate::resource::Resource;
use crate::{Error, Missing, Template};

/// A label or annotation that opts an object out.
const OPT_OUT: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// A result whose variables are still to be replaced.
#[derive(Debug)]
pub struct Draft {
    build: Build,
    post_build: Option<PostBuild>,
    missing: Missing,
    substitution: Substitution,
}

impl Draft {
    pub(super) fn new(
        build: Build,
        post_build: Option<PostBuild>,
        missing: Missing,
        substitution: Substitution,
    ) -> Self {
        Self { build, post_build, missing, substitution }
    }

    /// The objects whose variables are needed, in the order in which they are to be loaded.
    ///
    /// There are none if no object wants its variables replaced.
    pub fn references(&self) -> &[Reference] {
        let is_wanted = self.build.resources().iter().any(|resource| !opts_out(&resource.node));
        let post_build = self.post_build.as_ref().filter(|_| is_wanted);
        post_build.map_or(&[], |post_build| &post_build.from)
    }

    /// Replaces the variables; those of the spec override what was loaded.
    ///
    /// # Errors
    ///
    /// [`Error::PostBuild`] names the object and the place of what cannot be replaced. Nothing of
    /// a variable's value is printed.
    pub fn substitute(mut self, variables: Variables) -> Result<Build, Error> {
        for resource in self.build.resources() {
            if resource.name().is_empty()
                || resource.kind().is_empty()
                || resource.api_version().is_empty()
            {
                let what = "it lacks an apiVersion, a kind or a name";
                return Err(Error::Build(Fault::new(what).about(name(resource))));
            }
        }
        let Some(post_build) = self.post_build.take() else { return Ok(self.build) };
        let mut variables = variables;
        for (name, value) in &post_build.substitute {
            variables.set(name.clone(), value);
        }
        if variables.is_empty() && !post_build.always {
            return Ok(self.build);
        }
        let replacing = Replacing { variables, missing: self.missing, used: RefCell::default() };
        let is_affected = self.build.resources().iter().any(|resource| !opts_out(&resource.node));
        if let Some(name) = replacing.variables.misnamed().filter(|_| is_affected) {
            let what = format!(
                "{name:?} cannot be the name of a variable: it takes letters, digits and _"
            );
            return Err(Error::Build(Fault::new(what).at("spec.postBuild")));
        }
        self.replace_all(&replacing)?;
        Ok(self.build)
    }

    fn replace_all(&mut self, replacing: &Replacing) -> Result<(), Error> {
        let schema = self.build.schema().clone();
        let list = self.build.resources_mut();
        let mut ids = Ids::of(list, &schema);
        for at in 0..list.len() {
            let resource = &mut list[at];
            if opts_out(&resource.node) {
                continue;
            }
            let before = resource.id(&schema);
            let object = name(resource);
            match self.substitution {
                Substitution::Text => replacing.text(resource),
                Substitution::Typed => typed::replace(resource, replacing),
            }
            .map_err(|(place, source)| Error::PostBuild {
                object: object.clone(),
                place,
                source: Box::new(source),
            })?;
            if ids.follow(at, &before, list, &schema) {
                let what = "another object is called what its variables make of this one";
                return Err(Error::Build(Fault::new(what).about(object)));
            }
        }
        Ok(())
    }
}

fn opts_out(node: &Node) -> bool {
    says(node, OPT_OUT, |word| word == "disabled")
}

/// What a label or an annotation says.
pub(super) fn says(node: &Node, key: &str, is: impl Fn(&str) -> bool) -> bool {
    ["labels", "annotations"].into_iter().any(|field| {
        node.at(&["metadata", field]).and_then(|map| map.get(key)).is_some_and(|of| is(of.text()))
    })
}

/// An object, for messages.
pub(super) fn name(resource: &Resource) -> String {
    let namespace = match resource.namespace() {
        "" => String::new(),
        namespace => format!("{namespace}/"),
    };
    format!("{} {namespace}{}", resource.gvk(), resource.name())
}

/// How variables are replaced in all objects.
pub(super) struct Replacing {
    pub(super) variables: Variables,
    missing: Missing,
    /// A variable that was used, and is no text.
    used: RefCell<Option<String>>,
}

/// The place of what is wrong, and what it is.
pub(super) type Wrong = (String, Error);

impl Replacing {
    /// Expands a text.
    pub(super) fn expand(&self, text: &str) -> Result<String, Error> {
        let variable = |name: &str| {
            if !self.variables.is_text(name) {
                self.used.replace(Some(name.to_owned()));
                return Some("");
            }
            self.variables.get(name)
        };
        let expanded = Template::parse(text)?.expand(variable, self.missing)?;
        match self.used.take() {
            None => Ok(expanded),
            Some(name) => {
                let what = format!("variable {name:?} is not UTF-8");
                Err(Error::Build(Fault::new(what)))
            }
        }
    }

    /// Expands the printed text of an object, and reads it again.
    fn text(&self, resource: &mut Resource) -> Result<(), Wrong> {
        let other = |what: String| ("its text".to_owned(), Error::Build(Fault::new(what)));
        let value = resource.node.to_value().map_err(other)?;
        let text = gotk_yaml::to_string(&value).map_err(|error| other(error.to_string()))?;
        let expanded = match text.contains('$') {
            true => self.expand(&text).map_err(|error| (place(&error), error))?,
            false => text,
        };
        let value = gotk_yaml::from_str(&expanded).map_err(|error| {
            // Neither the text nor the words of its error are shown: they may hold a secret.
            let line = error.place().map_or(0, |place| place.line);
            other(format!("with its variables replaced it is no YAML, from line {line} on"))
        })?;
        if !value.is_object() {
            return Err(other("with its variables replaced it is no object".to_owned()));
        }
        resource.node = Node::from_value(&as_floats(value));
        Ok(())
    }
}

fn place(error: &Error) -> String {
    match error {
        Error::Substitution { at, .. }
        | Error::VariableNotSet { at, .. }
        | Error::TooDeep { at, .. }
        | Error::TooCostly { at, .. } => {
            format!("line {}, column {} of its text", at.line, at.column)
        }
        _ => "its text".to_owned(),
    }
}

/// Numbers as Go's JSON reads them: what needs more than 53 bits is rounded.
fn as_floats(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let is_exact = |int: u64| int <= 1 << 53;
            match number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64()) {
                Some(int) if !is_exact(int) => {
                    number.as_f64().map_or(Value::Number(number), Value::from)
                }
                _ => Value::Number(number),
            }
        }
        Value::Array(items) => items.into_iter().map(as_floats).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, as_floats(value))).collect())
        }
        other => other,
    }
}
