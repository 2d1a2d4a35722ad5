//! An object on its way from the manifest to the cluster.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::defer::{self, Pending};
use super::{PlanOptions, Verdict};
use crate::answer::{Answer, Glance, Manager};
use crate::baseline::{Trace, View};
use crate::cluster::{Endpoint, Precise};
use crate::order::{self, Stage};
use crate::touch_up::{TouchUp, touch_up};
use crate::{Action, Applier, Change, Error, Note, ObjectId, TakeOver, manifests, object};

/// An object on its way.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) stage: Stage,
    /// Where its kind stands in the stage.
    pub(crate) rank: i32,
    /// What is applied; forgotten when nothing has to be.
    pub(crate) desired: Option<Value>,
    pub(crate) change: Change,
    pub(crate) todo: Todo,
    /// Whether its status, when last seen, was as it should be.
    pub(crate) settled: bool,
    pub(crate) is_job_with_ttl: bool,
    pub(crate) options: Arc<PlanOptions>,
    view: View,
}

#[derive(Debug)]
pub(crate) enum Todo {
    Nothing,
    /// The server is asked when the stage begins.
    Ask,
    Write(Box<Write>),
}

impl Todo {
    pub(crate) fn write(how: Write) -> Self {
        Self::Write(Box::new(how))
    }
}

/// How an object is written.
#[derive(Debug, Default)]
pub(crate) struct Write {
    /// A patch that goes first.
    pub(crate) touch_up: Option<Value>,
    /// What is applied instead of what is desired.
    pub(crate) payload: Option<Value>,
    /// What is deleted first.
    pub(crate) recreate: Option<Precise>,
}

impl Item {
    pub(crate) fn id(&self) -> &ObjectId {
        &self.change.object
    }

    pub(crate) fn api_version(&self) -> &str {
        &self.endpoint.resource.api_version
    }

    pub(crate) fn path(&self) -> String {
        self.endpoint.object(self.id())
    }

    pub(crate) fn change_stage(&self) -> Stage {
        self.stage
    }

    /// Notes what the server said.
    pub(crate) fn settle(&mut self, verdict: Verdict) {
        let Verdict { change, todo, settled } = verdict;
        if matches!(todo, Todo::Nothing) && self.stage != Stage::Definitions {
            self.desired = None;
        }
        (self.change, self.todo, self.settled) = (change, todo, settled);
    }

    /// What an answer about this object leaves, if it can ever say that there is nothing to do.
    pub(crate) fn trace(&self, applier: &Applier, answer: &Answer) -> Option<Trace> {
        let trace = || applier.baselines.trace(&self.view, self.api_version(), answer);
        (!self.stage.must_settle()).then(trace)
    }

    /// Whether a live object that is as desired needs nothing else either: nobody's wishes, labels or
    /// managers are on it that a [`Checker`](super::Checker) would have to look at.
    ///
    /// All that this depends on, beside the answer and the stage, is in the [`View`].
    pub(crate) fn is_in_order(&self, applier: &Applier, live: &Glance<'_>) -> bool {
        let Applier { policies, owner, manager, .. } = applier;
        let of_this_version = |it: &Manager<'_>| it.api_version == self.api_version();
        !self.stage.must_settle()
            && !policies.are_named_by(live)
            && owner.as_ref().is_none_or(|owner| owner.is_named_by(live))
            && !self.options.take_over.may_concern(live, manager.as_str())
            && live.managers.iter().all(of_this_version)
    }

    /// Notes what the server has after a write.
    pub(crate) fn note(&self, applier: &Applier, answer: &Answer) -> Result<(), kube::Error> {
        let glance = answer.glance()?;
        let trace = self.is_in_order(applier, &glance).then(|| self.trace(applier, answer));
        let print = applier.baselines.print(self.api_version(), &glance);
        applier.baselines.note(self.id(), print, trace.flatten());
        Ok(())
    }

    /// What is to be done to the live object before it is applied.
    pub(crate) fn touch_up(&self, applier: &Applier, live: &Value) -> Option<TouchUp> {
        let policies = &applier.policies;
        let merges =
            self.desired.as_ref().is_some_and(|it| policies.merges(it)) || policies.merges(live);
        let nothing = TakeOver::default();
        let take_over = if merges { &nothing } else { &self.options.take_over };
        let version = &self.endpoint.resource.api_version;
        let version = self.options.migrate_versions.then_some(version.as_str());
        touch_up(live, applier.manager.as_str(), take_over, version)
    }

