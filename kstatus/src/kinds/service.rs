//! `Service`: a load balancer needs its cluster IP. The external address is not waited for.

use crate::compute::Case;
use crate::error::Error;
use crate::message::Message;
use crate::report::Report;

pub(super) fn judge<'a>(case: Case<'a, '_>) -> Result<Report<'a>, Error> {
    let load_balancer = case.spec.text("type", "") == "LoadBalancer";
    if load_balancer && case.spec.text("clusterIP", "").is_empty() {
        return Ok(Report::in_progress(Message::NoClusterIp));
    }
    Ok(Report::current(Message::ServiceReady))
}
