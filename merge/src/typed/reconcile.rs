//! Brings a set that was recorded under an older schema up to date.

use crate::path::Element;
use crate::schema::{Atom, MapType, ObjectType, Schema, TypeId};
use crate::set::FieldSet;
use crate::typed::Handler;

impl ObjectType {
    /// Owners of parts of what has become one value since now own that value. What has become
    /// granular needs no change.
    #[must_use]
    pub fn reconcile(&self, mut fields: FieldSet) -> FieldSet {
        reconcile(&self.schema, self.root, &mut fields);
        fields
    }

    /// The set with the declared fields on the way to its members as members too.
    pub(crate) fn with_named_fields(&self, mut fields: FieldSet) -> FieldSet {
        with_named_fields(&self.schema, Some(self.root), &mut fields);
        fields
    }
}

fn reconcile(schema: &Schema, id: TypeId, fields: &mut FieldSet) {
    let atom = schema.atom(id);
    for node in &mut fields.nodes {
        let Some(child) = child_type(schema, atom, &node.element.0) else { continue };
        // A member without children is what an owner of the whole value has.
        let whole = node.owned && node.children.is_empty();
        let atomic = match schema.atom(child).handler(None) {
            Handler::Map(of) => of.atomic && !of.is_deduced(schema) && !node.children.is_empty(),
            Handler::List(of) => of.atomic,
            _ => continue,
        };
        if atomic && !whole {
            node.owned = true;
            node.children = FieldSet::new();
        } else if !whole {
            reconcile(schema, child, &mut node.children);
        }
    }
}

/// The type beneath an element, if the walk goes there: not into free-form maps.
fn child_type(schema: &Schema, atom: &Atom, element: &Element) -> Option<TypeId> {
    match atom.handler(None) {
        Handler::Map(of) if of.atomic || of.is_deduced(schema) => None,
        Handler::Map(of) => match element {
            Element::Field(name) => of.child(name),
            _ => of.element,
        },
        Handler::List(of) if !of.atomic => Some(of.element),
        _ => None,
    }
}

fn with_named_fields(schema: &Schema, id: Option<TypeId>, fields: &mut FieldSet) {
    let atom = id.map(|id| schema.atom(id));
    let map: Option<&MapType> = atom.and_then(|it| it.map.as_ref());
    for node in fields.nodes.iter_mut().filter(|node| !node.children.is_empty()) {
        let child = match &node.element.0 {
            Element::Field(name) => {
                node.owned |= map.is_some_and(|map| map.field(name).is_some());
                map.and_then(|map| map.child(name))
            }
            Element::Key(_) => atom.and_then(|it| it.list.as_ref()).map(|list| list.element),
            _ => None,
        };
        with_named_fields(schema, child, &mut node.children);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_what_is_one_value_become_that_value() {
        let kind = Schema::builtin().kind("", "v1", "Service").unwrap();
        let fields =
            FieldSet::parse(r#"{"f:spec":{"f:selector":{"f:app":{}},"f:type":{}}}"#).unwrap();
        assert_eq!(
            kind.reconcile(fields).to_string(),
            r#"{"f:spec":{"f:selector":{},"f:type":{}}}"#
        );
    }
}
