//! `PersistentVolumeClaim`: bound or not.

use crate::compute::Case;
use crate::message::Message;
use crate::report::Report;

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    match case.status.text("phase", "unknown") {
        "Bound" => Report::current(Message::ClaimBound),
        phase => Report::in_progress(Message::ClaimNotBound { phase }),
    }
}
