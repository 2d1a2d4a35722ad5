//! Variables: `$(NAME)` in fields, with values out of other objects.

use std::collections::BTreeMap;

use gotk_yaml::Quoting;
use serde_json::Value;

use crate::edit;
use crate::fault::Fault;
use crate::field::{self, Create};
use crate::fieldspec::FieldSpec;
use crate::gvk::ResId;
use crate::kustomization::Var;
use crate::node::{Content, Node, Tag};
use crate::objects::Objects;
use crate::resource::Resource;
use crate::schema::Schema;
use crate::transform::fault;

/// The variables by their names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vars(BTreeMap<String, Var>);

impl Vars {
    /// Adds the variables of a kustomization, and marks the objects that they take values from.
    pub(crate) fn add(
        &mut self,
        vars: &[Var],
        objects: &mut Objects,
        schema: &Schema,
    ) -> Result<(), Box<Fault>> {
        for var in vars {
            let kind = (var.gvk.api_version(), &var.gvk.kind);
            let is_cluster_scoped = schema.is_namespaced(&kind.0, kind.1) == Some(false);
            let wanted =
                ResId::new(var.gvk.clone(), &var.object, &var.namespace, is_cluster_scoped);
            let any_namespace = var.namespace.is_empty() && !is_cluster_scoped;
            let is_meant = |id: &ResId| {
                id.gvk == wanted.gvk
                    && id.name == wanted.name
                    && (any_namespace || id.namespace == wanted.namespace)
            };
            let is_meant = |resource: &Resource| {
                (resource.name() == wanted.name
                    || resource.past.ids.iter().any(|was| was.name == wanted.name))
                    && !resource.is_gone()
                    && resource.all_ids(schema).any(|id| is_meant(&id))
            };
            let places = objects.as_slice().iter().enumerate();
            let places = places.filter(|(_, resource)| is_meant(resource)).map(|(at, _)| at);
            match places.collect::<Vec<_>>().as_slice() {
                [] => {}
                [at] => objects.as_mut_slice()[*at].variables.push(var.name.clone()),
                _ => {
                    let what =
                        format!("variable {:?} may take its value from several objects", var.name);
                    return Err(Fault::new(what).about(wanted));
                }
            }
        }
        vars.iter().try_for_each(|var| self.insert(var.clone()))
    }

    /// Adds those of a base.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), Box<Fault>> {
        other.0.into_values().try_for_each(|var| self.insert(var))
    }

    fn insert(&mut self, var: Var) -> Result<(), Box<Fault>> {
        let name = var.name.clone();
        if self.0.insert(name.clone(), var).is_some() {
            return Err(Fault::new(format!("variable {name:?} is defined twice")));
        }
        Ok(())
    }

    /// Puts the values where the variables stand; says which never do.
    pub(crate) fn resolve(
        &self,
        objects: &mut Objects,
        specs: &[FieldSpec],
    ) -> Result<Vec<String>, Box<Fault>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = BTreeMap::new();
        for var in self.0.values() {
            values.insert(var.name.as_str(), (value(var, objects)?, false));
        }
        for resource in objects.as_mut_slice() {
            let gvk = resource.gvk();
            for spec in specs.iter().filter(|spec| field::is_about(spec, &gvk)) {
                let set = &mut |field: &mut Node| replace(field, &mut values);
                field::apply(spec, &mut resource.node, Create::Nothing, set)
                    .map_err(|problem| fault(problem, resource))?;
            }
            crate::share::spread(resource);
        }
        let unused = values.into_iter().filter(|(_, (_, is_used))| !is_used);
        Ok(unused.map(|(name, _)| name.to_owned()).collect())
    }
}

/// The values by name, and whether they were used.
type Values<'v> = BTreeMap<&'v str, (Value, bool)>;

/// The value of a variable.
fn value(var: &Var, objects: &Objects) -> Result<Value, Box<Fault>> {
    let is_source = |resource: &&Resource| resource.variables.contains(&var.name);
    let resource = objects.as_slice().iter().find(is_source).ok_or_else(|| {
        let what = format!("variable {:?} names an object that is not there", var.name);
        Fault::new(what).about(format!("{} {}", var.gvk, var.object))
    })?;
    let path = if var.field_path.is_empty() { "metadata.name" } else { &var.field_path };
    let parts: Vec<String> = edit::split_field_path(path).into_iter().flat_map(indexed).collect();
    let missing = || fault(format!("variable {:?}: it has no field {path:?}", var.name), resource);
    let node = edit::lookup(&resource.node, &parts).map_err(|_| missing())?.ok_or_else(missing)?;
    typed(node).map_err(|problem| fault(problem, resource))
}

