//! Maps that differ in what is there.

use serde_json::{Map, Value};

use super::dice::Dice;

/// A map whose members are there by chance.
pub(super) struct Sparse<'d> {
    pub(super) dice: &'d mut Dice,
    map: Map<String, Value>,
}

impl<'d> Sparse<'d> {
    pub(super) fn new(dice: &'d mut Dice) -> Self {
        Self { dice, map: Map::new() }
    }

    pub(super) fn always(mut self, name: &str, value: impl FnOnce(&mut Dice) -> Value) -> Self {
        let value = value(self.dice);
        self.map.insert(name.to_owned(), value);
        self
    }

    /// There so many times in a hundred.
    pub(super) fn maybe(
        self,
        percent: usize,
        name: &str,
        value: impl FnOnce(&mut Dice) -> Value,
    ) -> Self {
        if self.dice.chance(percent) { self.always(name, value) } else { self }
    }

    /// There every other time, and then sometimes null.
    pub(super) fn sometimes(self, name: &str, value: impl FnOnce(&mut Dice) -> Value) -> Self {
        if !self.dice.chance(45) {
            return self;
        }
        if self.dice.chance(3) {
            return self.always(name, |_| Value::Null);
        }
        self.always(name, value)
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.map)
    }
}
