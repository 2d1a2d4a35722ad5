//! Values of the libraries, which expressions can only pass on and ask.

use crate::cel::functions::{Address, Format, Quantity, Url, Version};

/// A value of a library: a URL, an address, a quantity, a version, a format.
#[derive(Clone, Debug)]
pub struct Opaque(pub(crate) Kind);

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Address(Address),
    Format(Format),
    Quantity(Quantity),
    Url(Url),
    Version(Version),
}

impl Opaque {
    /// The name of the type: `kubernetes.URL`, `net.IP` …
    pub fn type_name(&self) -> &'static str {
        match &self.0 {
            Kind::Address(Address::Ip(_)) => "net.IP",
            Kind::Address(Address::Cidr { .. }) => "net.CIDR",
            Kind::Format(_) => "kubernetes.NamedFormat",
            Kind::Quantity(_) => "kubernetes.Quantity",
            Kind::Url(_) => "kubernetes.URL",
            Kind::Version(_) => "kubernetes.Semver",
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Address(a), Kind::Address(b)) => a == b,
            (Kind::Format(a), Kind::Format(b)) => a.name() == b.name(),
            (Kind::Quantity(a), Kind::Quantity(b)) => a.compare(b).is_eq(),
            (Kind::Url(a), Kind::Url(b)) => a == b,
            (Kind::Version(a), Kind::Version(b)) => a.compare(b).is_eq(),
            _ => false,
        }
    }
}
