//! Objects with the tables and variables that came with them.

use std::sync::Arc;

use crate::fault::Fault;
use crate::fieldspec::FieldSpecs;
use crate::objects::Objects;
use crate::schema::Schema;
use crate::vars::Vars;

/// What a folder adds up to.
#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    pub(crate) objects: Objects,
    pub(crate) specs: Arc<FieldSpecs>,
    pub(crate) vars: Vars,
}

impl Accumulator {
    /// Adds what another folder adds up to.
    pub(crate) fn merge(&mut self, other: Self, schema: &Schema) -> Result<(), Box<Fault>> {
        self.objects.merge(other.objects, schema)?;
        self.add_specs(&other.specs)?;
        self.vars.merge(other.vars)
    }

    /// Adds tables; those that nobody changed are shared.
    pub(crate) fn add_specs(&mut self, other: &Arc<FieldSpecs>) -> Result<(), Box<Fault>> {
        if Arc::ptr_eq(&self.specs, other) || **other == FieldSpecs::default() {
            return Ok(());
        }
        if *self.specs == FieldSpecs::default() {
            self.specs = Arc::clone(other);
            return Ok(());
        }
        self.specs = Arc::new(self.specs.merged(other)?);
        Ok(())
    }
}