    /// Leaves the server's answer for later, and checks what can be checked without it.
    pub(super) fn defer(&mut self, action: Action, pending: &Pending) -> Result<(), Error> {
        if let Some(desired) = &self.desired {
            pending.check(self.id(), desired)?;
        }
        let change = Change::new(self.id().clone(), &self.change.version, action);
        self.change = change.note(Note::Deferred);
        self.todo = Todo::Ask;
        Ok(())
    }
}

/// Reads a set: who is what, where it belongs, and in which order it comes.
pub(super) async fn prepare(
    applier: &Applier,
    objects: Vec<Value>,
    options: &Arc<PlanOptions>,
) -> Result<Vec<Item>, Error> {
    let definitions = defer::definitions(&objects);
    let Applier { owner, policies, manager, .. } = applier;
    let view = applier.baselines.view(&(owner, policies, manager, &options.take_over));
    let mut endpoints = Endpoints::default();
    let mut items = Vec::with_capacity(objects.len());
    for mut desired in objects {
        let mut id = identify(&desired)?;
        let version = object::version(&desired).to_owned();
        let endpoint = match endpoints.known(&id, &version) {
            Some(endpoint) => endpoint,
            None => endpoints.learn(applier, &id, &version, &definitions).await?,
        };
        manifests::normalize(&mut desired);
        settle_namespace(&mut id, &mut desired, &endpoint)?;
        if let Some(owner) = owner {
            owner.stamp(&mut desired);
        }
        items.push(Item {
            stage: Stage::of(&id, &options.first_kinds),
            rank: order::rank(&id.kind),
            endpoint,
            is_job_with_ttl: object::is_job_with_ttl(&desired),
            desired: Some(desired),
            change: Change::new(id, &version, Action::Keep),
            todo: Todo::Ask,
            settled: false,
            options: Arc::clone(options),
            view,
        });
    }
    items.sort_by(|a, b| (a.stage, a.rank, a.id()).cmp(&(b.stage, b.rank, b.id())));
    let twice = items.windows(2).find(|pair| pair[0].id() == pair[1].id());
    match twice {
        Some(pair) => Err(Error::object_problem(pair[0].id(), "is twice in the set")),
        None => Ok(items),
    }
}

fn identify(desired: &Value) -> Result<ObjectId, Error> {
    let id = ObjectId::of(desired);
    let missing = [
        ("apiVersion", object::text(desired, "/apiVersion")),
        ("kind", &id.kind),
        ("metadata.name", &id.name),
    ];
    match missing.iter().find(|(_, text)| text.is_empty()) {
        Some((field, _)) => Err(Error::object_problem(&id, format!("{field} is missing"))),
        None => Ok(id),
    }
}

fn settle_namespace(
    id: &mut ObjectId,
    desired: &mut Value,
    endpoint: &Endpoint,
) -> Result<(), Error> {
    if endpoint.namespaced && id.namespace.is_empty() {
        return Err(Error::object_problem(id, "namespace not specified"));
    }
    if !endpoint.namespaced {
        id.namespace.clear();
        if let Some(metadata) = desired.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("namespace");
        }
    }
    Ok(())
}

/// The endpoints of the kinds of a set; most sets have few kinds.
#[derive(Default)]
struct Endpoints(Vec<Arc<Endpoint>>);

impl Endpoints {
    fn known(&self, id: &ObjectId, version: &str) -> Option<Arc<Endpoint>> {
        let same = |endpoint: &&Arc<Endpoint>| {
            let it = &endpoint.resource;
            it.kind == id.kind && it.version == version && it.group == id.group
        };
        self.0.iter().find(same).cloned()
    }

    async fn learn(
        &mut self,
        applier: &Applier,
        id: &ObjectId,
        version: &str,
        definitions: &BTreeSet<defer::Definition>,
    ) -> Result<Arc<Endpoint>, Error> {
        let served = applier.discovery.resolve(&id.group, Some(version), &id.kind).await;
        let endpoint = match served {
            Ok(served) => Endpoint::of(&served),
            Err(gotk_client::Error::UnknownKind { .. }) => {
                let defined =
                    definitions.iter().find(|it| it.defines(&id.group, version, &id.kind));
                defined.map(|it| it.endpoint(version)).ok_or_else(|| Error::UnknownKind {
                    object: Box::new(id.clone()),
                    kind: format!("{}.{}/{version}", id.kind, id.group),
                })?
            }
            Err(error) => return Err(error.into()),
        };
        let endpoint = Arc::new(endpoint);
        self.0.push(Arc::clone(&endpoint));
        Ok(endpoint)
    }
}
