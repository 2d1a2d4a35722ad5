//! Everything there is, kept to come back to.

use std::sync::Arc;

use crate::builtin::Addresses;
use crate::kind::Kind;
use crate::machine::Machine;
use crate::object::Stored;

/// The objects of a server and the kinds it served, made by
/// [`ApiServer::snapshot`](crate::ApiServer::snapshot).
///
/// It shares its bytes with the server and costs a pointer for each object.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) kinds: Vec<Arc<Kind>>,
    pub(crate) shelves: Vec<Vec<Arc<Stored>>>,
    pub(crate) version: u64,
}

impl Snapshot {
    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.shelves.iter().map(Vec::len).sum()
    }

    /// Whether it holds none. A snapshot of a server never does: it has namespaces.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Machine {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            kinds: self.registry.iter().cloned().collect(),
            shelves: self.store.shelves(),
            version: self.store.version(),
        }
    }

    pub(crate) fn restore(&mut self, snapshot: &Snapshot) {
        self.registry.restore(&snapshot.kinds, snapshot.shelves.len());
        self.store.restore(&snapshot.shelves, self.registry.shelves(), snapshot.version);
        self.survey_services();
        self.survey_workloads();
        self.settle();
    }

    /// Who has which address, anew.
    fn survey_services(&mut self) {
        self.addresses = Addresses::default();
        let Some(kind) = self.registry.find("", "v1", "services") else { return };
        for service in self.store.scan(kind.shelf, "") {
            self.addresses.hold(service.key(), &service.value(&kind)["spec"]);
        }
    }
}
