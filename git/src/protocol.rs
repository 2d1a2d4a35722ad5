//! What is said to a Git server and what it answers, whatever carries the bytes.

pub(crate) mod fetch;
pub(crate) mod greeting;
pub(crate) mod line;
pub(crate) mod listing;

use crate::protocol::greeting::Greeting;

/// How we introduce ourselves. Some servers only know clients whose name begins with `git/`.
pub(crate) const AGENT: &str = concat!("git/gotk-", env!("CARGO_PKG_VERSION"));

/// The lines every command of protocol 2 begins with.
fn write_identity(out: &mut Vec<u8>, greeting: &Greeting) {
    if greeting.offers("agent") {
        line::write(out, &format!("agent={AGENT}\n"));
    }
    if greeting.offers("object-format") {
        line::write(out, &format!("object-format={}\n", greeting.algorithm));
    }
}

#[cfg(test)]
mod tests;
