//! The types of CEL: what the checker computes with and what `type()` answers.

use std::fmt;
use std::sync::Arc;

/// A type, as CEL writes it: `int`, `list(string)`, `map(string, dyn)`, `kubernetes.Quantity`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Type {
    /// Truth.
    Bool,
    /// Bytes.
    Bytes,
    /// A 64-bit floating point number.
    Double,
    /// A span of time.
    Duration,
    /// Whatever it turns out to be.
    Dyn,
    /// A signed 64-bit integer.
    Int,
    /// A list of one type.
    List(Arc<Self>),
    /// A map from one type to another.
    Map(Arc<Self>, Arc<Self>),
    /// `null`.
    Null,
    /// A type of a library, by its name.
    Opaque(&'static str),
    /// Something or nothing.
    Optional(Arc<Self>),
    /// A type that is still to be found.
    #[doc(hidden)]
    Param(u32),
    /// Text.
    String,
    /// A point in time.
    Timestamp,
    /// A type as a value.
    Type(Arc<Self>),
    /// An unsigned 64-bit integer.
    Uint,
}

impl Type {
    pub(crate) fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    pub(crate) fn optional(value: Self) -> Self {
        Self::Optional(Arc::new(value))
    }

    /// A map from text to anything: a JSON object.
    pub fn object() -> Self {
        Self::map(Self::String, Self::Dyn)
    }

    /// The name that `type()` goes by; parameters do not count there.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Bytes => "bytes",
            Self::Double => "double",
            Self::Duration => "google.protobuf.Duration",
            Self::Dyn | Self::Param(_) => "dyn",
            Self::Int => "int",
            Self::List(_) => "list",
            Self::Map(..) => "map",
            Self::Null => "null_type",
            Self::Opaque(name) => name,
            Self::Optional(_) => "optional_type",
            Self::String => "string",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Type(_) => "type",
            Self::Uint => "uint",
        }
    }

    /// The type that an identifier names, if it names one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "bytes" => Self::Bytes,
            "double" => Self::Double,
            "google.protobuf.Duration" => Self::Duration,
            "google.protobuf.Timestamp" => Self::Timestamp,
            "int" => Self::Int,
            "list" => Self::list(Self::Dyn),
            "map" => Self::map(Self::Dyn, Self::Dyn),
            "null_type" => Self::Null,
            "optional_type" => Self::optional(Self::Dyn),
            "string" => Self::String,
            "type" => Self::Type(Arc::new(Self::Dyn)),
            "uint" => Self::Uint,
            _ => return None,
        })
    }
}

/// As the checker reports it. `type()` prints the full names of timestamps and durations.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Null => f.write_str("null"),
            Self::Optional(value) => write!(f, "optional_type({value})"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Type(value) => write!(f, "type({value})"),
            plain => f.write_str(plain.name()),
        }
    }
}
