//! Trying again what is safe to try again.
//!
//! The client repeats reads and applies by itself. A delete or a patch that names the version it is
//! about does nothing the second time, so it can be repeated too, after reading what there is.

use std::time::Duration;

use kube::Error;
use tokio::time::sleep;

use crate::cluster::code;

/// How often something is tried.
pub(crate) const ATTEMPTS: u32 = 5;

/// Whether a failure may pass: the server could not carry the request out, or nobody knows whether it
/// did.
pub(crate) fn may_pass(error: &Error) -> bool {
    match code(error) {
        0 => gotk_client::Error::of(error).is_none_or(gotk_client::Error::is_transient),
        code => code == 429 || code >= 500,
    }
}

/// Waits before the next attempt, each time longer: 0.1, 0.4, 1.6, 6.4 s.
pub(crate) async fn pause(attempt: u32) {
    sleep(Duration::from_millis(100 << (2 * attempt.saturating_sub(1)).min(10))).await;
}
