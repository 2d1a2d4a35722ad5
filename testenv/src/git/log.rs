//! What a server was asked, and what it is told to answer instead.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// How a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// Over `http` or `https`.
    Http,
    /// Over `ssh`.
    Ssh,
}

/// One question to a [`GitServer`](super::GitServer).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// How it came.
    pub transport: Transport,
    /// `GET` or `POST`; over SSH the program that was asked for.
    pub method: String,
    /// The path, with its slash.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// The question: `ls-refs` or `fetch`, and nothing where it is a greeting.
    pub command: Option<String>,
    /// The packet lines of the question, without ends of sections.
    pub lines: Vec<String>,
    /// Bytes of the answer that were sent so far.
    pub sent_bytes: u64,
}

impl Request {
    /// `GET /a.git/info/refs`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it asked for a pack.
    pub fn is_fetch(&self) -> bool {
        self.command.as_deref() == Some("fetch")
    }
}

/// What a server answers instead of Git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An empty answer with a status.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Sends the client elsewhere.
    pub fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = bytes.into();
        self
    }
}

type Rule = Arc<dyn Fn(&Request) -> Option<Answer> + Send + Sync>;

/// Everything that was asked.
#[derive(Default)]
pub(crate) struct Log {
    seen: Mutex<Vec<(Request, Arc<AtomicU64>)>>,
    rule: RwLock<Option<Rule>>,
}

impl Log {
    /// Adds a question; what is answered is counted in what is returned.
    pub(crate) fn add(&self, request: Request) -> Arc<AtomicU64> {
        let sent = Arc::<AtomicU64>::default();
        self.seen().push((request, Arc::clone(&sent)));
        sent
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen().iter().map(counted).collect()
    }

    pub(crate) fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.seen()).iter().map(counted).collect()
    }

    pub(crate) fn set_rule(&self, rule: Option<Rule>) {
        *self.rule.write().unwrap_or_else(PoisonError::into_inner) = rule;
    }

    pub(crate) fn ruled(&self, request: &Request) -> Option<Answer> {
        let rule = self.rule.read().unwrap_or_else(PoisonError::into_inner).clone();
        rule.and_then(|rule| rule(request))
    }

    fn seen(&self) -> MutexGuard<'_, Vec<(Request, Arc<AtomicU64>)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted((request, sent): &(Request, Arc<AtomicU64>)) -> Request {
    Request { sent_bytes: sent.load(Ordering::Relaxed), ..request.clone() }
}
