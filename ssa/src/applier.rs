//! Who applies, to which server, in whose name.

use std::sync::Arc;

use futures::FutureExt;
use gotk_client::{Discovery, Identity, Transport};
use serde_json::Value;

use crate::baseline::Baselines;
use crate::cluster::Cluster;
use crate::plan::{self, Plan, PlanOptions};
use crate::{Error, FieldManager, Owner, Policies};

/// Applies sets of objects to one server.
///
/// Cheap to clone; all clones share connections, discovery, and what is known about live objects.
/// Any number of sets may be planned, applied and pruned at once.
#[derive(Clone)]
pub struct Applier {
    transport: Transport,
    pub(crate) cluster: Cluster,
    pub(crate) discovery: Discovery,
    pub(crate) baselines: Arc<Baselines>,
    pub(crate) manager: FieldManager,
    pub(crate) owner: Option<Owner>,
    pub(crate) policies: Policies,
}

impl Applier {
    /// Applies through a transport, as `manager`.
    pub fn new(transport: &Transport, manager: FieldManager) -> Self {
        Self {
            cluster: Cluster::over(transport, None),
            discovery: Discovery::new(transport),
            baselines: Arc::new(Baselines::new()),
            transport: transport.clone(),
            manager,
            owner: None,
            policies: Policies::default(),
        }
    }

    /// Labels every object as this owner's, and deletes only what carries its labels.
    ///
    /// Without an owner, what our field manager has applied is deleted when it leaves the inventory.
    #[must_use]
    pub fn owned_by(mut self, owner: Owner) -> Self {
        self.owner = Some(owner);
        self
    }

    /// Acts as somebody else.
    #[must_use]
    pub fn acting_as(mut self, identity: Identity) -> Self {
        self.cluster = Cluster::over(&self.transport, Some(identity));
        self
    }

    /// Requests that are made on nobody's behalf.
    pub(crate) fn ourselves(&self) -> Cluster {
        Cluster::over(&self.transport, None)
    }

    /// Uses a discovery that others use too.
    #[must_use]
    pub fn sharing(mut self, discovery: &Discovery) -> Self {
        self.discovery = discovery.clone();
        self
    }

    /// Reads other annotations than Flux's.
    #[must_use]
    pub fn policies(mut self, policies: Policies) -> Self {
        self.policies = policies;
        self
    }

    /// Finds out what must change; nothing is written. See [`plan_with`](Self::plan_with).
    ///
    /// # Errors
    ///
    /// As [`plan_with`](Self::plan_with).
    #[doc(alias = "Diff")]
    pub async fn plan(&self, objects: Vec<Value>) -> Result<Plan, Error> {
        let options = PlanOptions::for_manager(&self.manager);
        self.plan_with(objects, options).await
    }

    /// Finds out what must change, and whether the server accepts it; nothing is written.
    ///
    /// Every object is applied as a dry-run, which costs one request. A second one reads the live
    /// object where its state is not known; where many are not, one list reads those of a kind. What
    /// needs a kind or a namespace that the same set brings is compared with the schema at hand, and
    /// asked about when it is applied.
    ///
    /// Dropping the future leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`Error::Object`], [`Error::UnknownKind`], [`Error::Refused`] or [`Error::Several`] when the
    /// set cannot be applied as it is; [`Error::Owned`] when it may not take an object.
    pub async fn plan_with(
        &self,
        objects: Vec<Value>,
        options: PlanOptions,
    ) -> Result<Plan, Error> {
        plan::plan(self.clone(), objects, options).boxed().await
    }
}

impl std::fmt::Debug for Applier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Applier")
            .field("server", &self.transport.server())
            .field("manager", &self.manager)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
