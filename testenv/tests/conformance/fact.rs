//! A fact: its name, since when it holds, and how it is checked.

use std::pin::Pin;

use crate::server::{Capability, Server};

/// One thing a server does.
pub(crate) struct Fact {
    /// The module of the fact, the topic.
    pub(crate) topic: &'static str,
    pub(crate) name: &'static str,
    /// The minor version of Kubernetes it holds since, by default and without a feature gate.
    pub(crate) since: u32,
    /// What a server may do without; the fact is not checked where it does.
    pub(crate) needs: &'static [Capability],
    pub(crate) check: fn(Server) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Fact {
    pub(crate) fn path(&self) -> String {
        format!("{}::{}", self.topic, self.name)
    }

    /// Why this fact need not hold for a server.
    pub(crate) fn excused(&self, minor: u32, offers: &[Capability]) -> Option<String> {
        if minor < self.since {
            return Some(format!("holds since 1.{}", self.since));
        }
        let missing = self.needs.iter().find(|need| !offers.contains(need))?;
        Some(format!("this server does not offer {missing:?}"))
    }
}

/// `fact!(name, since)` or `fact!(name, since, [needs])`: the function of that name as a [`Fact`].
macro_rules! fact {
    ($name:ident, $since:literal) => {
        fact!($name, $since, [])
    };
    ($name:ident, $since:literal, [$($need:ident),*]) => {
        $crate::fact::Fact {
            topic: $crate::fact::topic(module_path!()),
            name: stringify!($name),
            since: $since,
            needs: &[$($crate::server::Capability::$need),*],
            check: |server| Box::pin($name(server)),
        }
    };
}

pub(crate) use fact;

/// The last part of a module's path.
pub(crate) const fn topic(module: &'static str) -> &'static str {
    let bytes = module.as_bytes();
    let mut at = bytes.len();
    while at > 0 && bytes[at - 1] != b':' {
        at -= 1;
    }
    module.split_at(at).1
}
