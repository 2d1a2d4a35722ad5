//! Waiting until objects are as they should be.

mod state;
mod warnings;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use gotk_kstatus::{Patience, Readers, Status, Verdict};
use tokio::time::{Instant, sleep_until};

use self::state::State;
use crate::apply::Target;
use crate::cluster::{Endpoint, Selected, code};
use crate::{Applied, Applier, Error, ObjectId, watch};

/// How long to wait for what.
#[derive(Clone)]
#[non_exhaustive]
pub struct ReadyOptions {
    total: Duration,
    each: BTreeMap<ObjectId, Duration>,
    patience: Patience,
    readers: Arc<Readers>,
    on_change: Option<OnChange>,
}

/// Who is told of every object whose status is another than before, with the sentence that goes with it.
type OnChange = Arc<dyn Fn(&ObjectId, Status, &dyn fmt::Display) + Send + Sync>;

impl ReadyOptions {
    /// Waits at most so long; ends when one has failed for good; judges as Flux does.
    pub fn new(total: Duration) -> Self {
        let readers = Arc::new(Readers::flux());
        let patience = Patience::UntilOneFails;
        Self { total, each: BTreeMap::new(), patience, readers, on_change: None }
    }

    /// Gives one object less time than the whole.
    #[must_use]
    pub fn object(mut self, object: ObjectId, limit: Duration) -> Self {
        self.each.insert(object, limit);
        self
    }

    /// Whether to go on when one has failed for good.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Judges by these readers, which may hold health expressions.
    #[must_use]
    pub fn readers(mut self, readers: Readers) -> Self {
        self.readers = Arc::new(readers);
        self
    }

    /// Tells of progress: called whenever the status of an object is another than before.
    ///
    /// It is called while watch events are read, so it should only note or print.
    #[must_use]
    pub fn on_change(
        mut self,
        tell: impl Fn(&ObjectId, Status, &dyn fmt::Display) + Send + Sync + 'static,
    ) -> Self {
        self.on_change = Some(Arc::new(tell));
        self
    }
}

impl fmt::Debug for ReadyOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyOptions")
            .field("total", &self.total)
            .field("each", &self.each)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl Applied {
    /// Waits until every object of the set is as it should be.
    ///
    /// Objects are watched, all of a kind at once; nothing is polled, and a waiting object costs its
    /// name and its last reason. Dropping the future ends the watches.
    ///
    /// # Errors
    ///
    /// [`Error::NotReady`] when the time runs out, or when an object has failed for good: the message
    /// names it, its last condition and its last warning.
    pub async fn ready(&self, limit: Duration) -> Result<(), Error> {
        self.ready_with(ReadyOptions::new(limit)).await
    }

    /// The same, otherwise than by default.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    pub async fn ready_with(&self, options: ReadyOptions) -> Result<(), Error> {
        wait(&self.applier, self.targets.clone(), options).await
    }
}

/// Waits for some objects.
pub(crate) async fn wait(
    applier: &Applier,
    targets: Vec<Target>,
    options: ReadyOptions,
) -> Result<(), Error> {
    Wait { applier, targets, options }.run().boxed().await
}

struct Wait<'w> {
    applier: &'w Applier,
    targets: Vec<Target>,
    options: ReadyOptions,
}