/// `list[0]` as a field and an index.
fn indexed(part: String) -> Vec<String> {
    let split = part.strip_suffix(']').and_then(|inner| inner.rsplit_once('['));
    match split {
        Some((field, index)) if !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()) => {
            [field, index].into_iter().filter(|part| !part.is_empty()).map(str::to_owned).collect()
        }
        _ => vec![part],
    }
}

/// A value with its type; what has none is a text.
fn typed(node: &Node) -> Result<Value, String> {
    let text = node.text();
    let fault = || format!("{text:?} is not what it is tagged as");
    Ok(match (&node.content, node.tag) {
        (Content::Scalar(_), Tag::Int) => text.parse::<i64>().map_err(|_| fault())?.into(),
        (Content::Scalar(_), Tag::Float) => text.parse::<f64>().map_err(|_| fault())?.into(),
        (Content::Scalar(_), Tag::Bool) => match text {
            "true" | "True" | "TRUE" => true.into(),
            "false" | "False" | "FALSE" => false.into(),
            _ => return Err(fault()),
        },
        (Content::Scalar(_), _) => text.into(),
        _ => node.to_value()?,
    })
}

fn replace(field: &mut Node, values: &mut Values<'_>) -> Result<(), String> {
    if field.is_null() {
        return Ok(());
    }
    match &mut field.content {
        Content::Scalar(_) => {
            if field.is_string() {
                set(field, values);
            }
        }
        Content::Mapping(entries) => {
            for (key, value) in entries {
                if !key.is_string() {
                    return Err(format!("key {} is no text", key.text()));
                }
                if value.is_string() {
                    set(value, values);
                }
            }
        }
        Content::Sequence(items) => {
            for item in items {
                if !item.is_string() {
                    return Err("an item is no text".to_owned());
                }
                set(item, values);
            }
        }
    }
    Ok(())
}

fn set(field: &mut Node, values: &mut Values<'_>) {
    if !field.text().contains('$') {
        // It is written anew all the same, and what had no tag is a text then.
        if field.tag == Tag::None {
            field.tag = Tag::Str;
        }
        return;
    }
    let (text, tag) = expand(field.text(), values);
    edit::set_text(field, &text);
    field.tag = tag;
    field.quoting =
        if tag == Tag::Str && text.contains('\n') { Quoting::Literal } else { Quoting::Plain };
}

/// The text with its variables replaced; a text that is one variable takes the type of its value.
fn expand(text: &str, values: &mut Values<'_>) -> (String, Tag) {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$').filter(|at| at + 1 < rest.len()) {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if let Some(behind) = behind.strip_prefix('$') {
            out.push('$');
            rest = behind;
            continue;
        }
        let Some(inner) = behind.strip_prefix('(') else {
            out.push('$');
            rest = behind;
            continue;
        };
        let Some((name, behind)) = inner.split_once(')') else {
            out.push_str("$(");
            rest = inner;
            continue;
        };
        let value = printed(name, values);
        let (value, tag) = value.unwrap_or_else(|| (format!("$({name})"), Tag::Str));
        if out.is_empty() && at == 0 && behind.is_empty() && text.len() == name.len() + 3 {
            return (value, tag);
        }
        out.push_str(&value);
        rest = behind;
    }
    out.push_str(rest);
    (out, Tag::Str)
}

/// A value as it is printed; collections are none.
fn printed(name: &str, values: &mut Values<'_>) -> Option<(String, Tag)> {
    let (value, is_used) = values.get_mut(name)?;
    let printed = match value {
        Value::String(text) => (text.clone(), Tag::Str),
        Value::Bool(is) => (is.to_string(), Tag::Bool),
        Value::Number(number) if number.is_f64() => (number.to_string(), Tag::Float),
        Value::Number(number) => (number.to_string(), Tag::Int),
        _ => return None,
    };
    *is_used = true;
    Some(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> (String, Tag) {
        let mut values = Values::new();
        values.insert("A", ("x".into(), false));
        values.insert("N", (5.into(), false));
        expand(text, &mut values)
    }

    #[test]
    fn variables_are_replaced_and_dollars_escaped() {
        for (text, expected) in [
            ("$(A)/$(N)", "x/5"),
            ("$$(A)", "$(A)"),
            ("$(B) $A $", "$(B) $A $"),
            ("$(A", "$(A"),
            ("$é$(A)", "$éx"),
        ] {
            assert_eq!(expanded(text), (expected.to_owned(), Tag::Str), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_one_variable_has_its_type() {
        assert_eq!(expanded("$(N)"), ("5".to_owned(), Tag::Int));
        assert_eq!(expanded("$(N) "), ("5 ".to_owned(), Tag::Str));
    }
}
