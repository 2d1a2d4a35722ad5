//! What the names of an expression stand for during one evaluation.

use serde_json::{Map as JsonMap, Value as Json};

use crate::cel::value::Value;

/// The variables of one evaluation: names with values, and the fields of an object.
///
/// ```
/// use gotk_expr::cel::{Bindings, Environment, Program};
/// use serde_json::json;
///
/// let object = json!({ "spec": { "replicas": 3 } });
/// let program = Program::compile("spec.replicas == self.spec.replicas", &Environment::flux())?;
/// let bindings = Bindings::fields_of(&object).with("self", &object);
/// assert!(program.evaluate_bool(bindings)?);
/// # Ok::<(), gotk_expr::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Bindings<'a> {
    named: Vec<(&'a str, Value<'a>)>,
    fields: Option<&'a JsonMap<String, Json>>,
}

impl<'a> Bindings<'a> {
    /// No variable at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every field at the top of `object` is a variable: `metadata`, `spec`, `status` …
    ///
    /// This is how Flux's health expressions see an object. What is not an object has no field.
    pub fn fields_of(object: &'a Json) -> Self {
        Self { named: Vec::new(), fields: object.as_object() }
    }

    /// Adds a variable. It hides a field of the same name.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.named.push((name, value.into()));
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let named = self.named.iter().rev().find(|&&(candidate, _)| candidate == name);
        let field = || self.fields?.get(name).map(Value::from_json);
        named.map(|(_, value)| value.clone()).or_else(field)
    }
}

impl<'a, const N: usize> From<[(&'a str, &'a Json); N]> for Bindings<'a> {
    fn from(named: [(&'a str, &'a Json); N]) -> Self {
        Self::from(&named[..])
    }
}

impl<'a, const N: usize> From<&[(&'a str, &'a Json); N]> for Bindings<'a> {
    fn from(named: &[(&'a str, &'a Json); N]) -> Self {
        Self::from(&named[..])
    }
}

impl<'a> From<&[(&'a str, &'a Json)]> for Bindings<'a> {
    fn from(named: &[(&'a str, &'a Json)]) -> Self {
        let named = named.iter().map(|&(name, json)| (name, Value::from_json(json))).collect();
        Self { named, fields: None }
    }
}
