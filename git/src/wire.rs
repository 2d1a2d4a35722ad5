//! What carries the bytes, and what its failures mean.

use std::io;

use crate::error::Error;
use crate::protocol::line::{Lines, Refusal};
use crate::protocol::listing::TooMany;
use crate::url::PublicUrl;

/// An open line to a server, in one of its kinds.
pub(crate) enum Wire {
    /// Every question is a request of its own.
    Http(crate::http::Http, crate::http::Base),
    /// One channel carries the whole conversation.
    Ssh(crate::ssh::Channel),
}

impl Wire {
    /// Asks `body`, and returns where the answer is read.
    pub(crate) async fn ask(&mut self, body: Vec<u8>, current: &mut Lines) -> Result<(), Error> {
        match self {
            Self::Http(http, base) => *current = http.ask(base, body).await?,
            Self::Ssh(channel) => channel.write(&body).await?,
        }
        Ok(())
    }

    /// What a failure to read means: what the server said beside the conversation counts first.
    pub(crate) async fn explain(
        &mut self,
        url: &PublicUrl,
        action: &'static str,
        failure: io::Error,
    ) -> Error {
        match self {
            Self::Http(..) => error(url, action, failure),
            Self::Ssh(channel) => match channel.last_words().await {
                Some(words) if failure.kind() == io::ErrorKind::UnexpectedEof => {
                    refused(url.clone(), &words)
                }
                _ => error(url, action, failure),
            },
        }
    }

    /// Says that there are no more questions. Servers cope without; with it they do not complain.
    pub(crate) async fn close(&mut self) {
        match self {
            Self::Http(..) => {}
            Self::Ssh(channel) => channel.close().await,
        }
    }
}

/// What a failure to read from `url` means to the caller.
pub(crate) fn error(url: &PublicUrl, action: &'static str, error: io::Error) -> Error {
    let url = url.clone();
    if let Some(inner) = error.get_ref() {
        if let Some(refusal) = inner.downcast_ref::<Refusal>() {
            return refused(url, refusal.message());
        }
        if let Some(TooMany(limit)) = inner.downcast_ref::<TooMany>() {
            return Error::TooLarge { url, what: "references", limit: *limit as u64 };
        }
    }
    if error.kind() == io::ErrorKind::InvalidData {
        return Error::Protocol {
            url,
            reason: format!("the server does not speak Git: it sent {error}"),
        };
    }
    Error::Network { url, action, source: Box::new(error) }
}

/// Servers say in words what HTTP says in numbers.
pub(crate) fn refused(url: PublicUrl, message: &str) -> Error {
    let text = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if let Some((_, id)) = message.split_once("not our ref ") {
        return Error::ReferenceNotFound { url, what: format!("commit {}", id.trim()) };
    }
    if says(&[
        "not found",
        "does not exist",
        "could not find repository",
        "not appear to be a git repository",
    ]) {
        return Error::RepositoryNotFound { url };
    }
    if says(&["denied", "permission", "not allowed", "not authorized", "unauthorized", "forbidden"])
    {
        return Error::Authorization { url, reason: format!("the server said {message:?}") };
    }
    Error::Refused { url, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::RepositoryUrl;

    #[test]
    fn the_words_of_servers_are_told_apart() {
        let url = RepositoryUrl::parse("ssh://h/a").unwrap().public().clone();
        for (words, expected) in [
            ("upload-pack: not our ref a0c14d", "commit a0c14d not found"),
            ("Repository not found.", "repository not found"),
            ("'/x' does not appear to be a git repository", "repository not found"),
            ("access denied or repository not exported: /x", "access denied"),
            ("Permission to a/b denied to c", "access denied"),
            ("Come back tomorrow", "server refused: \"Come back tomorrow\""),
        ] {
            let shown =
                error(&url, "list", io::Error::other(Refusal::new(words.as_bytes()))).to_string();
            assert!(shown.contains(expected), "{words}: {shown}");
        }
    }
}
