//! One watch for many objects.

use std::collections::BTreeMap;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};

use crate::apply::Target;
use crate::cluster::{Selected, code};
use crate::watch::{self, Event};
use crate::{Applier, Error, Owner};

/// Objects of a kind that one watch covers.
pub(crate) struct Scope<'s> {
    /// Empty for all namespaces.
    namespace: &'s str,
    of: Vec<&'s Target>,
}

/// Makes, for some objects, what is told of them.
pub(crate) type Tellers<'t> =
    dyn Fn(&[&'t Target]) -> Box<dyn FnMut(Event<'_>) + Send + 't> + Sync + 't;

/// The watches for some objects: of each kind one in every namespace, or one in all of them.
pub(crate) fn scopes<'s>(targets: impl IntoIterator<Item = &'s Target>) -> Vec<Scope<'s>> {
    let mut kinds: BTreeMap<(&str, &str), BTreeMap<&str, Vec<&Target>>> = BTreeMap::new();
    for target in targets {
        let resource = &target.endpoint.resource;
        let kind = kinds.entry((&resource.api_version, &resource.kind)).or_default();
        kind.entry(&target.id.namespace).or_default().push(target);
    }
    let mut scopes = Vec::new();
    for namespaces in kinds.into_values() {
        if namespaces.len() <= FEW_NAMESPACES {
            scopes.extend(namespaces.into_iter().map(|(name, of)| Scope { namespace: name, of }));
        } else {
            let of = namespaces.into_values().flatten().collect();
            scopes.push(Scope { namespace: "", of });
        }
    }
    scopes
}

/// Follows some scopes until one cannot be followed; for ever, if that does not happen.
pub(crate) async fn follow_all<'s>(
    applier: &Applier,
    scopes: Vec<Scope<'s>>,
    tellers: &Tellers<'s>,
) -> Error {
    let watches = scopes.into_iter().map(|scope| scope.follow(applier, tellers).boxed());
    first(watches.collect()).await
}

impl<'s> Scope<'s> {
    /// Never ends but by an error. Who may not watch all namespaces watches those of the objects.
    async fn follow(self, applier: &Applier, tellers: &Tellers<'s>) -> Error {
        let error = self.follow_one(applier, tellers).await;
        let refused = |scope: &Self, error| Error::refused(&scope.of[0].id, "watch", error);
        if !self.namespace.is_empty() || !matches!(code(&error), 401 | 403) {
            return refused(&self, error);
        }
        let mut namespaces: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
        for target in &self.of {
            namespaces.entry(&target.id.namespace).or_default().push(target);
        }
        if namespaces.contains_key("") {
            return refused(&self, error);
        }
        let scopes = namespaces.into_iter().map(|(namespace, of)| Self { namespace, of });
        let watches = scopes.map(|scope| {
            async move {
                let error = scope.follow_one(applier, tellers).await;
                refused(&scope, error)
            }
            .boxed()
        });
        first(watches.collect()).await
    }

    async fn follow_one(&self, applier: &Applier, tellers: &Tellers<'s>) -> kube::Error {
        let of = self.selected(applier);
        match watch::follow(&applier.cluster, &of, tellers(&self.of)).await {
            Err(error) => error,
            Ok(never) => match never {},
        }
    }

    fn selected(&self, applier: &Applier) -> Selected {
        if let [target] = self.of.as_slice() {
            return Selected::named(&target.endpoint, &target.id);
        }
        let selector = applier.owner.as_ref().map(Owner::selector).unwrap_or_default();
        Selected::labelled(&self.of[0].endpoint, self.namespace, &selector)
    }
}

/// The first of several futures that end only by an error; for ever, if there is none.
async fn first<F: Future<Output = Error>>(mut watches: FuturesUnordered<F>) -> Error {
    match watches.next().await {
        Some(error) => error,
        None => std::future::pending().await,
    }
}

/// A watch each; beyond it, one watch on all namespaces is cheaper for the server.
const FEW_NAMESPACES: usize = 3;
