//! Values with Go's types, for who has to tell `1` from `1.0` and `1` from `"1"` as a key.

use std::borrow::Cow;

use crate::decode::{Build, Key};
use crate::options::Dialect;
use crate::resolve::{Resolved, resolve};
use crate::token::Mark;

/// A value with the type that Go gives it.
///
/// [`serde_json::Value`] is what almost everybody wants. This is for who needs what it cannot
/// hold: keys that are no strings, infinite numbers, and the difference between `1` and `1.0`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Typed {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is too large for [`Int`](Self::Int).
    Uint(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A text.
    String(String),
    /// What `!!binary` says, where it is no text.
    Bytes(Vec<u8>),
    /// A time in the form of RFC 3339; only in kustomize's dialect.
    Timestamp(String),
    /// A list.
    Sequence(Vec<Self>),
    /// Keys and values in the order in which they were set; no key is twice in it.
    Mapping(Vec<(Self, Self)>),
}

/// What a word without quotes and tag means.
///
/// ```
/// use gotk_yaml::{Dialect, Typed, typed_from_word};
///
/// assert_eq!(typed_from_word("yes", Dialect::Sigs), Typed::Bool(true));
/// assert_eq!(typed_from_word("yes", Dialect::Kyaml), Typed::String("yes".to_owned()));
/// ```
pub fn typed_from_word(word: &str, dialect: Dialect) -> Typed {
    BuildTyped.scalar(resolve(word, dialect), Cow::Borrowed(word), Mark::default())
}

/// Builds typed values.
pub(crate) struct BuildTyped;

impl Build for BuildTyped {
    type Value = Typed;
    type Map = TypedMap;

    fn scalar(&mut self, resolved: Resolved, text: Cow<'_, str>, _at: Mark) -> Typed {
        match resolved {
            Resolved::Null => Typed::Null,
            Resolved::Bool(bool) => Typed::Bool(bool),
            Resolved::Int(int) => Typed::Int(int),
            Resolved::Uint(uint) => Typed::Uint(uint),
            Resolved::Float(float) => Typed::Float(float),
            Resolved::Time(time) => Typed::Timestamp(time.0),
            Resolved::Bytes(bytes) => Typed::Bytes(bytes),
            Resolved::Text => Typed::String(text.into_owned()),
        }
    }

    fn sequence(&mut self, items: Vec<Typed>) -> Typed {
        Typed::Sequence(items)
    }

    fn new_map(&mut self) -> TypedMap {
        TypedMap::default()
    }

    fn accepts(&self, _key: &Key) -> bool {
        true
    }

    fn refuse(&mut self, _map: &mut TypedMap, _key: Key, _at: Mark) {}

    fn insert(&mut self, map: &mut TypedMap, key: Key, value: Typed) {
        match map.places.get(&key) {
            Some(&place) => map.entries[place].1 = value,
            None => {
                map.places.insert(key.clone(), map.entries.len());
                map.entries.push((key.into_typed(), value));
            }
        }
    }

    fn contains(&self, map: &TypedMap, key: &Key) -> bool {
        map.places.contains_key(key)
    }

    fn map(&mut self, map: TypedMap) -> Typed {
        Typed::Mapping(map.entries)
    }
}

#[derive(Debug, Default)]
pub(crate) struct TypedMap {
    entries: Vec<(Typed, Typed)>,
    places: std::collections::HashMap<Key, usize>,
}
