//! `PersistentVolumeClaim`: bound or not.

use crate::compute::Case;
use crate::error::Error;
use crate::message::Message;
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    Ok(match case.status.text("phase", "unknown") {
        "Bound" => Report::current(Message::ClaimBound),
        phase => Report::in_progress(Message::ClaimNotBound { phase }),
    })
}
