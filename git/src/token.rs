//! Credentials that last for a while, and where they come from.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::secret::Secret;
use crate::url::PublicUrl;

/// Makes tokens for a Git server: for an app, by a cloud's identity, out of a vault.
///
/// [`Credentials::from_source`](crate::Credentials::from_source) keeps what it makes and asks again
/// when four fifths of its time are over, or when the server no longer accepts it.
#[async_trait]
pub trait TokenSource: fmt::Debug + Send + Sync {
    /// A token for the repository at `url`. Only one call is under way at a time.
    ///
    /// # Errors
    ///
    /// [`Error::Authentication`] where a person has to do something, and one that
    /// [is transient](Error::is_transient) where asking again may help.
    async fn token(&self, url: &PublicUrl) -> Result<Token, Error>;

    /// What time it is. Tests may have another opinion.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Something to show a Git server over HTTP, for a while. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// The user name, for servers that take tokens as passwords.
    pub(crate) username: Option<String>,
    pub(crate) secret: Secret,
    expires: Option<SystemTime>,
}

impl Token {
    /// A token that is shown as a bearer token.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self { username: None, secret: token.into(), expires: None }
    }

    /// A token that is shown as the password of a user.
    pub fn basic(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: Some(username.into()), secret: password.into(), expires: None }
    }

    /// Says until when it is accepted.
    #[must_use]
    pub fn until(mut self, time: SystemTime) -> Self {
        self.expires = Some(time);
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// A source, and what it made last. Clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct Tokens(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    source: Box<dyn TokenSource>,
    last: Mutex<Option<Made>>,
}

#[derive(Debug)]
struct Made {
    token: Token,
    fresh_until: Option<SystemTime>,
}

impl Tokens {
    pub(crate) fn new(source: impl TokenSource + 'static) -> Self {
        Self(Arc::new(Kept { source: Box::new(source), last: Mutex::default() }))
    }

    /// The token there is, or a new one. Of many who ask at once, one makes it.
    pub(crate) async fn current(&self, url: &PublicUrl) -> Result<Token, Error> {
        let mut last = self.0.last.lock().await;
        let now = self.0.source.now();
        if let Some(made) = &*last
            && made.fresh_until.is_none_or(|end| now < end)
        {
            return Ok(made.token.clone());
        }
        let token = self.0.source.token(url).await?;
        if token.secret.text().is_none() {
            let reason = "the token that was made is not text".to_owned();
            return Err(Error::Authentication { url: url.clone(), reason });
        }
        let left = token.expires.map(|end| end.duration_since(now).unwrap_or_default());
        let fresh_until = left.map(|left| now + left * 4 / 5);
        *last = Some(Made { token: token.clone(), fresh_until });
        Ok(token)
    }

    /// A server did not accept `token`: it is not shown again, unless a newer one took its place.
    pub(crate) async fn forget(&self, token: &Token) {
        let mut last = self.0.last.lock().await;
        if last.as_ref().is_some_and(|made| made.token == *token) {
            *last = None;
        }
    }
}

impl PartialEq for Tokens {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Tokens {}
