//! What an expression evaluates to.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::cel::duration::Duration;
use crate::cel::list::List;
use crate::cel::map::Map;
use crate::cel::number;
use crate::cel::opaque::Opaque;
use crate::cel::time::Timestamp;
use crate::cel::types::Type;

/// A value of CEL. It borrows from the object it was taken from, and is cheap to clone.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// `b'…'`.
    Bytes(Arc<[u8]>),
    /// `1.5`.
    Double(f64),
    /// `duration('1h')`.
    Duration(Duration),
    /// `1`.
    Int(i64),
    /// `[1, 2]`.
    List(List<'a>),
    /// `{'a': 1}`.
    Map(Map<'a>),
    /// `null`.
    Null,
    /// A value of a library: a URL, an address, a quantity, a version, a format.
    Opaque(Arc<Opaque>),
    /// `optional.of(1)`, `optional.none()`.
    Optional(Option<Arc<Self>>),
    /// `'text'`.
    String(Text<'a>),
    /// `timestamp('2026-01-02T03:04:05Z')`.
    Timestamp(Timestamp),
    /// `int`, `type(1)`.
    Type(Type),
    /// `1u`.
    Uint(u64),
}

impl<'a> Value<'a> {
    /// The value of a JSON document. Nothing is copied: texts, lists and objects are borrowed.
    ///
    /// Integers become `int`. What does not fit becomes `double`, as Kubernetes reads it.
    pub fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::String(Text::Borrowed(text)),
            Json::Array(elements) => Self::List(List::json(elements)),
            Json::Object(fields) => Self::Map(Map::json(fields)),
        }
    }

    /// The truth, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The type, as `type()` answers it: lists and maps are of `dyn`.
    pub fn type_of(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Bytes(_) => Type::Bytes,
            Self::Double(_) => Type::Double,
            Self::Duration(_) => Type::Duration,
            Self::Int(_) => Type::Int,
            Self::List(_) => Type::list(Type::Dyn),
            Self::Map(_) => Type::map(Type::Dyn, Type::Dyn),
            Self::Null => Type::Null,
            Self::Opaque(value) => Type::Opaque(value.type_name()),
            Self::Optional(_) => Type::optional(Type::Dyn),
            Self::String(_) => Type::String,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Type(_) => Type::Type(Arc::new(Type::Dyn)),
            Self::Uint(_) => Type::Uint,
        }
    }

    /// The name of the type, as an overload that does not exist is reported with.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Opaque(value) => value.type_name(),
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            other => other.type_of().name(),
        }
    }

    /// Roughly how many bytes the value itself takes, its elements not counted.
    pub(crate) fn own_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::String(text) => text.len() as u64,
            _ => 0,
        }
    }
}

/// As an expression would write it, for people: `{'a': [1, 2u]}`.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Bytes(bytes) => write!(f, "b'{}'", bytes.escape_ascii()),
            Self::Double(value) => f.write_str(&number::double_text(*value)),
            Self::Duration(span) => write!(f, "duration('{span}')"),
            Self::Int(value) => write!(f, "{value}"),
            Self::List(list) => {
                let elements = list.iter().map(|element| element.to_string());
                write!(f, "[{}]", elements.collect::<Vec<_>>().join(", "))
            }
            Self::Map(map) => {
                let entries = map.entries().into_iter();
                let entries = entries.map(|(key, value)| format!("{key}: {value}"));
                write!(f, "{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Self::Null => f.write_str("null"),
            Self::Opaque(value) => f.write_str(value.type_name()),
            Self::Optional(None) => f.write_str("optional.none()"),
            Self::Optional(Some(value)) => write!(f, "optional.of({value})"),
            Self::String(text) => write!(f, "{:?}", &**text),
            Self::Timestamp(at) => write!(f, "timestamp('{at}')"),
            Self::Type(named) => f.write_str(named.name()),
            Self::Uint(value) => write!(f, "{value}u"),
        }
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::String(Text::Shared(Arc::from(text)))
    }
}

impl<'a> From<&'a Json> for Value<'a> {
    fn from(json: &'a Json) -> Self {
        Self::from_json(json)
    }
}

impl<'a> From<Vec<Self>> for Value<'a> {
    fn from(elements: Vec<Self>) -> Self {
        Self::List(List::from(elements))
    }
}

/// Text that is borrowed from an object or shared with other values.
#[derive(Clone, Eq)]
#[non_exhaustive]
pub enum Text<'a> {
    /// Part of the object or of the expression.
    Borrowed(&'a str),
    /// Computed.
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
