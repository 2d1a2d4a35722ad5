//! Waiting until objects are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{Either, select};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::apply::Target;
use crate::scope::{Tellers, follow_all, scopes};
use crate::watch::Event;
use crate::{Applier, Error, ObjectId, object};

/// Waits until no object has one of these ids and uids any more.
pub(crate) async fn wait(
    applier: &Applier,
    objects: &[(Target, String)],
    limit: Duration,
) -> Result<(), Error> {
    if objects.is_empty() {
        return Ok(());
    }
    let going = Going::new(objects);
    match timeout(limit, until_gone(applier, objects, &going).boxed()).await {
        Ok(gone) => gone,
        Err(_) => Err(Error::NotReady { message: going.message(), timed_out: true }),
    }
}

async fn until_gone(
    applier: &Applier,
    objects: &[(Target, String)],
    going: &Going,
) -> Result<(), Error> {
    let tellers: &Tellers<'_> = &|of| {
        let of: Vec<ObjectId> = of.iter().map(|target| target.id.clone()).collect();
        let mut there = BTreeSet::new();
        Box::new(move |event| going.tell(&of, &mut there, event))
    };
    let scopes = scopes(objects.iter().map(|(target, _)| target));
    let follow = std::pin::pin!(follow_all(applier, scopes, tellers));
    match select(follow, std::pin::pin!(going.none.notified())).await {
        Either::Left((error, _)) => Err(error),
        Either::Right(_) => Ok(()),
    }
}

/// The objects that are not gone yet, with their uids.
struct Going {
    left: Mutex<BTreeMap<ObjectId, String>>,
    none: Notify,
}

impl Going {
    fn new(objects: &[(Target, String)]) -> Self {
        let left = objects.iter().map(|(target, uid)| (target.id.clone(), uid.clone()));
        Self { left: Mutex::new(left.collect()), none: Notify::new() }
    }

    /// Takes in what a watch sees; `there` are those of its objects that its list has told so far.
    fn tell(&self, of: &[ObjectId], there: &mut BTreeSet<ObjectId>, event: Event<'_>) {
        match event {
            Event::Listing => there.clear(),
            Event::There(live) => {
                let (id, uid) = (ObjectId::of(live), object::uid(live));
                // Another of the same name is not the one that was deleted.
                self.remove_if(&id, |left| left != uid);
                there.insert(id);
            }
            Event::Gone(live) => {
                self.remove_if(&ObjectId::of(live), |left| left == object::uid(live));
            }
            Event::Listed => {
                let gone = of.iter().filter(|id| !there.contains(id));
                gone.for_each(|id| self.remove_if(id, |_| true));
                there.clear();
            }
        }
    }

    fn remove_if(&self, id: &ObjectId, is_gone: impl FnOnce(&str) -> bool) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.get(id).is_some_and(|uid| is_gone(uid)) {
            left.remove(id);
        }
        if left.is_empty() {
            self.none.notify_one();
        }
    }

    fn message(&self) -> String {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let told = left.keys().map(|id| format!("{id} status: 'Terminating'"));
        format!("timeout waiting for: [{}]", told.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::ready::state::tests::target;

    fn live(name: &str, uid: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": "shop", "uid": uid}})
    }

    #[test]
    fn one_of_the_same_name_is_another() {
        let names = ["missing", "replaced", "deleted", "held"];
        let objects = names.map(|name| (target("Deployment", name, false), "1".to_owned()));
        let of = objects.clone().map(|(target, _)| target.id);
        let (going, mut there) = (Going::new(&objects), BTreeSet::new());
        let mut tell = |event: Event<'_>| going.tell(&of, &mut there, event);
        tell(Event::Listing);
        tell(Event::There(&live("replaced", "2")));
        tell(Event::There(&live("deleted", "1")));
        tell(Event::There(&live("held", "1")));
        tell(Event::Listed);
        tell(Event::Gone(&live("deleted", "1")));
        tell(Event::Gone(&live("held", "another")));
        let left = "timeout waiting for: [Deployment/shop/held status: 'Terminating']";
        assert_eq!(going.message(), left);
        assert!(going.none.notified().now_or_never().is_none());
        going.tell(&of, &mut BTreeSet::new(), Event::Gone(&live("held", "1")));
        assert!(going.none.notified().now_or_never().is_some());
    }
}