impl Wait<'_> {
    async fn run(self) -> Result<(), Error> {
        let begin = Instant::now();
        let on_change = self.options.on_change.clone();
        let state = State::new(&self.targets, self.options.patience, on_change);
        let watches: FuturesUnordered<_> =
            self.scopes().into_iter().map(|scope| self.follow(scope, &state).boxed()).collect();
        let decided = self.decided(begin, &state);
        let verdict =
            match select(std::pin::pin!(first_error(watches)), std::pin::pin!(decided)).await {
                Either::Left((error, _)) => return Err(error),
                Either::Right((verdict, _)) => verdict,
            };
        match verdict {
            Verdict::Ready => Ok(()),
            verdict => Err(self.failure(&state, verdict).await),
        }
    }

    /// When all are ready, one has failed, or the time of one or of all is over.
    async fn decided(&self, begin: Instant, state: &State) -> Verdict {
        let end = begin + self.options.total;
        let mut limits: Vec<_> = self.options.each.iter().map(|(id, limit)| (*limit, id)).collect();
        limits.sort_unstable();
        let mut limits = limits.into_iter().peekable();
        loop {
            let changed = state.changed();
            match state.verdict() {
                Verdict::Waiting => {}
                verdict => return verdict,
            }
            let next = limits.peek().map_or(end, |(limit, _)| (begin + *limit).min(end));
            if let Either::Right(_) =
                select(std::pin::pin!(changed), std::pin::pin!(sleep_until(next))).await
            {
                let over = limits.next_if(|(limit, _)| begin + *limit <= next);
                let too_late = over.is_some_and(|(_, id)| !state.is_ready(id));
                if too_late || next >= end {
                    return Verdict::Waiting;
                }
            }
        }
    }

    async fn failure(&self, state: &State, verdict: Verdict) -> Error {
        let mut message = state.failure(verdict);
        let warnings = warnings::last(self.applier, state.unsettled(verdict)).await;
        if !warnings.is_empty() {
            message = format!("{message}; last warnings: [{}]", warnings.join(", "));
        }
        Error::NotReady { message, timed_out: verdict == Verdict::Waiting }
    }

    /// The watches: of each kind one in every namespace, or one in all of them.
    fn scopes(&self) -> Vec<Scope<'_>> {
        let mut kinds: BTreeMap<(&str, &str), BTreeMap<&str, Vec<&Target>>> = BTreeMap::new();
        for target in &self.targets {
            let resource = &target.endpoint.resource;
            let kind = kinds.entry((&resource.api_version, &resource.kind)).or_default();
            kind.entry(&target.id.namespace).or_default().push(target);
        }
        let mut scopes = Vec::new();
        for namespaces in kinds.into_values() {
            if namespaces.len() <= FEW_NAMESPACES {
                scopes
                    .extend(namespaces.into_iter().map(|(name, of)| Scope { namespace: name, of }));
            } else {
                let of = namespaces.into_values().flatten().collect();
                scopes.push(Scope { namespace: "", of });
            }
        }
        scopes
    }

    /// Never ends but by an error. Who may not watch all namespaces watches those of the set.
    async fn follow(&self, scope: Scope<'_>, state: &State) -> Error {
        let error = self.follow_one(&scope, state).await;
        let is_forbidden = |error: &kube::Error| matches!(code(error), 403 | 401);
        if !scope.namespace.is_empty() || !is_forbidden(&error) {
            return Error::refused(&scope.of[0].id, "watch", error);
        }
        let mut namespaces: BTreeMap<&str, Vec<&Target>> = BTreeMap::new();
        for target in &scope.of {
            namespaces.entry(&target.id.namespace).or_default().push(target);
        }
        if namespaces.keys().any(|namespace| namespace.is_empty()) {
            return Error::refused(&scope.of[0].id, "watch", error);
        }
        let watches: FuturesUnordered<_> = namespaces
            .into_iter()
            .map(|(namespace, of)| {
                async move {
                    let scope = Scope { namespace, of };
                    let error = self.follow_one(&scope, state).await;
                    Error::refused(&scope.of[0].id, "watch", error)
                }
                .boxed()
            })
            .collect();
        first_error(watches).await
    }

    async fn follow_one(&self, scope: &Scope<'_>, state: &State) -> kube::Error {
        let of = scope.selected(self.applier);
        let mut tell = state.teller(&scope.of, &self.options.readers);
        match watch::follow(&self.applier.cluster, &of, |event| tell.tell(event)).await {
            Err(error) => error,
            Ok(never) => match never {},
        }
    }
}

/// Objects that one watch covers.
struct Scope<'s> {
    namespace: &'s str,
    of: Vec<&'s Target>,
}

impl Scope<'_> {
    fn endpoint(&self) -> &Endpoint {
        &self.of[0].endpoint
    }

    fn selected(&self, applier: &Applier) -> Selected {
        if let [target] = self.of.as_slice() {
            return Selected::named(&target.endpoint, &target.id);
        }
        let label = applier.owner.as_ref().map(crate::Owner::name_label);
        Selected::labelled(self.endpoint(), self.namespace, label.as_deref().unwrap_or_default())
    }
}

/// The first of several futures that end only by an error; for ever, if there is none.
async fn first_error<E>(mut watches: FuturesUnordered<impl Future<Output = E>>) -> E {
    match watches.next().await {
        Some(error) => error,
        None => std::future::pending().await,
    }
}

/// A watch each; beyond it, one watch on all namespaces is cheaper for the server.
const FEW_NAMESPACES: usize = 3;
