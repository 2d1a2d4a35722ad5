//! Values seen through a schema.

mod compare;
mod fields;
mod items;
mod merge;
mod reconcile;
mod remove;
mod validate;

use serde_json::Value;

use crate::error::TypeErrors;
use crate::schema::{Atom, ListType, MapType, ObjectType, ScalarType};
use crate::set::FieldSet;

pub use self::compare::Changes;
pub(crate) use self::items::Index;
pub(crate) use self::validate::Duplicates;

/// Which part of a type handles a value: the one of the value's own kind, or else the first.
#[derive(Clone, Copy)]
pub(crate) enum Handler<'s> {
    Map(&'s MapType),
    Scalar(ScalarType),
    List(&'s ListType),
    /// The type says nothing.
    Nothing,
}

impl Atom {
    pub(crate) fn handler(&self, value: Option<&Value>) -> Handler<'_> {
        let (map, list) =
            (self.map.as_ref().map(Handler::Map), self.list.as_ref().map(Handler::List));
        let scalar = self.scalar.map(Handler::Scalar);
        let own = match value {
            None | Some(Value::Null) => None,
            Some(Value::Object(_)) => map,
            Some(Value::Array(_)) => list,
            Some(_) => scalar,
        };
        own.or(map).or(scalar).or(list).unwrap_or(Handler::Nothing)
    }

    /// What a schema error calls this type.
    pub(crate) fn problem(&self) -> TypeErrors {
        let name = self.name.as_deref();
        TypeErrors::one(match name {
            Some(name) if self.missing => format!("schema error: no type found matching: {name}"),
            Some(name) => format!("schema error: invalid atom: named type: {name}"),
            None => "schema error: invalid atom: inlined".to_owned(),
        })
    }
}

impl ObjectType {
    /// Checks an object against its type. Duplicate list items are refused.
    ///
    /// # Errors
    ///
    /// Every field that does not fit.
    pub fn validate(&self, object: &Value) -> Result<(), TypeErrors> {
        self.check(object, Duplicates::Refused)
    }

    /// The fields that an apply of this object would own.
    ///
    /// # Errors
    ///
    /// As [`validate`](Self::validate), which is called first.
    pub fn fields(&self, object: &Value) -> Result<FieldSet, TypeErrors> {
        self.validate(object)?;
        Ok(self.fields_of(object))
    }
}
