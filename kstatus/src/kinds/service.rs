//! `Service`: a load balancer needs its cluster IP. The external address is not waited for.

use crate::compute::Case;
use crate::message::Message;
use crate::report::Report;

pub(super) fn judge<'a>(case: &Case<'a, '_>) -> Report<'a> {
    let [kind, cluster_ip] = case.outline.spec().texts(["type", "clusterIP"]);
    if kind == "LoadBalancer" && cluster_ip.is_empty() {
        return Report::in_progress(Message::NoClusterIp);
    }
    Report::current(Message::ServiceReady)
}
