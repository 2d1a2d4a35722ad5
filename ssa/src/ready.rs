//! Waiting until objects are as they should be.

mod deadline;
pub(crate) mod state;
mod warnings;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{Either, select};
use gotk_kstatus::{Patience, Readers, Status, Verdict};

use self::state::State;
use crate::apply::Target;
use crate::scope::{Tellers, follow_all, scopes};
use crate::{Applied, Applier, Error, ObjectId};

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
        let on_change = self.options.on_change.clone();
        let state = State::new(&self.targets, self.options.patience, on_change);
        let tellers: &Tellers<'_> = &|of| {
            let mut teller = state.teller(of, &self.options.readers);
            Box::new(move |event| teller.tell(event))
        };
        let follow = follow_all(self.applier, scopes(&self.targets), tellers);
        let decided = deadline::decided(&self.options.each, self.options.total, &state);
        let verdict = match select(std::pin::pin!(follow), std::pin::pin!(decided)).await {
            Either::Left((error, _)) => return Err(error),
            Either::Right((verdict, _)) => verdict,
        };
        match verdict {
            Verdict::Ready => Ok(()),
            verdict => Err(self.failure(&state, verdict).await),
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
}
