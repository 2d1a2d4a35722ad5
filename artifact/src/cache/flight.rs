//! What those wait for who ask for a tree that somebody else is getting.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::{Digest, Error};

#[derive(Debug, Default)]
pub(super) struct Flight {
    outcome: Mutex<Outcome>,
    over: Condvar,
}

#[derive(Debug, Default)]
enum Outcome {
    #[default]
    Pending,
    /// Look again: the tree is there, or it is your turn to get it.
    Over,
    Failed(Arc<Error>),
}

impl Flight {
    /// Waits for the end; an error is everyone's who waited.
    pub(super) fn wait(&self, digest: &Digest) -> Result<(), Error> {
        let outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = |outcome: &mut Outcome| matches!(outcome, Outcome::Pending);
        let outcome = self.over.wait_while(outcome, pending);
        match &*outcome.unwrap_or_else(PoisonError::into_inner) {
            Outcome::Failed(source) => {
                Err(Error::Shared { digest: *digest, source: Arc::clone(source) })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn fail(&self, error: Arc<Error>) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Outcome::Failed(error);
    }

    /// Ends the flight for those who wait; a failure stays one.
    pub(super) fn land(&self) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*outcome, Outcome::Pending) {
            *outcome = Outcome::Over;
        }
        self.over.notify_all();
    }
}
