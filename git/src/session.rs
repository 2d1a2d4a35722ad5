//! One conversation with a server: a greeting, then questions.

use bytes::Bytes;
use tokio::sync::mpsc::Sender;

use crate::error::Error;
use crate::id::ObjectId;
use crate::protocol::fetch::{self, Wish};
use crate::protocol::greeting::{Greeting, Version};
use crate::protocol::line::Lines;
use crate::protocol::listing::{self, Listing, RemoteRef};
use crate::remote::{Remote, Transport};
use crate::wire::Wire;

/// A conversation that can be continued.
pub(crate) struct Session<'a> {
    remote: &'a Remote,
    greeting: Greeting,
    wire: Wire,
    lines: Lines,
    /// The greeting is one the server gave earlier: it may have changed its mind.
    remembered: bool,
}

impl<'a> Session<'a> {
    /// Opens a conversation. A server that is known to speak protocol 2 over HTTP is not asked
    /// to introduce itself again.
    pub(crate) async fn open(remote: &'a Remote) -> Result<Self, Error> {
        match remote.transport() {
            Transport::Http(http) => match remote.learnt() {
                Some(learnt) => Ok(Self {
                    remote,
                    greeting: learnt.greeting,
                    wire: Wire::Http(http.clone(), learnt.base),
                    lines: Lines::new(Box::new(tokio::io::empty())),
                    remembered: true,
                }),
                None => Self::greet_http(remote, http).await,
            },
            Transport::Ssh(ssh) => {
                let (channel, lines) = ssh.connect().await?;
                Self::greeted(remote, Wire::Ssh(channel), lines).await
            }
        }
    }

    async fn greet_http(remote: &'a Remote, http: &crate::http::Http) -> Result<Self, Error> {
        let (base, lines) = http.greet().await?;
        let session = Self::greeted(remote, Wire::Http(http.clone(), base.clone()), lines).await?;
        if matches!(session.greeting.version, Version::Two) {
            remote.learn(Some(crate::remote::Learnt { base, greeting: session.greeting.clone() }));
        }
        Ok(session)
    }

    async fn greeted(remote: &'a Remote, mut wire: Wire, mut lines: Lines) -> Result<Self, Error> {
        let limit = remote.options().limits.references;
        match Greeting::read(&mut lines, limit).await {
            Ok(greeting) => Ok(Self { remote, greeting, wire, lines, remembered: false }),
            Err(error) => Err(wire.explain(remote.url(), "read the greeting", error).await),
        }
    }

    pub(crate) fn remote(&self) -> &'a Remote {
        self.remote
    }

    pub(crate) fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// The references whose names begin with one of `prefixes`.
    pub(crate) async fn list(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>, Error> {
        if let Version::Zero(listing) = &self.greeting.version {
            return Ok(listing.clone().only(prefixes));
        }
        match self.list_two(prefixes).await {
            Err(error) if self.remembered && may_have_changed(&error) => {
                self.list_again(prefixes).await
            }
            result => result,
        }
    }

    /// Introduces itself after all, and asks the same once more.
    async fn list_again(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>, Error> {
        match self.remote.transport() {
            Transport::Http(http) => {
                self.remote.learn(None);
                *self = Self::greet_http(self.remote, http).await?;
            }
            Transport::Ssh(_) => {}
        }
        match &self.greeting.version {
            Version::Zero(listing) => Ok(listing.clone().only(prefixes)),
            Version::Two => self.list_two(prefixes).await,
        }
    }

    async fn list_two(&mut self, prefixes: &[&str]) -> Result<Vec<RemoteRef>, Error> {
        let request = listing::request(&self.greeting, prefixes);
        self.wire.ask(request, &mut self.lines).await?;
        let limit = self.remote.options().limits.references;
        match Listing::read(&mut self.lines, limit).await {
            Ok(listing) => {
                self.remembered = false;
                Ok(listing.only(prefixes))
            }
            Err(error) => Err(self.wire.explain(self.remote.url(), "list references", error).await),
        }
    }

    /// Sends `wish`, hands the pack of the answer to `pack`, and returns where history was cut off.
    pub(crate) async fn fetch(
        &mut self,
        wish: &Wish,
        pack: Sender<Bytes>,
    ) -> Result<Vec<ObjectId>, Error> {
        self.wire.ask(wish.request(&self.greeting), &mut self.lines).await?;
        match fetch::receive(&mut self.lines, &self.greeting, wish.depth, pack).await {
            Ok(shallow) => Ok(shallow),
            Err(error) => {
                Err(self.wire.explain(self.remote.url(), "receive the pack", error).await)
            }
        }
    }

    /// Says that there are no more questions. Servers cope without; with it they do not complain.
    pub(crate) async fn close(mut self) {
        self.wire.close().await;
    }
}

/// Whether an answer may mean that the server is no longer what it was when it was asked to
/// introduce itself: moved, or grown older.
fn may_have_changed(error: &Error) -> bool {
    matches!(
        error,
        Error::Protocol { .. } | Error::RepositoryNotFound { .. } | Error::Network { .. }
    )
}
